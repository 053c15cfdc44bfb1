"""Debezium's JDBC sink on Kafka Connect: bare upserts of flat rows, tuned and warm.

It is spared much: no dedup, no guard against late events, no history, nothing told, and rows that need no rule.
"""

from itertools import count

from bench.connect import Connect
from bench.house import House
from bench.load import Load
from bench.log import FLAT_TOPIC, Log
from bench.say import say
from bench.verify import verify_rows
from bench.window import Figures, Marks, measure
from hub.state.connect import connect

CHOICES = tuple((tasks, batch) for tasks in (2, 4) for batch in (1_000, 2_000))
_RUNS = count(1)


class Debezium:
    """One worker for the whole benchmark; its best setting is found while it gets warm."""

    name = "debezium"
    words = "Debezium JDBC sink"

    def __init__(self, house: House, log: Log, connect_worker: Connect) -> None:
        self._house, self._log, self.worker = house, log, connect_worker
        self.tasks, self.batch = CHOICES[0]

    async def warm_up(self, load: Load, rows: int, passes: int) -> None:
        """So many passes over the load, the settings in turn; the fastest of their last turn stays."""
        self._log.hold_flat(load)
        rates: dict[tuple[int, int], float] = {}
        for number in range(passes):
            choice = self.tasks, self.batch = CHOICES[number % len(CHOICES)]
            rates[choice] = (await self.run(load, rows)).rate
            say(f"warm-up {number + 1} of {passes}: Debezium, {choice[0]} tasks, batches of {choice[1]:,}: {rates[choice]:,.0f} events/s")
        if rates:
            self.tasks, self.batch = max(rates, key=lambda choice: rates[choice])

    @property
    def setting(self) -> str:
        """The setting that won, for the reader."""
        return f"{self.tasks} tasks, batches of {self.batch:,}, the best of {len(CHOICES)} settings"

    async def run(self, load: Load, rows: int) -> Figures:
        """The flat topic from its start, into a table of so many rows."""
        url = await self._house.database(load, rows)
        watcher, name = await connect(url, name="bench"), f"run-{next(_RUNS)}"
        try:
            marks = Marks(watcher, load)
            self.worker.put(name, FLAT_TOPIC, url, tasks=self.tasks, batch=self.batch)
            figures = await measure(self._house, [self.worker.pid], load.events, marks, lambda: self.worker.check(name))
            await verify_rows(watcher, load, rows)
            return figures
        finally:
            self.worker.remove(name)
            await watcher.close()
            await self._house.forget(url)
