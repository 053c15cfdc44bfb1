"""Whatever letters there are and whatever is decided of them: at once or one by one it comes to the same, and nothing waits for nothing.

`HUB_STATEFUL_EXAMPLES` asks for more than the few histories of the everyday run.
"""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN, WAIT_ENDED, WAIT_RELEASED
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from hub.consumers.crm_sync import crm_sync
from hub.stream.slips import Stored
from tests.support.crm import Words, after
from tests.support.engine import Engine, Log

KEYS = ("C1", "C2")
SAYINGS = ("recorded", "changed", "changed", "broken", "broken", "unborn", "unborn", "selfish", "newer", "elsewhere")
DECISIONS = ("redriven", "redriven", "discarded", "mended", "mended badly", "moved", "released", "ended")
PHANTOMS = """
SELECT count(*) FROM waiting w WHERE hold = 'operator' AND NOT EXISTS (
    SELECT FROM dead_letters d WHERE d.state = 'open' AND d.consumer = w.consumer AND d.principal = w.principal AND d.key = w.key
      AND (d.topic, d.partition, d."offset") < (w.topic, w.partition, w."offset"))
"""
UNBORN, BORN = b"hub.customer.unborn.v1", CUSTOMER_CHANGED.wire.encode()
IS_BORN = "UPDATE dead_letters SET headers = convert_to(replace(convert_from(headers, 'utf8'), $1, $2), 'utf8')"
KEPT = {
    "customers": "SELECT ref, name, phone, parent, ordered_at, revision, tie, because FROM customers ORDER BY 1",
    "dead_letters": "SELECT id, state, reason, key, event FROM dead_letters ORDER BY 1",
    "waiting": "SELECT id, hold, key, kind, awaited_ref FROM waiting ORDER BY 1",
    "journal": "SELECT event, part, principal FROM journal WHERE principal <> 'hub' ORDER BY 1",
    "corrections": "SELECT target, event FROM corrections ORDER BY 1, 2",
}
SAID = st.lists(st.tuples(st.sampled_from(SAYINGS), st.sampled_from(KEYS), st.integers(0, 5)), min_size=2, max_size=14)
DECIDED = st.lists(st.tuples(st.sampled_from(DECISIONS), st.integers(0, 30)), min_size=1, max_size=10)


class Outcome(NamedTuple):
    """All that is kept, and how many wait for a letter that is not there."""

    kept: dict[str, list[tuple[Any, ...]]]
    phantoms: int


def say(dealer: Words, what: str, key: str, hours: float) -> Stored:
    fields: dict[str, dict[str, Any]] = {
        "recorded": {"name": f"name {hours}"},
        "broken": {"name": 7},
        "selfish": {"parent": key},
        "elsewhere": {"name": "moved"},
        "unborn": {"name": f"born {hours}"},
    }
    how: dict[str, dict[str, Any]] = {"newer": {"version": 99}, "elsewhere": {"key": "C9"}}
    lineage = CUSTOMER_RECORDED if what == "recorded" else CUSTOMER_CHANGED
    record = dealer.say(lineage, {"customer": key, **fields.get(what, {"phone": str(hours)})}, hours, **how.get(what, {}))
    if what == "unborn":
        return record._replace(headers=[(name, UNBORN if name == "ce_type" else raw) for name, raw in record.headers])
    return record


def decide(log: Log, what: str, number: int, letters: Sequence[Any], waits: Sequence[Any]) -> Stored | None:
    chosen = waits if what in {"released", "ended"} else letters
    if not chosen:
        return None
    row = chosen[number % len(chosen)]
    head = {"consumer": "crm-sync", "who": "op", "why": "a test"}
    how: dict[str, Any] = {"id": f"act-{len(log.records['hub.acts', 0])}", "topic": "hub.acts", "source": "/hub/operators/op"}
    if what in {"released", "ended"}:
        return log.say(WAIT_RELEASED if what == "released" else WAIT_ENDED, {**head, "wait": str(row["id"])}, **how)
    body: dict[str, Any] = {**head, "letter": str(row["id"])}
    ref = row["key"] if row["key"] in KEYS else "C1"
    mended = {"occurred_at": after(number % 5), "customer": ref, "phone": "mended"}
    if what == "mended":
        body |= {"body": json.dumps(mended), "key": ref}
    elif what == "mended badly":
        body |= {"body": json.dumps({**mended, "parent": ref}), "key": ref}
    elif what == "moved":
        body |= {"key": KEYS[number % 2]}
    return log.say(DEAD_LETTER_DISCARDED if what == "discarded" else DEAD_LETTER_REDRIVEN, body, **how)


async def play(url: str, said: Sequence[tuple[str, str, int]], decided: Sequence[tuple[str, int]], *, at_once: bool) -> Outcome:
    log = Log()
    dealer = Words(log)
    async with Engine(url, crm_sync) as engine:
        await engine.db.execute(
            "TRUNCATE journal, corrections, waiting, dead_letters, outbox, consumer_offsets, awaited, act_effects, customers"
        )
        await engine.apply([say(dealer, *one) for one in said])
        await engine.db.execute(IS_BORN, b64encode(UNBORN).decode(), b64encode(BORN).decode())  # a version that knows it is deployed
        letters = await engine.db.fetch('SELECT id, key FROM dead_letters ORDER BY "offset", id')
        waits = await engine.db.fetch('SELECT id, key FROM waiting ORDER BY "offset", id')
        acts = [act for what, number in decided if (act := decide(log, what, number, letters, waits)) is not None]
        for run in [acts] if at_once else [[act] for act in acts]:
            if run:
                await engine.apply(run)
        noted = await engine.db.fetchval("SELECT count(*) FROM act_effects")
        assert noted == len(acts)
        await engine.apply([say(dealer, "changed", key, 6) for key in KEYS])
        kept = {table: [tuple(row) for row in await engine.db.fetch(query)] for table, query in KEPT.items()}
        return Outcome(kept, await engine.db.fetchval(PHANTOMS))


@settings(
    max_examples=int(os.environ.get("HUB_STATEFUL_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=SAID, decided=DECIDED)
@example(said=[("recorded", "C1", 0), ("broken", "C1", 1), ("unborn", "C1", 2)], decided=[("redriven", 1), ("redriven", 0)])
@example(said=[("elsewhere", "C1", 0), ("broken", "C1", 0)], decided=[("mended", 0)])
@example(said=[("recorded", "C1", 0), ("unborn", "C1", 1), ("broken", "C1", 2)], decided=[("redriven", 0)])
def test_at_once_or_one_by_one_it_comes_to_the_same_and_nothing_waits_for_nothing(
    database: str, said: list[tuple[str, str, int]], decided: list[tuple[str, int]]
) -> None:
    async def both() -> None:
        at_once, one_by_one = [await play(database, said, decided, at_once=at_once) for at_once in (True, False)]
        assert at_once == one_by_one
        assert at_once.phantoms == 0

    asyncio.run(both())
