"""Whoever hears much in a short time lets the broker gather; whoever hears little hears it at once."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from hub.stream import polling
from hub.stream.polling import FETCH_WAIT_MS, GATHER_SECONDS, Poller
from tests.support.eventually import eventually_async

AT_ONCE, GATHERING = (1, FETCH_WAIT_MS), (64 << 10, 5)


class Fetcher:
    """What a poller sees of aiokafka's: as many records as asked for, and how the next fetch will be made."""

    def __init__(self) -> None:
        self._fetch_min_bytes, self._fetch_max_wait_ms = AT_ONCE
        self.brings = 1

    async def fetched_records(self, *_: object, **__: object) -> dict[str, list[object]]:
        return {"partition": [object()] * self.brings}

    @property
    def next(self) -> tuple[int, int]:
        return self._fetch_min_bytes, self._fetch_max_wait_ms


class Scene:
    """A poller on a clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fetcher, self.now = Fetcher(), 100.0
        kafka: Any = SimpleNamespace(
            _closed=False,
            _coordinator=SimpleNamespace(check_errors=lambda: None),
            _subscription=SimpleNamespace(fetch_context=nullcontext),
            _fetcher=self.fetcher,
        )
        self._poller = Poller(kafka, lambda _: True)
        monkeypatch.setattr(polling, "monotonic", lambda: self.now)

    async def hears(self, records: int, after: float) -> tuple[int, int]:
        """How the fetch is made that follows a poll which brings so many."""
        self.now, self.fetcher.brings = self.now + after, records
        await self._poller.poll(timeout_ms=0, max_records=500)
        return self.fetcher.next


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


async def _is(what: bool) -> bool:
    return what
