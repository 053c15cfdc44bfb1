"""Lanes that share a queue: each partition's batches follow one another, and who is slow keeps nobody waiting."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from hub.stream.brake import Brake
from hub.stream.failures import Gap
from hub.stream.lane import Lane
from hub.stream.outcome import Applied
from hub.stream.recognising import Recogniser
from hub.stream.slips import Stored
from hub.stream.turns import Turns
from hub.telemetry import Metrics

SLOW, CALM, THIRD = ("dealer.slow.events", 0), ("dealer.calm.events", 0), ("dealer.third.events", 0)
Where = tuple[str, int]


class Session:
    """A connection, which the server may end."""

    def __init__(self) -> None:
        self.is_ended = False

    def is_closed(self) -> bool:
        """Whether it can be used no more."""
        return self.is_ended

    async def close(self, **_: object) -> None:
        """The lane is done with it."""
        self.is_ended = True


class Database:
    """Takes batches as a database would; one with a partition that is held takes until that one is let go."""

    def __init__(self) -> None:
        self.consumer, self.is_wary = "a", False
        self.applied: dict[Where, list[int]] = defaultdict(list)
        self.batches: list[set[Where]] = []
        self.held: dict[Where, asyncio.Event] = {}
        self.under_way: list[Where] = []
        self.twice = False
        self.prepared = 0
        self.sessions: list[Session] = []
        self.used: list[Session] = []
        self.refusals = list[Exception]()

    async def prepare(self, _: object) -> None:
        """A session is ready for work."""
        if self.refusals:
            raise self.refusals.pop()
        self.prepared += 1

    async def apply(self, session: Session, batches: Mapping[Where, Sequence[Stored]], __: object, gaps: Mapping[Where, int]) -> Applied:
        self.used.append(session)
        self.under_way += batches
        self.twice |= len(set(self.under_way)) < len(self.under_way)
        try:
            for where, held in self.held.items():
                if where in batches:
                    await held.wait()
            await asyncio.sleep(0)
            for where, records in batches.items():
                due, first = len(self.applied[where]), records[0].offset
                if first > due and gaps.get(where) != first:
                    raise Gap(*where, due, first)
                self.applied[where] += [record.offset for record in records]
        finally:
            for where in batches:
                self.under_way.remove(where)
        self.batches.append(set(batches))
        return Applied(seconds={"work": 1.0 if batches.keys() & self.held.keys() else 0.005})


@asynccontextmanager
async def working(database: Database, count: int = 3, **callbacks: Any) -> AsyncIterator[Turns]:
    """So many lanes at work on what is put into their queue."""
    turns = Turns(count, 10)

    async def connect() -> Session:
        database.sessions.append(Session())
        return database.sessions[-1]

    told: dict[str, Any] = {
        "on_applied": lambda _: None,
        "on_fenced": lambda _: None,
        "on_gap": lambda _: asyncio.sleep(0),
        "on_halt": lambda *_: None,
        "on_done": lambda: None,
    }
    lanes = [
        Lane(
            number,
            turns=turns,
            batch=database,  # type: ignore[arg-type] # what a lane asks of it
            recogniser=Recogniser(SimpleNamespace(judge=lambda raw: raw, glance=None)),  # type: ignore[arg-type]
            brake=Brake(500),
            metrics=Metrics(),
            connect=connect,  # type: ignore[arg-type]
            epochs=dict.fromkeys((SLOW, CALM, THIRD), 1),
            **(told | callbacks),
        )
        for number in range(count)
    ]
    tasks = [asyncio.create_task(lane.run()) for lane in lanes]
    try:
        yield turns
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(is_so: Any) -> None:
    """Let the lanes work until that is so."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - it depends on much, and each turn of the loop is work of the lanes
            await asyncio.sleep(0)


def run(where: Where, first: int, count: int) -> list[Stored]:
    return [Stored(*where, offset, 0, b"k", b"", ()) for offset in range(first, first + count)]


async def test_each_partition_is_folded_in_its_order_though_any_lane_takes_it() -> None:
    database = Database()
    async with working(database) as turns:
        for first in range(0, 300, 3):
            for where in (SLOW, CALM, THIRD):
                turns.put(where, run(where, first, 3))
            if first % 2:
                await asyncio.sleep(0)
        await until(lambda: turns.size == 0 and not database.under_way)
    assert not database.twice
    assert database.applied == {where: list(range(300)) for where in (SLOW, CALM, THIRD)}


async def test_each_lane_has_its_session_before_there_is_work() -> None:
    database = Database()
    async with working(database):
        await until(lambda: database.prepared == 3)
    assert not database.batches


async def test_a_session_that_was_half_prepared_is_used_for_nothing() -> None:
    database = Database()
    database.refusals = [TimeoutError()]
    async with working(database, 1) as turns:
        await until(lambda: database.sessions and database.sessions[0].is_ended)
        turns.put(CALM, run(CALM, 0, 1))
        await until(lambda: database.applied[CALM])
        assert database.used == database.sessions[1:]


async def test_a_session_that_the_server_has_ended_is_replaced_before_anything_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async def recover(*_: object) -> None:
        raise AssertionError("something failed")

    monkeypatch.setattr(Lane, "_recover", recover)
    database = Database()
    async with working(database, 1) as turns:
        await until(lambda: database.prepared)
        database.sessions[0].is_ended = True
        turns.put(CALM, run(CALM, 0, 1))
        await until(lambda: database.applied[CALM])
        assert database.used == database.sessions[1:]


async def test_a_lane_whose_session_is_being_opened_has_stood_still_since_it_began_to_open_it() -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def connect() -> None:
        asked.set()
        await never.wait()

    lane: Any = Lane.__new__(Lane)
    lane.progressed_at, lane.connection, lane._connect, lane._batch = 0.0, None, connect, Database()
    opening = asyncio.create_task(lane.run())
    await asked.wait()
    assert lane.progressed_at > 0
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening


async def test_while_one_partitions_transaction_lasts_the_others_go_on() -> None:
    database = Database()
    database.held[SLOW] = asyncio.Event()
    async with working(database) as turns:
        turns.put(SLOW, run(SLOW, 0, 5))
        await until(lambda: SLOW in database.under_way)
        for first in range(50):
            turns.put(CALM, run(CALM, first, 1))
            turns.put(SLOW, run(SLOW, 5 + first, 1))
            await until(lambda: len(database.applied[CALM]) == first + 1)  # noqa: B023 - it is waited for within the turn
        assert not database.applied[SLOW]
        database.held[SLOW].set()
        await until(lambda: len(database.applied[SLOW]) == 55)


async def test_who_was_slow_is_in_no_transaction_with_others_any_more() -> None:
    database = Database()
    database.held[SLOW] = asyncio.Event()
    database.held[SLOW].set()  # its transactions end at once, and say that they took long
    async with working(database, 1) as turns:
        for first in range(4):
            turns.put(CALM, run(CALM, first, 1))
            await until(lambda: turns.size == 0 and not database.under_way)
        for first in range(6):
            turns.put(SLOW, run(SLOW, first, 1))
            turns.put(THIRD, run(THIRD, first, 1))
            await until(lambda: turns.size == 0 and not database.under_way)
    shared = [batch for batch in database.batches if SLOW in batch and len(batch) > 1]
    assert shared == [{SLOW, THIRD}]
    assert database.batches[4] == {SLOW, THIRD}


async def test_a_gap_that_one_lane_found_is_a_hole_for_whichever_takes_what_was_fetched_again() -> None:
    database = Database()

    async def fetch_again(gap: Gap) -> None:
        turns.put(CALM, run(CALM, gap.first, 3))

    async with working(database, on_gap=fetch_again) as turns:
        turns.put(CALM, run(CALM, 5, 3))
        await until(lambda: database.applied[CALM])
    assert database.applied[CALM] == [5, 6, 7]
    assert not turns.gaps
