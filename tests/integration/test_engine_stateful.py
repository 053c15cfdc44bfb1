"""Whatever a history's order, batches, repetitions and restarts, the engine keeps what one event at a time in true order would.

`HUB_STATEFUL_EXAMPLES` asks for more than the few histories of the everyday run.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.rules.basedata import BaseData
from hub.rules.decision import Reject, Subject, Wait
from hub.rules.folding import Folded, Told, fold_all
from hub.state.base import BaseDataCache
from hub.stream.record import Good
from hub.stream.slips import Stored
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log

DEALERS = ("ber-001", "muc-002")
ACTS = ("recorded", "changed", "opened", "opened", "moved", "won", "lost", "reopened", "reopened")
REFS = ("A", "A", "A", "B")


class Said(NamedTuple):
    """One event as a dealer says it: the n-th, maybe again, maybe in place of an earlier one, maybe of the past."""

    dealer: int
    act: str
    ref: str
    hour: int
    revision: int | None
    corrects: int | None
    is_historical: bool


SAID = st.builds(
    Said,
    st.integers(0, 1),
    st.sampled_from(ACTS),
    st.sampled_from(REFS),
    st.integers(0, 6),
    st.one_of(*[st.none()] * 3, st.integers(1, 4)),
    st.one_of(*[st.none()] * 5, st.integers(0, 20)),
    st.booleans(),
)


def tell(history: Sequence[Said], chance: random.Random) -> list[list[Stored]]:
    """The history as batches of records: each event once or twice, more or less in its order, on two partitions a dealer."""
    words = [Words(Log(), dealer) for dealer in DEALERS]
    numbers: dict[int, list[int]] = {n: [m for m, said in enumerate(history) if said.dealer == n] for n in (0, 1)}
    disorder = chance.choice((0.0, 1.0, 2.0, 10.0))
    arrivals: list[tuple[float, Stored]] = []
    for number, said in enumerate(history):
        how: dict[str, Any] = {"id": f"e{number}", "historical": said.is_historical}
        if said.revision is not None:
            how["revision"] = said.revision
        own = [n for n in numbers[said.dealer] if n != number]
        if said.corrects is not None and own:
            how["corrects"] = f"e{own[said.corrects % len(own)]}"
        if said.act == "recorded":
            how["name"] = f"name {number % 2}"
        if said.act == "changed":
            how["phone"] = str(number % 2)
        record = getattr(words[said.dealer], said.act)(said.ref, hours=said.hour, **how)
        arrivals += [(said.hour + chance.uniform(0, disorder), record) for _ in range(chance.choice((1, 1, 1, 2)))]
    offsets: dict[tuple[str, int], int] = defaultdict(int)
    batches: list[list[Stored]] = [[]]
    for _, record in sorted(arrivals, key=lambda arrival: arrival[0]):
        where = record.topic, chance.randrange(2)
        batches[-1].append(record._replace(partition=where[1], offset=offsets[where]))
        offsets[where] += 1
        if chance.random() < 0.4:
            batches.append([])
    return [batch for batch in batches if batch]


class Kept(NamedTuple):
    """What is kept of one subject, by the engine or by the plain fold."""

    state: tuple[Any, ...] | None
    position: tuple[Any, ...] | None
    because: str | None


async def by_the_engine(url: str, batches: Sequence[Sequence[Stored]], chance: random.Random) -> tuple[dict[Any, Kept], set[Any]]:
    """Apply the batches by two owners who take over from each other."""
    async with Engine(url, crm_sync, owner="one") as one, Engine(url, crm_sync, owner="two") as two:
        await one.db.execute("TRUNCATE journal, corrections, waiting, dead_letters, outbox, consumer_offsets, awaited")
        await one.db.execute("TRUNCATE base_data, customers, opportunities")
        log = Log()
        base_data(log, "sales_model", "loss_reason")
        async with Engine(url, base_consumer) as oem:
            await oem.apply(log.records["oem.base", 0])
        for batch in batches:
            owner = chance.choice((one, two))
            partitions = {(record.topic, record.partition) for record in batch}
            if chance.random() < 0.5:
                owner.expect_repetition(partitions)
            await owner.claim(partitions)
            await owner.apply(batch)
        names = {row["event"]: row["event_id"] for row in await one.rows("journal")}
        assert [row["reason"] for row in await one.rows("dead_letters")] == []
        kept = {}
        for store in ("customers", "opportunities"):
            for row in await one.rows(store):
                values = tuple(row.values())
                kept[store, row["principal"], row["ref"]] = Kept(values[7:], values[3:6], names[row["because"]])
        waiting = {(row["store"], row["principal"], row["ref"], names[row["event"]]) for row in await one.rows("waiting")}
        return kept, waiting


async def one_at_a_time(url: str, batches: Sequence[Sequence[Stored]]) -> tuple[dict[Any, Kept], set[Any]]:
    """The same history without batches, database or arrival: what counts, in its order."""
    async with Engine(url, crm_sync) as reader:
        judged = [reader.reader.judge(record) for batch in batches for record in batch]
        base: BaseData = await BaseDataCache(crm_sync.using).refresh(reader.db)
    events: dict[tuple[str, str], Good] = {(good.principal, good.envelope.id): good for good in judged if isinstance(good, Good)}
    assert len({(record.raw.topic, dict(record.raw.headers)["ce_id"]) for record in judged}) == len(events)
    corrected = {(good.principal, good.body.corrects) for good in events.values()}
    told: dict[tuple[str, Subject], list[Told]] = defaultdict(list)
    for (principal, name), good in events.items():
        for declared in crm_sync.folds[good.lineage.name]:
            counted = told[declared.store.name, Subject(principal, good.key)]
            if (principal, name) not in corrected:
                counted.append(Told(good.event, 0, good.lineage, good.body, good.envelope.source, name, good.envelope.is_historical))
    kept, waiting = {}, set()
    for (store, subject), history in told.items():
        folded: Folded[Any] = fold_all(subject, crm_sync.stores[store].rules, base, history)
        names = {one.event: one.event_id for one in history}
        if folded.state is not None and folded.because is not None and folded.position is not None:
            kept[store, *subject] = Kept(tuple(folded.state), tuple(folded.position), names[folded.because])
        assert not [verdict for _, verdict in folded.verdicts if isinstance(verdict, Reject)]
        waiting |= {(store, *subject, one.event_id) for one, verdict in folded.verdicts if isinstance(verdict, Wait)}
    return kept, waiting


@settings(
    max_examples=int(os.environ.get("HUB_STATEFUL_EXAMPLES", "60")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(SAID, min_size=1, max_size=30), seed=st.integers(0, 10_000))
def test_the_engine_keeps_what_one_event_at_a_time_would(database: str, history: list[Said], seed: int) -> None:
    chance = random.Random(seed)
    batches = tell(history, chance)

    async def both() -> None:
        assert await by_the_engine(database, batches, chance) == await one_at_a_time(database, batches)

    asyncio.run(both())
