"""Parcels under way over one channel: each starts while its moment and its lease last, and lands with its receipt."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from hub.channels.beginning import Started
from hub.channels.parcel import Parcel, ParcelChannel, Receipt, Unsure
from hub.telemetry import log, origin


class Landed(NamedTuple):
    """What came of one; no receipt: it was too late to start, and is still in hand."""

    start: Started
    receipt: Receipt | None


class Flight:
    """At most as many at once as the channel bears; `free` counts them, for several flights together. What waits has not started."""

    def __init__(self, out: ParcelChannel, free: asyncio.Semaphore | None = None) -> None:
        self._out = out
        self._free = free or asyncio.Semaphore(out.at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._landed: list[Landed] = []
        self._has_landed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._tasks) + len(self._landed)  # what has landed is in the air until somebody has looked: it may have to begin again

    def start(self, parcels: Sequence[tuple[Started, Parcel]]) -> None:
        """Send these, each within its time; what could not start by then does not start any more."""
        for start, parcel in parcels:
            task = asyncio.create_task(self._send(start, parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def landed(self, seconds: float, gather: float) -> list[Landed]:
        """What has landed, waiting so long for the first, and a moment for those beside it; empty where nothing has."""
        try:
            async with asyncio.timeout(seconds):
                await self._has_landed.wait()
        except TimeoutError:
            return []
        if self._tasks:
            await asyncio.sleep(gather)
        self._has_landed.clear()
        found, self._landed = self._landed, []
        return found

    async def all_landed(self) -> list[Landed]:
        """Wait for every parcel that is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._has_landed.clear()
        found, self._landed = self._landed, []
        return found

    async def _send(self, start: Started, parcel: Parcel) -> None:
        latest = start.latest
        while (wait := start.earliest - monotonic()) > 0:  # noqa: ASYNC110 - a moment is no event; loops wake up a little early
            await asyncio.sleep(wait)
        async with self._free:
            # nothing is awaited between this look and the channel: a process that was frozen wakes up here, or in the channel's own hands
            receipt = await self._handed_over(parcel) if monotonic() <= latest else None
        self._landed.append(Landed(start, receipt))
        self._has_landed.set()

    async def _handed_over(self, parcel: Parcel) -> Receipt:
        """The channel's receipt; of one that throws, against its promise, nobody knows what it did before."""
        try:
            return await self._out.send(parcel)
        except Exception as error:  # noqa: BLE001 - whatever it is, the ledger must hear of it
            log.error("courier.channel_threw", channel=parcel.content.channel, error=origin(error))
            return Unsure(type(error).__name__)
