"""One owner a partition, every offset once: zombies are refused, gaps are noticed, redeliveries dropped, conflicts folded again."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext

import pytest

from contracts import envelope as cloudevents
from hub.consumers.crm_sync import crm_sync
from hub.stream import work
from hub.stream.batch import WARY
from hub.stream.failures import Conflict, Fenced, Gap
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.stream.subjects import write
from tests.support.crm import Words
from tests.support.engine import Engine, Log
from tests.support.interleaving import Stop, before_commit, before_lock, in_transactions, until_blocked

Beaten = Callable[[asyncio.Task[list[Outcome]], Sequence[Stored]], Awaitable[list[Outcome]]]
TOPIC = "dealer.ber-001.events"
PARTITION = (TOPIC, 0)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync, owner="first") as engine:
        await engine.claim([PARTITION])
        yield engine


@pytest.fixture
async def rival(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync, owner="second") as rival:
        yield rival


@pytest.fixture(params=["swiftly", "in transactions"])
def beaten(request: pytest.FixtureRequest, engine: Engine) -> Beaten:
    """What becomes in the end of records when somebody else was quicker: the batch folds them again itself, or the lane does."""

    async def swiftly(folding: asyncio.Task[list[Outcome]], _: Sequence[Stored]) -> list[Outcome]:
        outcomes = await folding
        assert engine.batch._unhurried == WARY
        return outcomes

    async def in_turn(folding: asyncio.Task[list[Outcome]], records: Sequence[Stored]) -> list[Outcome]:
        with pytest.raises(Conflict):
            await folding
        return await engine.outcomes(records)

    if request.param == "swiftly":
        return swiftly
    in_transactions(engine)
    return in_turn


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


async def everything(engine: Engine) -> int:
    tables = ("journal", "customers", "outbox", "waiting", "dead_letters")
    return sum([len(await engine.rows(table)) for table in tables])


async def next_offset(engine: Engine) -> int:
    return int(await engine.db.fetchval("SELECT next_offset FROM consumer_offsets"))


async def test_an_owner_whose_partition_was_claimed_is_refused_and_leaves_nothing_behind(
    engine: Engine, rival: Engine, dealer: Words
) -> None:
    await rival.claim([PARTITION])
    with pytest.raises(Fenced):
        await engine.apply([dealer.recorded("C1", "Ada")])
    assert await everything(engine) == 0


async def test_a_zombie_whose_transaction_began_before_the_claim_is_refused(engine: Engine, rival: Engine, dealer: Words) -> None:
    records = [dealer.recorded("C1", "Ada"), dealer.recorded("C2", "")]
    stop = before_lock(engine)
    zombie = asyncio.create_task(engine.apply(records))
    await stop.reached.wait()
    await rival.claim([PARTITION])
    await rival.apply(records[:1])
    stop.go.set()
    with pytest.raises(Fenced):
        await zombie
    assert [row["row_version"] for row in await engine.rows("customers")] == [1]
    assert (await next_offset(engine), await engine.rows("dead_letters")) == (1, [])


async def test_a_claim_waits_for_the_transaction_that_holds_the_partition_and_goes_on_behind_it(
    engine: Engine, rival: Engine, dealer: Words
) -> None:
    records = [dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Eve")]
    stop = before_commit(engine)
    working = asyncio.create_task(engine.apply(records[:1]))
    await stop.reached.wait()
    claiming = asyncio.create_task(rival.claim([PARTITION]))
    await until_blocked(rival)
    stop.go.set()
    await working
    await claiming
    assert await rival.outcomes(records[1:]) == [Outcome.HANDLED]
    with pytest.raises(Fenced):
        await engine.apply(records[1:])


async def test_a_transaction_that_waited_for_its_partition_moves_the_offset_as_it_stands_by_then(
    engine: Engine, rival: Engine, dealer: Words
) -> None:
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(4)]
    async with rival.db.transaction():
        await rival.db.execute("UPDATE consumer_offsets SET topic_id = 'known by now', next_offset = 2, holes = 1")
        waiting = asyncio.create_task(engine.apply(records[2:]))
        await until_blocked(engine)
    await waiting
    [row] = await engine.rows("consumer_offsets")
    assert (row["topic_id"], row["next_offset"], row["holes"]) == ("known by now", 4, 1)


async def test_a_transaction_that_waited_for_a_claim_is_refused(engine: Engine, rival: Engine, dealer: Words) -> None:
    async with rival.db.transaction():
        await rival.offsets.claim(rival.db, "second", [PARTITION])
        waiting = asyncio.create_task(engine.apply([dealer.recorded("C1", "Ada")]))
        await until_blocked(engine)
    with pytest.raises(Fenced):
        await waiting
    assert (await next_offset(engine), await everything(engine)) == (0, 0)


async def test_one_claimed_partition_fences_the_whole_batch(engine: Engine, rival: Engine, dealer: Words) -> None:
    await engine.claim([(TOPIC, 1)])
    await rival.claim([(TOPIC, 1)])
    with pytest.raises(Fenced):
        await engine.apply([dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Eve", partition=1)])
    assert await everything(engine) == 0


async def test_a_gap_is_noticed_and_once_fetched_again_counted_as_holes(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(6)]
    await engine.apply(records[:1])
    with pytest.raises(Gap) as gap:
        await engine.apply(records[4:])
    assert (gap.value.next_offset, gap.value.first) == (1, 4)
    assert await next_offset(engine) == 1
    applied = await engine.apply(records[4:], {PARTITION: 4})
    assert (applied.holes, await next_offset(engine)) == (3, 6)
    assert await engine.db.fetchval("SELECT holes FROM consumer_offsets") == 3


async def test_another_gap_than_the_one_fetched_again_is_noticed_anew(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(6)]
    with pytest.raises(Gap):
        await engine.apply(records[4:], {PARTITION: 3})


async def test_holes_between_the_records_of_one_fetch_are_counted(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(6)]
    assert (await engine.apply([records[0], records[2], records[5]])).holes == 3


async def test_of_a_batch_each_partition_moves_on_from_where_it_stands(engine: Engine, dealer: Words) -> None:
    follows, again = ([dealer.recorded(f"C{n}", "Ada", partition=partition) for n in range(4)] for partition in (0, 1))
    missing = [dealer.recorded(f"C{n}", "Ada", partition=2) for n in range(4)]
    await engine.apply([follows[0], *again[:3], missing[0]])
    applied = await engine.apply([*follows[1:], *again[1:], missing[3]], {(TOPIC, 2): 3})
    assert applied.next_offsets == {(TOPIC, 0): 4, (TOPIC, 1): 4, (TOPIC, 2): 4}
    assert sorted(offset for _, _, offset in applied.outcomes) == [1, 2, 3, 3, 3]
    rows = await engine.rows("consumer_offsets")
    assert sorted((row["partition"], row["next_offset"], row["holes"]) for row in rows) == [(0, 4, 0), (1, 4, 0), (2, 4, 2)]


async def test_offsets_that_were_folded_already_are_dropped(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(4)]
    await engine.apply(records[:3])
    applied = await engine.apply(records[1:])
    assert applied.outcomes == {(TOPIC, 0, 3): Outcome.HANDLED}
    assert (await engine.apply(records[:2])).outcomes == {}
    assert await next_offset(engine) == 4


async def test_a_commit_whose_answer_was_lost_changes_nothing_when_tried_again(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded("C1", "Ada"), dealer.recorded("C2", ""), dealer.changed("C3")]
    await engine.apply(records)
    before = await everything(engine)
    async with Engine(engine.url, crm_sync, owner="first, connected again") as again:
        again.epochs = dict(engine.epochs)
        applied = await again.apply(records)
        assert (applied.outcomes, applied.next_offsets, applied.emitted) == ({}, {PARTITION: 3}, 0)
    assert await everything(engine) == before


async def test_the_next_offset_never_goes_back(engine: Engine, rival: Engine, dealer: Words) -> None:
    chance = random.Random(7)
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(60)]
    owner, last = engine, 0
    for _ in range(40):
        if chance.random() < 0.2:
            owner = rival if owner is engine else engine
            await owner.claim([PARTITION])
        start = max(0, min(59, last + chance.randrange(-10, 4)))
        batch = records[start : start + chance.randrange(1, 12)]
        with pytest.raises(Gap) if start > last else nullcontext():
            await owner.apply(batch)
        now = await next_offset(engine)
        assert now >= last
        last = now
    assert len(await engine.rows("customers")) == last > 20


async def test_a_state_that_another_has_saved_since_it_was_loaded_is_folded_again(
    engine: Engine, rival: Engine, dealer: Words, beaten: Beaten, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.apply([dealer.recorded("C1", "Ada")])
    slow, quick = dealer.changed("C1", 1, phone="1"), dealer.changed("C1", 2, phone="2", partition=1)
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.outcomes([slow]))
    await stop.reached.wait()
    await rival.apply([quick])
    stop.go.set()
    assert await beaten(folding, [slow]) == [Outcome.HANDLED]
    [row] = await engine.rows("customers")
    assert (row["phone"], row["row_version"], row["ordered_at"].hour) == ("2", 2, 14)


async def test_a_batch_of_states_of_which_another_has_saved_one_is_folded_again(
    engine: Engine, rival: Engine, dealer: Words, beaten: Beaten, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.apply([dealer.recorded(ref, "Ada") for ref in ("C1", "C2", "C3")])
    slow = [dealer.changed(ref, 1, phone="1") for ref in ("C1", "C2", "C3")]
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.outcomes(slow))
    await stop.reached.wait()
    await rival.apply([dealer.changed("C2", 2, phone="2", partition=1)])
    stop.go.set()
    assert await beaten(folding, slow) == [Outcome.HANDLED] * 3
    found = {row["ref"]: (row["phone"], row["row_version"]) for row in await engine.rows("customers")}
    assert found == {"C1": ("1", 2), "C2": ("2", 2), "C3": ("1", 2)}


async def test_a_state_that_two_create_at_once_is_folded_again(
    engine: Engine, rival: Engine, dealer: Words, beaten: Beaten, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = dealer.recorded("C1", "Ada", 1), dealer.recorded("C1", "Eve", 2, partition=1)
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.outcomes([slow]))
    await stop.reached.wait()
    await rival.apply([quick])
    stop.go.set()
    assert await beaten(folding, [slow]) == [Outcome.HANDLED]
    assert [(row["name"], row["row_version"]) for row in await engine.rows("customers")] == [("Eve", 1)]


async def test_a_state_that_another_has_removed_does_not_come_back(
    engine: Engine, rival: Engine, dealer: Words, beaten: Beaten, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.apply([dealer.recorded("C1", "Ada", id="mistake")])
    slow, quick = dealer.changed("C1", 1), dealer.recorded("C2", "Ada", corrects="mistake", partition=1)
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.outcomes([slow]))
    await stop.reached.wait()
    await rival.apply([quick])
    stop.go.set()
    assert await beaten(folding, [slow]) == [Outcome.WAITING]
    assert [row["ref"] for row in await engine.rows("customers")] == ["C2"]


async def test_a_row_that_took_the_place_of_the_loaded_one_is_not_taken_for_it(
    engine: Engine, rival: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing keeps the server from using a place again between the look and the statement that writes."""
    await engine.apply([dealer.recorded("C1", "Ada")])
    await engine.apply([dealer.changed("C1", 1, phone="1")])
    place = "SELECT ctid::text FROM customers"
    loaded = await rival.db.fetchval(place)
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.outcomes([dealer.recorded("C1", "Eve", 2)]))
    await stop.reached.wait()
    for hour in (3, 4):
        await rival.apply([dealer.changed("C1", hour, phone=str(hour), partition=1)])
        await rival.db.execute("VACUUM customers")
    assert await rival.db.fetchval(place) == loaded
    stop.go.set()
    assert await folding == [Outcome.HANDLED]
    [row] = await engine.rows("customers")
    assert (row["name"], row["phone"], row["row_version"]) == ("Eve", "4", 5)


async def test_a_partition_that_is_claimed_between_look_and_writing_is_refused(
    engine: Engine, rival: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.apply([dealer.recorded("C1", "Ada")]))
    await stop.reached.wait()
    await rival.claim([PARTITION])
    stop.go.set()
    with pytest.raises(Fenced):
        await folding
    assert (await everything(engine), await next_offset(engine)) == (0, 0)


async def test_what_another_has_applied_between_look_and_writing_is_dropped(
    engine: Engine, rival: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a connection broke while it wrote, and the statement was still under way when it was tried again."""
    records = [dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Eve")]
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.apply(records))
    await stop.reached.wait()
    rival.epochs = dict(engine.epochs)
    await rival.apply(records[:1])
    stop.go.set()
    applied = await folding
    assert list(applied.outcomes.values()) == [Outcome.HANDLED]
    assert [row["row_version"] for row in await engine.rows("customers")] == [1, 1]
    assert (await next_offset(engine), len(await engine.rows("journal")), len(await engine.rows("outbox"))) == (2, 2, 2)


async def test_an_offset_that_another_has_moved_on_between_look_and_writing_is_not_moved_back(
    engine: Engine, rival: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, nothing = Log(), "hub.customer.updated.v9"  # what means nothing to this consumer leaves nothing behind that could be there twice
    headers = [cloudevents.write(cloudevents.Envelope(f"e{number}", "/dealers/ber-001", nothing)) for number in range(3)]
    records = [log.write(TOPIC, b"{}", key="C1", headers=each) for each in headers]
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    folding = asyncio.create_task(engine.apply(records[:1]))
    await stop.reached.wait()
    rival.epochs = dict(engine.epochs)
    await rival.apply(records)
    stop.go.set()
    await folding
    assert await next_offset(engine) == 3
