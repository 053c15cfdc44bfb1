"""The hub itself: processes as they run in production, from Kafka to committed state to Kafka."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.house import House
from bench.load import Load
from bench.log import Log, dealers_topics, told_topic
from bench.verify import verify_journal, verify_rows, verify_told
from bench.window import Figures, measure
from hub.errors import HubError
from hub.state.connect import connect
from hub.state.store import Connection

_FOLDED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE topic = ANY($1::text[]) AND next_offset > 0"
_LEFT = "SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM outbox_apart)"


class HubPath:
    """`crm-sync` in full: journal, states, outbox and relay, until nothing is left to fold and nothing to send."""

    name = "full"
    words = "crm-sync, in full"
    processes: Sequence[str] = ("relay", "crm-sync")

    def __init__(self, house: House, log: Log) -> None:
        self.house, self.log = house, log

    async def run(self, load: Load, rows: int) -> Figures:
        """A backlog of the whole load, into a table of so many rows."""
        url = await self.house.database(load, rows)
        watcher = await connect(url, name="bench")
        try:
            told = self.log.count(told_topic())
            async with self.running(url) as processes:
                figures = await self.drain(watcher, processes, load, load.records)
            await self.verify(watcher, load, rows, told)
            return figures
        finally:
            await watcher.close()
            await self.house.forget(url)

    async def drain(self, watcher: Connection, processes: "Sequence[asyncio.subprocess.Process]", load: Load, records: int) -> Figures:
        """Measure until that many records of the load's topics are folded, and all is told."""
        topics = dealers_topics(load)
        before = await watcher.fetchval(_FOLDED, topics)

        async def progress() -> int:
            folded = await watcher.fetchval(_FOLDED, topics) - before
            if folded >= records and await watcher.fetchval(_LEFT):
                return records - 1
            return int(folded)

        return await measure(self.house, [p.pid for p in processes], records, progress, lambda: _all_alive(processes))

    async def verify(self, watcher: Connection, load: Load, rows: int, told_before: int) -> None:
        """Rows, journal, outbox and log."""
        await verify_rows(watcher, load, rows)
        await verify_journal(watcher, load, rows)
        await verify_told(watcher, self.log.count(told_topic()) - told_before)

    @asynccontextmanager
    async def running(self, url: str) -> "AsyncIterator[Sequence[asyncio.subprocess.Process]]":
        """The processes, from start to a stop that lets them finish."""
        environment = dict(os.environ) | self.house.environment(url)
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", "run", name, env=environment) for name in self.processes
        ]
        try:
            yield processes
        finally:
            for process in processes:
                if process.returncode is None:
                    process.terminate()
            for process in processes:
                await process.wait()


def _all_alive(processes: "Sequence[asyncio.subprocess.Process]") -> None:
    for process in processes:
        if process.returncode is not None:
            raise HubError(f"bench: a process of the hub ended with code {process.returncode}")
