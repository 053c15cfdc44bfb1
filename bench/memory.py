"""Whether a process grows with what it has seen: its memory over millions of events."""

import asyncio
import random
import statistics
from dataclasses import replace
from itertools import pairwise

from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load
from bench.log import Log
from bench.processes import running
from bench.say import say
from bench.sheet import Sheet
from bench.usage import held_megabytes, peak_megabytes
from bench.verify import verify_journal
from hub.state.connect import connect

_SAMPLES = 50
_SETTLING = 10


class Memory:
    """The full path; the slope is taken without the first fifth, while caches fill."""

    name = "memory"

    def __init__(self, house: House, log: Log, events: int, rows: int) -> None:
        self._house, self._log, self._events, self._rows = house, log, events, rows

    async def round(self, number: int, _chance: random.Random, sheet: Sheet) -> None:
        """All of it, in fifty parts: after each, what the processes hold."""
        path, share = HubPath(self._house, self._log), max(1_000, self._events // _SAMPLES)
        load = Load(share, self._rows, name="many-events")
        self._log.empty(load)
        url = await self._house.database(load, self._rows)
        watcher = await connect(url, name="bench")
        held: dict[str, list[float]] = {"crm-sync": [], "relay": []}
        try:
            async with running([path.listener, *path.others], self._house.environment(url)) as processes:
                for part in range(_SAMPLES):
                    self._log.publish(replace(load, after=part * share))
                    while await path.folded(watcher, load) < (part + 1) * share or await path.has_left(watcher):
                        processes.check()
                        await asyncio.sleep(0.1)
                    for name, pid in zip(held, processes.pids, strict=True):
                        held[name].append(held_megabytes(pid))
                    say(f"memory, {(part + 1) * share:,} events: " + ", ".join(f"{name} {mb[-1]:.0f} MB" for name, mb in held.items()))
                for name, pid in zip(held, processes.pids, strict=True):
                    sheet.numbers[f"memory/{name}/peak_mb"][number] = peak_megabytes(pid)
            await verify_journal(watcher, replace(load, events=_SAMPLES * share), self._rows)
        finally:
            await watcher.close()
            await self._house.forget(url)
        for name, samples in held.items():
            settled = samples[_SETTLING:]
            slope, _ = statistics.linear_regression([part * share / 1_000_000 for part in range(len(settled))], settled)
            sheet.numbers[f"memory/{name}/mb_per_million_events"][number] = slope
            sheet.numbers[f"memory/{name}/largest_step_mb"][number] = max(later - sooner for sooner, later in pairwise(settled))
