"""The database is away for a while, events go on coming: how fast the backlog drains afterwards, with nobody's help."""

import asyncio
import random
from dataclasses import replace
from time import monotonic

from bench.backlog import BESIDE
from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load
from bench.log import Log, told_topic
from bench.processes import running
from bench.say import say
from bench.sheet import Sheet
from hub.state.connect import connect

_BEFORE = 1_000


class Outage:
    """The full path; its processes run all the time."""

    name = "outage"

    def __init__(self, house: House, log: Log, load: Load, rows: int, seconds: float) -> None:
        self._house, self._log, self._rows, self._seconds = house, log, rows, seconds
        self._path = HubPath(house, log)
        self._plain, self._load = load, replace(load, name="away", after=_BEFORE)

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Once with the database away, once the same backlog as it is."""
        for part in chance.sample((self._outage, self._backlog), 2):
            await part(number, sheet)

    async def _backlog(self, number: int, sheet: Sheet) -> None:
        self._log.hold(self._plain)
        figures = await self._path.run(self._plain, self._rows)
        say(f"round {number}, outage, the plain backlog beside it: {figures.rate:,.0f} events/s")
        sheet.note(number, f"outage/{BESIDE}", figures)

    async def _outage(self, number: int, sheet: Sheet) -> None:
        """A few events, the stop, the load, the start; the clock runs from the first commit afterwards.

        The few are told before the stop: what is on its way then may be told twice, and could not be counted.
        """
        load, path, house = self._load, self._path, self._house
        before = replace(load, events=_BEFORE, after=0)
        self._log.empty(load)
        url = await house.database(load, self._rows)
        try:
            told = self._log.count(told_topic())
            async with running(path.commands, house.environment(url)) as processes:
                watcher = await connect(url, name="bench")
                self._log.publish(before)
                while await path.folded(watcher, load) < _BEFORE or await path.has_left(watcher):
                    processes.check()
                    await asyncio.sleep(0.1)
                await watcher.close()
                await self._away(load)
                watcher, back = await connect(url, name="bench"), monotonic()
                while await path.folded(watcher, load) <= _BEFORE:
                    processes.check()
                    await asyncio.sleep(0.02)
                waited = monotonic() - back
                figures = await path.drain(watcher, processes, load, load.events + _BEFORE - await path.folded(watcher, load))
            await path.verify(watcher, replace(load, events=load.events + _BEFORE, after=0), self._rows, told)
            await watcher.close()
        finally:
            await house.forget(url)
        say(f"round {number}, outage: first commit {waited:.1f} s after the database was back, then {figures.rate:,.0f} events/s")
        sheet.note(number, "outage/full", figures)
        sheet.numbers["outage/full/seconds_to_first_commit"][number] = waited

    async def _away(self, load: Load) -> None:
        """Stop the database; publish meanwhile; start it when its time is over."""
        await asyncio.to_thread(self._house.postgres.stop)
        ends = monotonic() + self._seconds
        await asyncio.to_thread(self._log.publish, load)
        await asyncio.sleep(max(0.0, ends - monotonic()))
        await asyncio.to_thread(self._house.postgres.start)
