"""A state's timer fires once, at its moment, and is folded like any other event: what has moved on is left alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from contracts import topics
from contracts.leads import LEAD_DROPPED, LEAD_RECEIVED
from contracts.timers import TIMER_FIRED, TimerFired
from hub.producers.firing import body_of, name_of
from hub.state import stores, timers
from hub.state.connect import connect
from hub.state.store import Connection
from hub.state.timers import Timer
from hub.stream.consumer import Consumer
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words
from tests.support.engine import NOON, Engine, Log
from tests.support.recalls import DAY, Ear, due, fired, recalls

HANDLED, DUPLICATE, IGNORED = Outcome.HANDLED, Outcome.DUPLICATE, Outcome.IGNORED
LATER = NOON + 100 * DAY


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, recalls()) as engine:
        yield engine


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def dealer(log: Log) -> Words:
    return Words(log)


@pytest.fixture
def ear(log: Log) -> Ear:
    return Ear(log)


def heard(dealer: Words, hours: float = 0, lead: str = "L1", **how: Any) -> Stored:
    return dealer.say(LEAD_RECEIVED, {"lead": lead, "name": "Ada"}, hours, **how)


async def set_for(engine: Engine) -> dict[str, datetime]:
    return {row["ref"]: row["due_at"] for row in await engine.db.fetch("SELECT * FROM timers")}


async def stories(engine: Engine) -> dict[str, str]:
    return {row["ref"]: row["need"] for row in await engine.rows("leads")}


async def fire(engine: Engine, ear: Ear, now: datetime = LATER) -> list[Outcome]:
    """The clock says what is due, and the engine hears it."""
    before = len(ear.log.records["hub.timers", 0])
    await ear.hear(engine.db, now)
    return await engine.outcomes(ear.log.records["hub.timers", 0][before:])


async def many_due(engine: Engine, count: int) -> None:
    await engine.db.execute(
        "INSERT INTO timers SELECT 'crm-sync', 'leads', 'dealer:d', 'L' || n, $1 FROM generate_series(1, $2::int) n", NOON, count
    )


async def test_a_state_sets_moves_and_takes_away_its_timer(engine: Engine, dealer: Words) -> None:
    await engine.apply([heard(dealer), heard(dealer, 1, "L2")])
    assert await set_for(engine) == {"L1": NOON + DAY, "L2": NOON + DAY + timedelta(hours=1)}
    await engine.apply([heard(dealer, 5), dealer.say(LEAD_DROPPED, {"lead": "L2"}, 6)])
    assert await set_for(engine) == {"L1": NOON + DAY + timedelta(hours=5)}


async def test_a_timer_fires_at_its_moment_and_the_state_sets_the_next(engine: Engine, dealer: Words, ear: Ear) -> None:
    await engine.apply([heard(dealer)])
    assert await fire(engine, ear, NOON + DAY - timedelta(seconds=1)) == []
    assert await fire(engine, ear, NOON + DAY) == [HANDLED]
    assert (await stories(engine), await set_for(engine)) == ({"L1": ".!"}, {"L1": NOON + 2 * DAY})
    assert await fire(engine, ear) == [HANDLED]
    assert (await stories(engine), await set_for(engine)) == ({"L1": ".!!"}, {})
    assert await fire(engine, ear) == []
    [row] = await engine.rows("leads")
    assert row["ordered_at"] == NOON + 2 * DAY


async def test_a_timer_of_a_state_that_has_moved_on_is_kept_as_pointless(engine: Engine, dealer: Words, ear: Ear) -> None:
    """Said, and then news came first; and set again by a correction for a moment that was said already."""
    await engine.apply([heard(dealer, id="first")])
    await ear.hear(engine.db, LATER)
    await engine.apply([heard(dealer, 5, id="second")])
    assert await engine.outcomes(ear.log.records["hub.timers", 0]) == [HANDLED]
    assert (await stories(engine), await set_for(engine)) == ({"L1": ".."}, {"L1": NOON + DAY + timedelta(hours=5)})
    await engine.apply([dealer.say(LEAD_DROPPED, {"lead": "L1"}, 5, corrects="second")])
    assert (await stories(engine), await set_for(engine)) == ({"L1": "."}, {})


@pytest.mark.parametrize("is_together", [True, False])
async def test_two_clocks_fire_once(engine: Engine, dealer: Words, ear: Ear, is_together: bool) -> None:
    """Both say it, under one id; or the second finds nothing left."""
    await engine.apply([heard(dealer)])
    ear.together = asyncio.Barrier(2) if is_together else None
    one, two = await connect(engine.url, name="one"), await connect(engine.url, name="two")
    try:
        if is_together:
            assert await asyncio.gather(ear.hear(one, LATER), ear.hear(two, LATER)) == [1, 1]
        else:
            assert [await ear.hear(one, LATER), await ear.hear(two, LATER)] == [1, 0]
    finally:
        await one.close()
        await two.close()
    assert len(set(ear.ids)) == 1
    assert await engine.outcomes(ear.log.records["hub.timers", 0]) == ([HANDLED, DUPLICATE] if is_together else [HANDLED])
    assert await stories(engine) == {"L1": ".!"}


async def test_a_clock_that_dies_before_it_has_forgotten_says_it_again_under_the_same_id(
    engine: Engine, dealer: Words, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.apply([heard(dealer)])

    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(timers, "fired", dies)
        with pytest.raises(ConnectionError):
            await ear.hear(engine.db, LATER)
    await ear.hear(engine.db, LATER)
    await engine.apply(ear.log.records["hub.timers", 0])
    assert (len(ear.ids), len(set(ear.ids)), await stories(engine)) == (2, 1, {"L1": ".!"})


async def test_a_timer_said_again_is_let_go_of_where_repetitions_are_recognised(engine: Engine, dealer: Words, ear: Ear) -> None:
    await engine.apply([heard(dealer)])
    await fire(engine, ear)
    [said] = ear.log.records["hub.timers", 0]
    await engine.db.execute("UPDATE timers SET due_at = $1", NOON + DAY)  # as if its clock had died before it forgot it
    engine.expect_repetition([("hub.timers", 0)])
    assert await engine.outcomes([said._replace(offset=1)]) == [DUPLICATE]
    assert await set_for(engine) == {}


async def test_a_timer_that_is_heard_before_its_clock_has_let_go_is_set_for_the_next_moment(
    engine: Engine, dealer: Words, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.apply([heard(dealer)])

    async def is_heard_meanwhile(connection: Connection, said: Sequence[Timer]) -> None:
        monkeypatch.undo()
        assert await engine.outcomes(ear.log.records["hub.timers", 0]) == [HANDLED]
        await timers.fired(connection, said)

    monkeypatch.setattr(timers, "fired", is_heard_meanwhile)
    await ear.hear(engine.db, NOON + DAY)
    assert (await stories(engine), await set_for(engine)) == ({"L1": ".!"}, {"L1": NOON + 2 * DAY})


async def test_a_moment_that_was_said_and_is_set_again_counts_once_and_is_let_go_of(engine: Engine, dealer: Words, ear: Ear) -> None:
    await engine.apply([heard(dealer)])
    await fire(engine, ear, NOON + DAY)
    await engine.db.execute("UPDATE timers SET due_at = $1", NOON + DAY)  # as a correction might
    [said] = ear.log.records["hub.timers", 0]
    assert await engine.outcomes([said._replace(offset=1)]) == [DUPLICATE]
    assert (await stories(engine), await set_for(engine)) == ({"L1": ".!"}, {})


async def test_what_was_kept_while_a_subject_was_not_there_counts_once_it_is(engine: Engine, dealer: Words, ear: Ear) -> None:
    """A timer that is heard after all of its subject was corrected away, and before somebody speaks of it anew."""
    await engine.apply([heard(dealer, id="first")])
    await ear.hear(engine.db, LATER)
    await engine.apply([heard(dealer, 0, "another", corrects="first")])
    assert await engine.outcomes(ear.log.records["hub.timers", 0]) == [HANDLED]
    assert await stories(engine) == {"another": "."}
    await engine.apply([heard(dealer)])
    assert await stories(engine) == {"another": ".", "L1": ".!"}


async def test_late_news_comes_to_the_same_before_and_after_the_timer(engine: Engine, log: Log) -> None:
    """What fired, late news that makes it pointless, and news from later on: in whatever order they come."""
    for number, order in enumerate(permutations(range(3))):
        dealer, ear, lead = Words(Log(), f"dealer-{number}"), Ear(Log()), f"L{number}"
        await engine.apply([heard(dealer, 0, lead)])
        await ear.hear(engine.db, NOON + DAY)
        [timer] = ear.log.records["hub.timers", 0]
        said, offset = [heard(dealer, 5, lead), heard(dealer, 40, lead), timer._replace(offset=number)], 1
        for which in order:
            record = said[which]
            if record is not said[2]:
                record, offset = record._replace(offset=offset), offset + 1
            assert await engine.outcomes([record]) == [HANDLED]
        assert ((await stories(engine))[lead], (await set_for(engine))[lead]) == ("...", NOON + DAY + timedelta(hours=40))


async def test_very_many_that_are_due_at_once_are_said_once_each(engine: Engine, ear: Ear) -> None:
    many = timers.PAGE + 1
    await many_due(engine, many)
    await engine.db.execute(
        "INSERT INTO timers SELECT 'crm-sync', 'leads', 'dealer:d', 'F' || n, $1 FROM generate_series(1, 9) n", LATER + DAY
    )
    assert await ear.hear(engine.db, LATER) == many
    assert len(set(ear.ids)) == many
    assert await ear.hear(engine.db, LATER) == 0
    assert len(await set_for(engine)) == 9


async def test_what_kafka_does_not_take_stays_set_and_is_said_later_under_the_same_ids(engine: Engine, log: Log) -> None:
    """One partition takes all that is for it, the other nothing at first."""
    await many_due(engine, 20)
    ear = Ear(log, partitions=2)
    ear.refuses = lambda partition, _count: KafkaTimeoutError() if partition else None
    with pytest.raises(KafkaTimeoutError):
        await ear.hear(engine.db, LATER)
    assert 0 < len(ear.ids) < 20
    assert len(await set_for(engine)) == 20 - len(ear.ids)
    ear.refuses = lambda _partition, _count: None
    await ear.hear(engine.db, LATER)
    assert (len(ear.ids), len(set(ear.ids)), await set_for(engine)) == (20, 20, {})


async def test_a_topic_that_takes_small_batches_gets_small_ones(engine: Engine, ear: Ear) -> None:
    """A refusal ends the session; the next one knows better."""
    await many_due(engine, 20)
    ear.refuses = lambda _partition, count: MessageSizeTooLargeError() if count > 3 else None
    for _ in range(3):
        with pytest.raises(MessageSizeTooLargeError):
            await ear.hear(engine.db, LATER)
    assert await ear.hear(engine.db, LATER) == 20
    assert (len(ear.ids), len(set(ear.ids))) == (20, 20)


async def test_the_next_page_is_read_while_kafka_takes_one(engine: Engine, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    await many_due(engine, 6)
    is_read, due_in_pages = asyncio.Event(), timers.due

    async def in_threes(connection: Connection, now: datetime) -> AsyncIterator[list[Timer]]:
        first = True
        async for page in due_in_pages(connection, now, 3):
            if not first:
                is_read.set()
            first = False
            yield page

    monkeypatch.setattr(timers, "due", in_threes)
    taking = ear.send_batch

    async def in_its_own_time(*batch: Any, **where: Any) -> Any:
        async with asyncio.timeout(20):
            await is_read.wait()
        return await taking(*batch, **where)

    monkeypatch.setattr(ear, "send_batch", in_its_own_time)
    assert await ear.hear(engine.db, LATER) == 6


def test_a_timer_is_named_as_it_always_was() -> None:
    """Two clocks of different versions say the same."""
    timer = Timer("reminders", "vehicles", "hub", "VIN/ü", NOON)
    text = "\0".join((*timer[:4], NOON.isoformat()))
    assert name_of(timer) == str(uuid5(uuid5(NAMESPACE_URL, "urn:hub:timer"), text))


@pytest.mark.parametrize("ref", ["WVWZZZ1JZXW000001", 'L "1"\\2', "Ümläut\u2028/€", "\x01\x7f"])
@pytest.mark.parametrize("due_at", [NOON, NOON + timedelta(microseconds=123_400), NOON.astimezone(timezone(timedelta(hours=2)))])
def test_a_timer_is_said_byte_for_byte_as_its_contract_writes_it(ref: str, due_at: datetime) -> None:
    """Two clocks of different versions say the same here as well: other bytes might be taken for other content."""
    timer, at = Timer("reminders", "vehicles", "dealer:ber-01", ref, due_at), due_at.astimezone(UTC)
    told = TimerFired(occurred_at=at, consumer="reminders", principal="dealer:ber-01", store="vehicles", subject=ref, due_at=at)
    assert body_of(timer) == told.model_dump_json(exclude_none=True).encode()


async def test_pages_go_on_where_the_one_before_ended_whatever_became_of_it(engine: Engine) -> None:
    await engine.db.execute("INSERT INTO timers SELECT 'crm-sync', 'leads', 'd', 'L' || n, $1 FROM generate_series(1, 7) n", NOON)
    pages = [[timer.ref for timer in page] async for page in timers.due(engine.db, LATER, 3)]
    assert pages == [["L1", "L2", "L3"], ["L4", "L5", "L6"], ["L7"]]


async def test_nobody_but_its_own_consumer_and_store_hears_a_timer(database: str, dealer: Words, ear: Ear, engine: Engine) -> None:
    await engine.apply([heard(dealer)])
    await ear.hear(engine.db, LATER)
    other = Consumer("other", topics.DEALER_EVENTS, topics.TIMERS)
    other.fold(stores.leads, {LEAD_RECEIVED: recalls().stores["leads"].rules[LEAD_RECEIVED], TIMER_FIRED: fired}, timer=due)
    async with Engine(database, other) as stranger:
        assert await stranger.outcomes(ear.log.records["hub.timers", 0]) == [IGNORED]
        assert await stranger.rows("journal") == [row for row in await stranger.rows("journal") if row["consumer"] == "crm-sync"]


def test_a_timer_needs_a_rule_and_a_rule_a_timer() -> None:
    with pytest.raises(TypeError, match=r"leads needs a timer and a rule for timer\.fired"):
        Consumer("x").fold(stores.leads, {TIMER_FIRED: fired})
    with pytest.raises(TypeError, match=r"leads needs a timer and a rule for timer\.fired"):
        Consumer("x").fold(stores.leads, {}, timer=due)
