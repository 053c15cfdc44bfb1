"""Workloads of repetition: a fifth of all records once more on the way, and everything once more afterwards."""

import random
from dataclasses import replace

from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load
from bench.log import Log, told_topic
from bench.say import say
from bench.sheet import Sheet
from hub.state.connect import connect

FIFTH = 0.2


class Again:
    """The full path only: a sink without dedup writes a repetition like anything else."""

    name = "again"

    def __init__(self, house: House, log: Log, load: Load, rows: int) -> None:
        self._house, self._log, self._rows = house, log, rows
        self._path = HubPath(house, log)
        self._load = replace(load, name="again")

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Fresh and all of it again on one database; then the load that repeats a fifth on its way."""
        for part in chance.sample((self._all, self._fifth), 2):
            await part(number, sheet)

    async def _all(self, number: int, sheet: Sheet) -> None:
        load, path = self._load, self._path
        self._log.empty(load)
        url = await self._house.database(load, self._rows)
        watcher = await connect(url, name="bench")
        try:
            told = self._log.count(told_topic())
            for name in ("fresh", "full"):
                self._log.publish(load)
                already = await path.folded(watcher, load)
                async with path.sharing(load, url) as processes:
                    figures = await path.drain(watcher, processes, load, load.records)
                await path.verify(watcher, load, self._rows, told)
                what = "all of it again" if already else "fresh"
                say(f"round {number}, again, {what}: {figures.rate:,.0f} events/s")
                sheet.note(number, f"again-all/{name}", figures)
        finally:
            await watcher.close()
            await self._house.forget(url)

    async def _fifth(self, number: int, sheet: Sheet) -> None:
        load = replace(self._load, again=FIFTH)
        self._log.hold(load)
        figures = await self._path.run(load, self._rows)
        say(f"round {number}, again, a fifth on the way: {figures.rate:,.0f} records/s")
        sheet.note(number, "again-fifth/full", figures)
