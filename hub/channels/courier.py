"""Tell people what the ledger says is due: the courier, one lane for each way out."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from hub.channels.claim import Desk
from hub.channels.keeping import Keeper
from hub.channels.lane import Lane, WayOut, Write
from hub.patience import heed, pause
from hub.rules.bounce_wave import Brake
from hub.rules.limits import Limits
from hub.state import consents, deliveries, outcomes, rows
from hub.state.connect import AWAY
from hub.state.store import Connection
from hub.telemetry import Metrics, log

ROWS = (consents.ROWS, outcomes.ROWS)
"""A courier's sessions need these made first (`rows.make`)."""

_LOOK_AGAIN = 1.0


class Courier:
    """Several may run beside each other: they share the ledger and its limits, and nothing else.

    Cancelled at the end, it claims nothing more, and records what is under way. `progressed_at` and `failing_since` say how it fares.
    """

    name = "courier"

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        ways: Sequence[WayOut],
        desk: Desk,
        write: Write,
        limits: Limits,
        brake: Brake,
        metrics: Metrics,
    ) -> None:
        self._connect, self._ways, self._keeper = connect, ways, Keeper(desk, brake)
        self._lanes = []
        for way in ways:
            is_limited = limits.is_kept(way.provider)  # then each starts at its moment, and waits nowhere afterwards
            free = asyncio.Semaphore(way.out.at_once + (0 if is_limited else way.out.spare))
            hands = 1 if is_limited else way.hands
            self._lanes += [Lane(way, desk, write, limits, brake, metrics, self.progress, free) for _ in range(hands)]
        self._wakes = [asyncio.Event() for _ in self._lanes]
        self._stopping = asyncio.Event()
        self.progressed_at = monotonic()
        self.failing_since: float | None = None

    def progress(self) -> None:
        """Something went well."""
        self.progressed_at, self.failing_since = monotonic(), None

    async def run(self) -> None:
        """All lanes for ever; cancelled at the end, it lets what is under way come to its end."""
        lanes = [self._lane(lane, wake) for lane, wake in zip(self._lanes, self._wakes, strict=True)]
        work = asyncio.gather(*(asyncio.create_task(self._sessions(session)) for session in (*lanes, self._keep)))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stopping.set()
            for lane, wake in zip(self._lanes, self._wakes, strict=True):
                lane.is_stopping = True
                wake.set()
            await asyncio.wait([work], timeout=max((way.out.longest for way in self._ways), default=0) + _LOOK_AGAIN)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            raise
        finally:
            for way in self._ways:
                await way.out.close()

    async def _sessions(self, session: Callable[[Connection], Awaitable[None]]) -> None:
        """One connection after another, until told to stop."""
        attempt = 0
        while not self._stopping.is_set():
            try:
                connection = await self._connect()
                try:
                    await rows.make(connection, ROWS)
                    await session(connection)
                finally:
                    with contextlib.suppress(*AWAY):
                        await connection.close(timeout=2)
            except AWAY as error:
                attempt = attempt + 1 if self.failing_since else 1
                self.failing_since = self.failing_since or monotonic()
                log.warning("courier.away", error=type(error).__name__, attempt=attempt)
                await heed(self._stopping, pause(attempt))

    def _lane(self, lane: Lane, wake: asyncio.Event) -> Callable[[Connection], Awaitable[None]]:
        async def work(connection: Connection) -> None:
            await connection.add_listener(deliveries.CHANNEL, lambda *_: wake.set())
            while not self._stopping.is_set():
                wake.clear()
                is_more = await lane.turn(connection)
                self.progress()
                if lane.pause:
                    await heed(self._stopping, lane.pause)
                elif not is_more:
                    await heed(wake, _LOOK_AGAIN)

        return work

    async def _keep(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            is_more = await self._keeper.round(connection)
            self.progress()
            if not is_more:
                await heed(self._stopping, _LOOK_AGAIN)
