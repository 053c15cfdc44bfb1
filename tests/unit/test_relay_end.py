"""A relay ends when it is told to, also in the moment in which there is something to send; its producers may end far more often."""

import asyncio
import contextlib
from itertools import count

import pytest

from hub.producers import relay as relaying
from hub.producers.relay import Done, Relay, Spoilt
from hub.telemetry import Metrics


async def test_a_relay_that_is_woken_as_it_is_told_to_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()

    async def nothing_to_send(*_: object) -> Done:
        looked.set()
        return Done(0, is_more=False)

    relay = Relay(None, None, Metrics())  # type: ignore[arg-type] # it neither connects nor produces here
    monkeypatch.setattr(relay, "relay_once", nothing_to_send)
    task = asyncio.create_task(relay._relay(None, None))  # type: ignore[arg-type] # see above
    await looked.wait()
    for _ in range(10):  # until it waits for news
        await asyncio.sleep(0)
    relay._wake.set()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()


async def test_a_partition_that_spoils_one_producer_after_the_other_does_not_keep_the_relay_from_sweeping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, calls, swept = 0.0, count(1), list[float]()

    async def spoils_every_second_round(*_: object) -> Done:
        nonlocal now
        now += 25
        if next(calls) % 2 == 0:
            raise Spoilt
        return Done(0, is_more=True)

    async def sweep(*_: object) -> None:
        swept.append(now)

    async def probe(*_: object) -> None:
        pass

    monkeypatch.setattr(relaying, "monotonic", lambda: now)
    relay = Relay(None, None, Metrics())  # type: ignore[arg-type] # it neither connects nor produces here
    for name, stub in (("relay_once", spoils_every_second_round), ("sweep", sweep), ("probe", probe)):
        monkeypatch.setattr(relay, name, stub)
    for _ in range(4):
        with contextlib.suppress(Spoilt):
            await relay._relay(None, None)  # type: ignore[arg-type] # see above
    assert swept == [75.0, 175.0]
