"""Whatever lanes and processes do at once, in whatever batches: the same is kept, journalled, buried and told as of one record at a time.

`HUB_STATEFUL_EXAMPLES` asks for more than the few histories of the everyday run.
"""

import asyncio
import json
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.crm import CUSTOMER_UPDATED, OPPORTUNITY_UPDATED
from contracts.customers import CUSTOMER_CHANGED
from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.state.together import FEW_ROWS
from hub.stream import opening, plain
from hub.stream.consumer import Consumer
from hub.stream.failures import Conflict, Fenced
from hub.stream.slips import Stored
from tests.support.crm import Words, base_data
from tests.support.engine import DEALER, Engine, Log
from tests.support.passing import newest

TOPIC = f"dealer.{DEALER}.events"
REFS = {"A": 0, "B": 0, "C": 1, "D": 1}
"""In which partition a key has its place."""
WAYS = {"journalled": crm_sync, "newest": newest(), "plain": newest(is_told=False), "afresh": newest(is_told=False, is_afresh=True)}
SOUND = ("recorded", "changed", "opened", "won", "lost", "reopened")
TABLES = {
    "journal": 'event, part, fingerprint, store, ref, corrects, topic, partition, "offset"',
    "inbox": "event, fingerprint",
    "corrections": "target, event",
    "dead_letters": "id, reason, key, part, state",
    "waiting": "hold, key, event, part, store, kind, awaited_ref",
    "consumer_offsets": "topic, partition, next_offset, holes",
}

_OF = {CUSTOMER_UPDATED.wire: "customers", OPPORTUNITY_UPDATED.wire: "opportunities"}


class Said(NamedTuple):
    """One event: maybe with a revision, in place of an earlier one, said again later, or nothing that could be right."""

    act: str
    ref: str
    hour: int
    revision: int | None
    corrects: int | None
    is_repeated: bool


SAID = st.builds(
    Said,
    st.sampled_from([*SOUND, *SOUND, "refused", "broken"]),
    st.sampled_from(sorted(REFS)),
    st.integers(0, 8),
    st.one_of(*[st.none()] * 3, st.integers(1, 4)),
    st.one_of(*[st.none()] * 3, st.integers(0, 40)),
    st.booleans(),
)


def tell(history: Sequence[Said], chance: random.Random) -> dict[int, list[Stored]]:
    """The history as the records of two partitions; what is corrected is sound, and stands anywhere, before or behind."""
    words = Words(Log())
    sound = [number for number, said in enumerate(history) if said.act in SOUND]
    arrivals: list[tuple[float, int, Stored]] = []
    for number, (act, ref, hour, revision, corrects, is_repeated) in enumerate(history):
        how: dict[str, Any] = {"id": f"e{number}", **({} if revision is None else {"revision": revision})}
        targets = [other for other in sound if other != number]
        if corrects is not None and targets and act in SOUND:
            how["corrects"] = f"e{targets[corrects % len(targets)]}"
        match act:
            case "refused":
                record = words.won(ref, hour, stage="talk", **how)
            case "broken":
                record = words.say(CUSTOMER_CHANGED, {"customer": ref, "phone": 7}, hour, **how)
            case "recorded":
                record = words.recorded(ref, f"name {number % 3}", hour, **how)
            case "changed":
                record = words.changed(ref, hour, phone=str(number % 3), **how)
            case _:
                record = getattr(words, act)(ref, hour, **how)
        arrivals += [(number + chance.uniform(0, 4), REFS[ref], record) for _ in range(1 + is_repeated)]
    log: dict[int, list[Stored]] = defaultdict(list)
    for _, partition, record in sorted(arrivals, key=lambda arrival: arrival[0]):
        log[partition].append(record._replace(partition=partition, offset=len(log[partition])))
    return log


async def _begin(engine: Engine) -> None:
    await engine.db.execute(
        "TRUNCATE journal, inbox, corrections, waiting, awaited, dead_letters, outbox, consumer_offsets, base_data, customers,"
        " opportunities"
    )
    log = Log()
    base_data(log)
    async with Engine(engine.url, base_consumer) as oem:
        await oem.apply(log.records["oem.base", 0])
    await engine.db.execute("TRUNCATE outbox, consumer_offsets")


async def _came_to(engine: Engine) -> dict[str, object]:
    """What is kept at the end, without what depends on how it came: versions, and what was told on the way."""
    rows = {
        table: sorted(tuple(map(str, row)) for row in await engine.db.fetch(f"SELECT {columns} FROM {table}"))  # noqa: S608 - a test's own words
        for table, columns in TABLES.items()
    }
    kept = {
        (store, row["ref"]): {name: value for name, value in row.items() if name != "row_version"}
        for store in ("customers", "opportunities")
        for row in await engine.rows(store)
    }
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for event in await engine.rows("outbox"):
        body = json.loads(event["body"])
        told[event["type"], event["key"]] = {name: value for name, value in body.items() if name not in {"revision", "occurred_at"}}
    return {**rows, "kept": kept, "told": {(wire, ref): body for (wire, ref), body in told.items() if (_OF.get(wire), ref) in kept}}


async def one_at_a_time(url: str, consumer: Consumer, log: dict[int, list[Stored]]) -> dict[str, object]:
    async with Engine(url, consumer) as engine:
        await _begin(engine)
        for partition in sorted(log):
            for record in log[partition]:
                await engine.apply([record])
        return await _came_to(engine)


async def at_once(url: str, consumer: Consumer, log: dict[int, list[Stored]], chance: random.Random) -> dict[str, object]:
    """Each partition in a lane of its own, by two processes that take it from each other, at times amid a batch."""
    async with AsyncExitStack() as stack:
        owners = [[await stack.enter_async_context(Engine(url, consumer, owner=f"{n} of {p}")) for n in (0, 1)] for p in (0, 1)]
        await _begin(owners[0][0])
        await asyncio.gather(*(_work_off(owners[partition], partition, records, chance) for partition, records in log.items()))
        return await _came_to(owners[0][0])


async def _work_off(owners: Sequence[Engine], partition: int, records: Sequence[Stored], chance: random.Random) -> None:
    owner, rival = owners
    await owner.claim([(TOPIC, partition)])
    done = 0
    while done < len(records):
        batch = records[done : done + chance.choice((1, 2, 5, 40))]
        if chance.random() < 0.2:  # the one is still at it when the other begins
            await asyncio.gather(_apply(owner, batch), _take_over(rival, partition, batch))
            owner, rival = rival, owner
        else:
            await _apply(owner, batch)
        done = await owner.db.fetchval("SELECT next_offset FROM consumer_offsets WHERE partition = $1", partition)


async def _take_over(engine: Engine, partition: int, batch: Sequence[Stored]) -> None:
    await engine.claim([(TOPIC, partition)])
    await _apply(engine, batch)


async def _apply(engine: Engine, batch: Sequence[Stored]) -> None:
    """As a lane does: again where another was in the way, and no more where it is fenced off."""
    while True:
        try:
            await engine.apply(batch)
        except Fenced:
            return
        except (Conflict, asyncpg.DeadlockDetectedError):
            continue
        else:
            return


@settings(
    max_examples=int(os.environ.get("HUB_STATEFUL_EXAMPLES", "5")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    way=st.sampled_from(["journalled", *WAYS]),
    history=st.lists(SAID, min_size=10, max_size=40),
    few=st.sampled_from([1, 3, FEW_ROWS]),
    seed=st.integers(0, 10_000),
)
def test_what_is_done_at_once_ends_as_one_record_at_a_time_would(database: str, way: str, history: list[Said], few: int, seed: int) -> None:
    chance = random.Random(seed)
    log = tell(history, chance)

    async def both() -> None:
        with pytest.MonkeyPatch.context() as patch:
            for module in (opening, plain):
                patch.setattr(module, "FEW_ROWS", few)
            assert await at_once(database, WAYS[way], log, chance) == await one_at_a_time(database, WAYS[way], log)

    asyncio.run(both())
