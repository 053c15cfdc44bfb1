"""The measured part of a run: from the first commit that can be seen to the last, and what it cost meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from bench.house import House
from bench.load import Event, Load
from bench.usage import cpu_seconds, peak_megabytes
from hub.errors import HubError
from hub.state.store import Connection

LONGEST_SECONDS = 900.0
_FIRST_SECONDS = 600.0
_LOOK_SECONDS = 0.03

_MARKS = """
SELECT count(*) FROM unnest($1::text[], $2::text[], $3::bigint[]) AS m (principal, ref, revision)
JOIN customers c ON c.principal = m.principal AND c.ref = m.ref AND c.revision >= m.revision
"""

Progress = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Events per second, CPU seconds per 1,000 events, and the most memory that one process of the client held, in MB."""

    rate: float
    client_cpu: float
    database_cpu: float
    broker_cpu: float
    peak_mb: float


async def measure(house: House, clients: Sequence[int], total: int, progress: Progress, check: Callable[[], None]) -> Figures:
    """Watch from outside until `total` events are done; `check` raises when they never will be.

    What was done when the first commit was seen does not count, and its time and CPU do not either.
    """
    deadline = perf_counter() + _FIRST_SECONDS
    while not (first := await progress()):
        await _pause(deadline, check)
    deadline = perf_counter() + LONGEST_SECONDS
    began, spent = perf_counter(), _spent(house, clients)
    while await progress() < total:
        await _pause(deadline, check)
    seconds, events = perf_counter() - began, total - first
    if events <= 0:
        raise HubError("bench: everything was done before it could be seen; take more events")
    client, database, broker = ((now - before) / events * 1000 for now, before in zip(_spent(house, clients), spent, strict=True))
    return Figures(events / seconds, client, database, broker, max(peak_megabytes(pid) for pid in clients))


def _spent(house: House, clients: Sequence[int]) -> tuple[float, float, float]:
    return sum(cpu_seconds(pid) for pid in clients), house.database_cpu(), house.broker_cpu()


async def _pause(deadline: float, check: Callable[[], None]) -> None:
    check()
    if perf_counter() > deadline:
        raise HubError("bench: a contender is not done in time; is its topic filled, and are there enough cores?")
    await asyncio.sleep(_LOOK_SECONDS)


class Marks:
    """How far a contender is that keeps no offsets in the database, told by rows that show the events of a hundred marks."""

    def __init__(self, watcher: Connection, load: Load) -> None:
        self._watcher, self._total = watcher, load.events
        spoken: dict[int, list[Event]] = {}
        for event in load:
            spoken.setdefault(event.dealer, []).append(event)
        self._marks = [events[len(events) * n // 100 - 1] for events in spoken.values() for n in range(1, 101) if len(events) * n >= 100]
        ends = [events[-1] for events in spoken.values()]
        self._columns, self._ends = self._as_columns(load, self._marks), self._as_columns(load, ends)
        self._has_begun = False

    async def __call__(self) -> int:
        """Events done, to a hundredth; the whole number only when the last event of every partition is there."""
        if not self._has_begun:
            done = await self._watcher.fetchval(_MARKS, *self._columns)
            self._has_begun = done > 0
            return int(done) * self._total // len(self._marks)
        ends = await self._watcher.fetchval(_MARKS, *self._ends)
        return self._total if ends == len(self._ends[0]) else 1

    @staticmethod
    def _as_columns(load: Load, events: Sequence[Event]) -> tuple[list[str], list[str], list[int]]:
        return [load.principal(e.dealer) for e in events], [e.ref for e in events], [e.number for e in events]
