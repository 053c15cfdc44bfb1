"""The hub itself: processes as they run in production, from Kafka to committed state to Kafka."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.house import House
from bench.load import Load
from bench.log import Log, dealers_topics, told_topic
from bench.processes import Processes
from bench.sharing import sharing
from bench.verify import verify_inbox, verify_journal, verify_rows, verify_told
from bench.window import Figures, measure
from hub.state.connect import connect
from hub.state.store import Connection

_FOLDED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE topic = ANY($1::text[]) AND next_offset > 0"
_LEFT = "SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM outbox_apart)"


class HubPath:
    """`crm-sync` in full: journal, states, outbox and relay, until nothing is left to fold and nothing to send.

    As deployed, two processes share the partitions; the relay is one.
    """

    name = "full"
    words = "crm-sync, in full"
    consumer = "crm-sync"
    members = 2
    listener: Sequence[str] = ("hub", "run", "crm-sync")
    others: Sequence[Sequence[str]] = (("hub", "run", "relay"),)

    def __init__(self, house: House, log: Log) -> None:
        self.house, self.log = house, log

    async def run(self, load: Load, rows: int) -> Figures:
        """A backlog of the whole load, into a table of so many rows."""
        url = await self.house.database(load, rows)
        watcher = await connect(url, name="bench")
        try:
            told = self.log.count(told_topic())
            async with self.sharing(load, url) as processes:
                figures = await self.drain(watcher, processes, load, load.records)
            await self.verify(watcher, load, rows, told)
            return figures
        finally:
            await watcher.close()
            await self.house.forget(url)

    @property
    def commands(self) -> list[Sequence[str]]:
        """What runs."""
        return [self.listener] * self.members + list(self.others)

    @asynccontextmanager
    async def sharing(self, load: Load, url: str) -> AsyncIterator[Processes]:
        """All processes, from the moment at which each has its share of the load's partitions."""
        async with sharing(url, self.consumer, load.places, self.members, self.commands, self.house.environment(url)) as processes:
            yield processes

    async def folded(self, watcher: Connection, load: Load) -> int:
        """How many records of the load's topics are folded."""
        return int(await watcher.fetchval(_FOLDED, dealers_topics(load)))

    async def has_left(self, watcher: Connection) -> bool:
        """Whether something waits to be told."""
        return bool(await watcher.fetchval(_LEFT))

    async def drain(self, watcher: Connection, processes: Processes, load: Load, records: int) -> Figures:
        """Measure until that many more records of the load's topics are folded, and all is told."""
        before, topics = await self.folded(watcher, load), dealers_topics(load)

        async def progress() -> int:
            folded = await watcher.fetchval(_FOLDED, topics) - before
            if folded >= records and await self.has_left(watcher):
                return records - 1
            return int(folded)

        return await measure(self.house, processes.pids, records, progress, processes.check)

    async def verify(self, watcher: Connection, load: Load, rows: int, told_before: int) -> None:
        """Rows, journal, outbox and log."""
        await verify_rows(watcher, load, rows)
        await verify_journal(watcher, load, rows)
        await verify_told(watcher, self.log.count(told_topic()) - told_before)


class WithoutHistory(HubPath):
    """The same engine and the same table, declared without history: each event once and never backwards, nothing more."""

    name = "nohistory"
    words = "a store without history"
    consumer = "readings"
    listener = ("bench.without_history",)
    others = ()

    async def verify(self, watcher: Connection, load: Load, rows: int, told_before: int) -> None:
        """Rows and inbox; nothing was told."""
        del told_before
        await verify_rows(watcher, load, rows)
        await verify_inbox(watcher, load, rows)
