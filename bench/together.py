"""All consumers side by side on the cores that `crm-sync` has for itself otherwise."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from bench.house import House
from bench.load import Load
from bench.log import Log
from bench.mixed import ARRIVAL, CONSUMERS, Mixed
from bench.processes import Processes, running
from bench.say import say
from bench.sheet import Sheet
from bench.verify import expect, verify_rows, verify_told
from bench.window import Figures, measure
from contracts import topics
from hub.consumers import CONSUMERS as KNOWN
from hub.errors import HubError
from hub.state.connect import connect
from hub.state.store import Connection

_WAITING = """
SELECT count(DISTINCT a.application_name) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND l.relation = 'journal'::regclass AND a.datname = current_database()
"""
_FOLDED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE consumer = ANY($1::text[]) AND topic = ANY($2::text[])"
_LEFT = "SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM outbox_apart)"
_JOURNAL = "SELECT consumer, count(*) FROM journal WHERE part = 0 GROUP BY consumer"
_TROUBLE = "SELECT (SELECT count(*) FROM dead_letters), (SELECT count(*) FROM waiting)"
_SHOWN = """
SELECT (SELECT count(*) FROM orders WHERE ref = number AND answer = 'accepted'),
       (SELECT count(*) FROM shipments WHERE estimated_arrival = $1::text::timestamptz),
       (SELECT count(*) FROM freight_charges WHERE (quote ->> 'minor')::bigint = substr(ref, 3)::bigint),
       (SELECT count(*) FROM vehicles WHERE (readings -> 0 ->> 1)::bigint = substr(ref, 10)::bigint),
       (SELECT count(*) FROM odometer_readings WHERE km = substr(vin, 10)::bigint),
       (SELECT count(*) FROM consents WHERE status = 'given')
"""
_TOLD = (topics.CRM, topics.ORDERS, topics.SHIPMENTS, topics.FREIGHT)
_PATIENCE_SECONDS = 600.0


class Together:
    """The same number of events in all: a sixth for each of six consumers, or customers' snapshots for one."""

    name = "together"

    def __init__(self, house: House, log: Log, events: int, rows: int) -> None:
        self._house, self._log, self._rows = house, log, rows
        self._mixed = Mixed(events // len(CONSUMERS), rows)
        self._plain = Load(self._mixed.events, rows)

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Once alone, once together, in a random order."""
        for name, consumers, load in chance.sample((("alone", CONSUMERS[:1], self._plain), ("full", CONSUMERS, self._mixed)), 2):
            figures = await self._run(consumers, load)
            say(f"round {number}, {self.name}, {', '.join(consumers)}: {figures.rate:,.0f} events/s")
            sheet.note(number, f"{self.name}/{name}", figures)

    async def _run(self, consumers: Sequence[str], load: Load | Mixed) -> Figures:
        """Each consumer a process, and one relay; all of them begin at once."""
        told = {**dict.fromkeys((topic.name for topic in _TOLD), 4), **dict.fromkeys(self._mixed.feeds, 1)}
        self._log.hold(load)
        self._log.fresh({**told, topics.TIMERS.name: 4})  # timers of another workload are nothing that is said here
        url = await self._house.database(self._plain, self._rows)
        watcher = await connect(url, name="bench", command_timeout=600)
        try:
            await self._mixed.lay_down(watcher)
            commands = [("hub", "run", name) for name in (*consumers, "relay")]
            async with running(commands, self._house.environment(url)) as processes:
                async with _starting_line(url):
                    await _until_all_wait(watcher, len(consumers), processes)
                figures = await self._drain(watcher, processes, consumers, load)
            await self._verify(watcher, consumers, load)
            await verify_told(watcher, sum(self._log.count(name) for name in told))
            return figures
        finally:
            await watcher.close()
            await self._house.forget(url)

    async def _drain(self, watcher: Connection, processes: Processes, consumers: Sequence[str], load: Load | Mixed) -> Figures:
        """Until each consumer has passed all of its topics, and all is told."""
        places = list(load.places)
        records = self._log.count_all(places)
        reads = sum(records[topic] for name in consumers for topic in places if topics.find(topic) in KNOWN[name].topics)

        async def progress() -> int:
            passed = int(await watcher.fetchval(_FOLDED, list(consumers), places))
            if passed >= reads and await watcher.fetchval(_LEFT):
                return load.events - 1
            return passed * load.events // reads

        return await measure(self._house, processes.pids, load.events, progress, processes.check)

    async def _verify(self, watcher: Connection, consumers: Sequence[str], load: Load | Mixed) -> None:
        customers, others = (load, 0) if isinstance(load, Load) else (load.customers, load.share)
        await verify_rows(watcher, customers, self._rows)
        journal = {row[0]: row[1] for row in await watcher.fetch(_JOURNAL)}
        expect("events in the journals", dict.fromkeys(consumers, others) | {"crm-sync": customers.events + self._rows}, journal)
        expect("dead letters, waiting records", (0, 0), tuple(await watcher.fetchrow(_TROUBLE) or ()))
        expect("rows that show what was said of them", (others,) * 6, tuple(await watcher.fetchrow(_SHOWN, ARRIVAL) or ()))


@asynccontextmanager
async def _starting_line(url: str) -> AsyncIterator[None]:
    """Nobody can write to the journal within it."""
    holder = await connect(url, name="starting line", idle_in_transaction_ms=0)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE journal IN EXCLUSIVE MODE")
            yield
    finally:
        await holder.close()


async def _until_all_wait(watcher: Connection, count: int, processes: Processes) -> None:
    """Until so many processes want to write to the journal; asked outside of a transaction, which would be told the same each time."""
    deadline = monotonic() + _PATIENCE_SECONDS
    while await watcher.fetchval(_WAITING) < count:
        processes.check()
        if monotonic() > deadline:
            raise HubError(f"bench: not all of {count} consumers came to the starting line within {_PATIENCE_SECONDS:.0f} s")
        await asyncio.sleep(0.1)
