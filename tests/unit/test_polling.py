"""Whoever hears much in a short time lets the broker gather; whoever hears little hears it at once, and from the fetch itself."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import FetchError, FetchResult
from aiokafka.errors import CorruptRecordException

from hub.stream import polling
from hub.stream.polling import FETCH_WAIT_MS, GATHER_SECONDS, Poller
from tests.support.eventually import eventually_async

FULL, BROKEN = "no room", FetchResult(None, assignment=None, partition_records=None, backoff=0)
AT_ONCE, GATHERING = (1, FETCH_WAIT_MS), (64 << 10, 5)


class Fetcher:
    """What a poller sees of aiokafka's: as many records as asked for, and how the next fetch will be made."""

    def __init__(self) -> None:
        self._fetch_min_bytes, self._fetch_max_wait_ms = AT_ONCE
        self.brings, self._records = 1, dict[str, object]()

    async def _proc_fetch_request(self, *brought: Any) -> bool:
        self._records = dict(brought)
        return bool(brought)

    async def fetched_records(self, *_: object, **__: object) -> dict[str, list[object]]:
        if BROKEN in self._records.values():
            raise CorruptRecordException
        taken = [self._records.pop(partition) for partition in list(self._records) if partition != FULL]
        return {"partition": taken or [object()] * self.brings}

    @property
    def next(self) -> tuple[int, int]:
        return self._fetch_min_bytes, self._fetch_max_wait_ms


class Scene:
    """A poller on a clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fetcher, self.now, self.taken = Fetcher(), 100.0, list[Any]()
        kafka: Any = SimpleNamespace(
            _closed=False,
            _coordinator=SimpleNamespace(check_errors=lambda: None),
            _subscription=SimpleNamespace(fetch_context=nullcontext, reassignment_in_progress=False),
            _fetcher=self.fetcher,
        )
        self._poller = Poller(kafka, lambda _: True, self.taken.extend, 500)
        monkeypatch.setattr(polling, "monotonic", lambda: self.now)

    async def hears(self, records: int, after: float) -> tuple[int, int]:
        """How the fetch is made that follows a poll which brings so many."""
        self.now, self.fetcher.brings = self.now + after, records
        await self._poller.poll(timeout_ms=0, max_records=500)
        return self.fetcher.next

    async def fetches(self, *brought: Any) -> bool:
        """Whether a fetch that brings this leaves something to be polled for."""
        return bool(await self.fetcher._proc_fetch_request(*brought))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
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


@pytest.mark.parametrize(("partition", "is_left"), [("room", False), (FULL, True)])
async def test_what_a_fetch_brings_is_handed_over_before_it_ends(scene: Scene, partition: str, is_left: bool) -> None:
    one, two = (FetchResult(None, assignment=None, partition_records=None, backoff=0) for _ in range(2))
    assert await scene.fetches(("other", one), (partition, two)) is is_left, "a poll is woken where something is left"
    assert scene.taken == ([one] if is_left else [one, two])


@pytest.mark.parametrize("trouble", [BROKEN, FetchError(error=CorruptRecordException(), backoff=0)])
async def test_what_went_wrong_is_left_for_the_poll_to_tell(scene: Scene, trouble: Any) -> None:
    assert await scene.fetches(("room", trouble))
    assert not scene.taken
    assert scene.fetcher._records == {"room": trouble}


async def test_a_fetch_that_brings_nothing_hands_nothing_over(scene: Scene) -> None:
    assert not await scene.fetches()
    assert not scene.taken


async def _is(what: bool) -> bool:
    return what
