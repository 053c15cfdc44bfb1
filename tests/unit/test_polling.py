"""Whoever hears much in a short time lets the broker gather; whoever hears little hears it at once, and from the fetch itself."""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher, FetchError, FetchResult
from aiokafka.errors import CorruptRecordException, TopicAuthorizationFailedError

from hub.stream import polling
from hub.stream.polling import FETCH_WAIT_MS, GATHER_SECONDS, Poller
from tests.support.eventually import eventually_async

AT_ONCE, GATHERING = (1, FETCH_WAIT_MS), (64 << 10, 5)
ONE, TWO, FULL = (TopicPartition(topic, 0) for topic in ("one", "two", "no room"))


class Brought:
    """What a fetch brought of a partition, as aiokafka goes through it: once, and no further than to what cannot be read."""

    def __init__(self, *records: Any) -> None:
        self.next_fetch_offset = 0
        self._records = self._read(records)

    def __iter__(self) -> Iterator[Any]:
        return self._records

    def _read(self, records: tuple[Any, ...]) -> Iterator[Any]:
        for record in records:
            if isinstance(record, Exception):
                raise record
            self.next_fetch_offset += 1
            yield record


class Fetching(Fetcher):  # type: ignore[misc] # aiokafka has no types
    """aiokafka's own, without a broker: what it would fetch is given to it."""

    def __init__(self) -> None:
        self._fetch_min_bytes, self._fetch_max_wait_ms = AT_ONCE
        self._records, self._fetch_waiters, self._wait_consume_future = {}, set(), None
        self._loop = asyncio.get_running_loop()
        self._subscriptions = SimpleNamespace(reassignment_in_progress=False, is_assigned=lambda _: True)
        self._states = {each: SimpleNamespace(paused=False, position=0, consumed_to=None) for each in (ONE, TWO, FULL)}
        for state in self._states.values():
            state.consumed_to = lambda position, state=state: setattr(state, "position", position)

    async def _proc_fetch_request(self, *fetched: tuple[TopicPartition, Any]) -> bool:
        for partition, brought in fetched:
            self._states[partition].position = 0
            self._records[partition] = brought if isinstance(brought, FetchError) else self._result(partition, brought)
        return bool(fetched)

    def _result(self, partition: TopicPartition, brought: Brought) -> FetchResult:
        assignment = SimpleNamespace(active=True, state_value=self._states.get)
        return FetchResult(partition, assignment=assignment, partition_records=brought, backoff=0)

    @property
    def next(self) -> tuple[int, int]:
        """How the next fetch will be made."""
        return self._fetch_min_bytes, self._fetch_max_wait_ms


class Scene:
    """A poller on a clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fetching: type[Fetching] = Fetching) -> None:
        self.fetcher, self.now, self.taken = fetching(), 100.0, list[Any]()
        kafka: Any = SimpleNamespace(
            _closed=False,
            _coordinator=SimpleNamespace(check_errors=lambda: None),
            _subscription=SimpleNamespace(fetch_context=nullcontext, reassignment_in_progress=False),
            _fetcher=self.fetcher,
        )
        self.poller = Poller(kafka, lambda partition: partition != FULL, self.taken.extend, 500)
        monkeypatch.setattr(polling, "monotonic", lambda: self.now)

    async def hears(self, records: int, after: float) -> tuple[int, int]:
        """How the fetch is made that follows one which brings so many."""
        self.now += after
        await self.fetches((ONE, Brought(*range(records))))
        return self.fetcher.next

    async def fetches(self, *fetched: Any) -> bool:
        """Whether a fetch that brings this leaves something to be polled for."""
        return bool(await self.fetcher._proc_fetch_request(*fetched))

    async def polls(self) -> Any:
        """What a poll brings."""
        return await self.poller.poll(timeout_ms=0, max_records=500)


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


async def test_whoever_hears_little_is_answered_at_once(scene: Scene) -> None:
    assert [await scene.hears(1, after=GATHER_SECONDS * 2) for _ in range(5)] == [AT_ONCE] * 5


async def test_what_comes_thick_is_gathered_and_the_fetch_after_one_in_vain_is_not(scene: Scene) -> None:
    assert await scene.hears(1, after=1) == AT_ONCE
    assert await scene.hears(1, after=GATHER_SECONDS / 2) == GATHERING
    assert await scene.hears(2, after=GATHER_SECONDS) == GATHERING
    await eventually_async(lambda: _is(scene.fetcher.next == AT_ONCE))


async def test_gathering_ends_where_it_brings_one_record(scene: Scene) -> None:
    await scene.hears(1, after=1)
    assert await scene.hears(1, after=0) == GATHERING
    await eventually_async(lambda: _is(scene.fetcher.next == AT_ONCE))
    assert await scene.hears(1, after=GATHER_SECONDS) == AT_ONCE


@pytest.mark.parametrize(("partition", "is_left"), [(TWO, False), (FULL, True)])
async def test_what_a_fetch_brings_is_handed_over_before_it_ends(scene: Scene, partition: TopicPartition, is_left: bool) -> None:
    assert await scene.fetches((ONE, Brought("a")), (partition, Brought("b"))) is is_left, "a poll is woken where something is left"
    assert scene.taken == (["a"] if is_left else ["a", "b"])


@pytest.mark.parametrize("others", [(ONE, TWO), (TWO, ONE)])
async def test_what_cannot_be_read_is_told_by_the_next_poll_and_costs_nobody_else_a_record(
    scene: Scene, others: tuple[TopicPartition, TopicPartition]
) -> None:
    broken, well = others
    assert await scene.fetches((broken, Brought("lost", CorruptRecordException())), (well, Brought("a", "b")))
    assert scene.taken == ["a", "b"]
    with pytest.raises(CorruptRecordException):
        await scene.polls()
    assert not scene.fetcher._records, "it is fetched again, as it was not passed"


async def test_an_error_that_a_fetch_brings_is_left_for_the_poll_to_tell(scene: Scene) -> None:
    denied = FetchError(error=TopicAuthorizationFailedError(), backoff=0)
    assert await scene.fetches((ONE, denied), (TWO, Brought("a")))
    assert scene.taken == ["a"]
    with pytest.raises(TopicAuthorizationFailedError):
        await scene.polls()


async def test_a_fetch_does_not_end_by_what_becomes_of_its_records(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene.poller, "_take", None)
    assert not await scene.fetches((ONE, Brought("a")))
    monkeypatch.undo()
    await scene.fetches((ONE, Brought("b")))
    assert scene.taken == ["b"]


async def test_a_fetch_that_brings_nothing_hands_nothing_over(scene: Scene) -> None:
    assert not await scene.fetches()
    assert not scene.taken


class Looping(Fetching):
    """The same with aiokafka's own loop around it: each fetch is noted, and ends when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self._in_flight, self._pending_tasks, self._preferred_read_replica = set(), set(), {}
        self._fetcher_timeout, self._fetch_max_bytes, self._max_partition_fetch_bytes = 3600.0, 1, 1
        self._isolation_level, self._client_rack, self.asked, self.ends = 0, None, asyncio.Queue[object](), asyncio.Event()
        self._client = SimpleNamespace(cluster=SimpleNamespace(leader_for_partition=lambda _: 1))
        for state in self._states.values():
            state.has_valid_position = True
        self._subscriptions.subscription = SimpleNamespace(assignment=self._assignment())

    def _assignment(self) -> SimpleNamespace:
        never = asyncio.get_running_loop().create_future()
        return SimpleNamespace(active=True, tps=[ONE, FULL], state_value=self._states.get, unassign_future=never)

    async def _proc_fetch_request(self, *_request: Any) -> bool:
        await self.asked.put(None)
        await self.ends.wait()
        self.ends.clear()
        return False


async def test_a_fetch_that_ends_while_records_are_taken_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, Looping)
    fetcher = scene.fetcher
    assert isinstance(fetcher, Looping)
    fetching = asyncio.create_task(fetcher._fetch_requests_routine())
    try:
        await fetcher.asked.get()
        await Fetching._proc_fetch_request(fetcher, (FULL, Brought("kept")))
        assert await fetcher.fetched_records([FULL])
        fetcher.ends.set()  # the fetch is over in the very step in which aiokafka's loop hears that there is room again
        async with asyncio.timeout(10):
            await fetcher.asked.get()
    finally:
        fetching.cancel()


async def _is(what: bool) -> bool:
    return what
