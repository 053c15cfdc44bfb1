"""The tutorial's handler as a contender: so slow that it gets fewer events, and a topic of its own."""

from dataclasses import replace
from itertools import count

from bench.house import House
from bench.load import Load
from bench.log import SMALL_TOPIC, Log
from bench.processes import running
from bench.tutorial import GROUP
from bench.verify import verify_rows
from bench.window import Figures, Marks, measure
from hub.state.connect import connect

_RUNS = count(1)


class Tutorial:
    """FastStream and SQLAlchemy as their documentation joins them; it too is spared dedup, history and telling."""

    name = "tutorial"
    words = "FastStream, ORM session per message"

    def __init__(self, house: House, log: Log, events: int) -> None:
        self._house, self._log, self._events = house, log, events
        self._published: Load | None = None

    async def run(self, load: Load, rows: int) -> Figures:
        """The first of the load's events, into a table of so many rows."""
        few = replace(load, events=self._events)
        if self._published != few:
            self._log.fresh({SMALL_TOPIC: few.dealers})
            self._log.publish_flat(few, SMALL_TOPIC)
            self._published = few
        url = await self._house.database(few, rows)
        watcher = await connect(url, name="bench")
        try:
            environment = self._house.environment(url) | {GROUP: f"tutorial-{next(_RUNS)}"}
            async with running([("bench.tutorial",)], environment) as processes:
                figures = await measure(self._house, processes.pids, few.events, Marks(watcher, few), processes.check)
            await verify_rows(watcher, few, rows)
            return figures
        finally:
            await watcher.close()
            await self._house.forget(url)
