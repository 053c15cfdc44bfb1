"""The workload of reminders that are due at once: fired means that the timer is folded, delivery and outbox rows are committed."""

import random
from collections.abc import Sequence
from typing import Protocol

from bench.due import fill
from bench.house import House
from bench.log import Log
from bench.processes import running
from bench.say import say
from bench.sharing import sharing
from bench.sheet import Sheet
from bench.window import Figures, measure
from contracts import topics
from hub.errors import HubError
from hub.state.connect import connect
from hub.state.store import Connection

_FOLDED = """
SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE consumer = 'reminders' AND topic = $1 AND next_offset > 0
"""
_PLANNED = "SELECT count(*) FROM deliveries"
_DONE = """
SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM vehicles WHERE row_version = 2), (SELECT count(*) FROM dead_letters),
       (SELECT count(*) FROM timers WHERE due_at <= now())
"""
_LISTENERS = 2


class Reminder(Protocol):
    """Whoever can tell of all that is due."""

    name: str
    words: str
    due: int

    async def remind(self, watcher: Connection, url: str) -> Figures:
        """All that is due, from the first to the last."""
        ...


class HubReminds:
    """`hub run clock` and, as deployed, two of `hub run reminders`: a record for each timer, folded, and what follows committed with it."""

    name, words = "full", "clock and reminders"

    def __init__(self, house: House, log: Log, due: int) -> None:
        self._house, self._log, self.due = house, log, due

    async def remind(self, watcher: Connection, url: str) -> Figures:
        """An empty topic of timers, consumers that share it, and then the clock."""
        places = {topics.TIMERS.name: topics.TIMERS.partitions}
        self._log.fresh(places)
        environment = self._house.environment(url)

        async def progress() -> int:
            return int(await watcher.fetchval(_FOLDED, topics.TIMERS.name))

        commands = [("hub", "run", "reminders")] * _LISTENERS
        async with (
            sharing(url, "reminders", places, _LISTENERS, commands, environment) as listeners,
            running([("hub", "run", "clock")], environment) as clock,
        ):

            def check() -> None:
                listeners.check()
                clock.check()

            figures = await measure(self._house, [*listeners.pids, *clock.pids], self.due, progress, check)
        found = tuple(await watcher.fetchrow(_DONE) or ())
        if found != (self.due, self.due, 0, 0):
            raise HubError(f"bench: deliveries, cars told, dead letters, timers left: expected {self.due} twice, 0, 0; found {found}")
        return figures


class SchedulerReminds:
    """APScheduler: so slow that it gets fewer jobs; it is spared history, dedup, and telling anybody on Kafka."""

    name, words = "apscheduler", "APScheduler with its SQL job store"

    def __init__(self, house: House, due: int) -> None:
        self._house, self.due = house, due

    async def remind(self, watcher: Connection, url: str) -> Figures:
        """One process, until every delivery is there."""

        async def progress() -> int:
            return int(await watcher.fetchval(_PLANNED))

        async with running([("bench.scheduler",)], self._house.environment(url)) as processes:
            return await measure(self._house, processes.pids, self.due, progress, processes.check)


class Reminders:
    """Each contender in a random order each round, on a copy of the same database."""

    name = "reminders"

    def __init__(self, house: House, contenders: Sequence[Reminder], due: int, rows: int, scheduled: int) -> None:
        self._house, self._contenders = house, contenders
        self._due, self._rows, self._scheduled = due, rows, scheduled

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """All that is due, by each of them."""
        if not number:
            return  # processes start anew for each run: there is nothing to get warm
        for contender in chance.sample(self._contenders, len(self._contenders)):
            url = await self._house.copy(self.name, lambda url: fill(url, self._due, self._rows, self._scheduled))
            watcher = await connect(url, name="bench", command_timeout=600)
            try:
                figures = await contender.remind(watcher, url)
            finally:
                await watcher.close()
                await self._house.forget(url)
            say(f"round {number}, {self.name}, {contender.words}: {figures.rate:,.0f} reminders/s")
            sheet.note(number, f"{self.name}/{contender.name}", figures)
