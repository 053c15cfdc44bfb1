"""A relay ends when it is told to, also in the moment in which there is something to send."""

import asyncio

import pytest

from hub.producers.relay import Done, Relay
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
