"""How long an event takes from its sender to the commit, at a steady rate that does not wait for answers (open loop)."""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import NamedTuple

from bench.debezium import Debezium
from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load, as_flat_record, as_hub_record
from bench.log import FLAT_TOPIC, Log, Record, send
from bench.processes import running
from bench.say import say
from bench.sheet import Sheet
from hub.errors import HubError
from hub.state.connect import connect
from hub.state.store import Connection

_COMMITS = "SELECT revision, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM customers WHERE revision > $1"
HALF = "half"
_WAKING = 100
_PATIENCE_SECONDS = 120.0
_RUNS = count(1)


class Delays(NamedTuple):
    """Milliseconds between the moment at which an event was due to be sent and its commit."""

    p50: float
    p99: float
    longest: float


class HubListens:
    """The full path."""

    name = HubPath.name

    def __init__(self, house: House, log: Log) -> None:
        self._house, self._log = house, log

    @asynccontextmanager
    async def listening(self, load: Load, url: str) -> AsyncIterator[None]:
        self._log.empty(load)
        async with running(HubPath.commands, self._house.environment(url)):
            yield

    def records(self, load: Load) -> list[Record]:
        taken = (as_hub_record(load, event) for event in load)
        return [(topic, 0, key, value, headers) for topic, key, value, headers in taken]


class DebeziumListens:
    """Debezium's sink in its best setting."""

    name = Debezium.name

    def __init__(self, debezium: Debezium, log: Log) -> None:
        self._debezium, self._log = debezium, log

    @asynccontextmanager
    async def listening(self, load: Load, url: str) -> AsyncIterator[None]:
        debezium, name = self._debezium, f"steady-{next(_RUNS)}"
        self._log.empty(load)
        self._log.fresh([FLAT_TOPIC], load.dealers)
        debezium.worker.put(name, FLAT_TOPIC, url, tasks=debezium.tasks, batch=debezium.batch)
        try:
            yield
        finally:
            debezium.worker.remove(name)

    def records(self, load: Load) -> list[Record]:
        return [(FLAT_TOPIC, event.dealer, event.ref.encode(), as_flat_record(load, event), []) for event in load]


class Latency:
    """Both at the same rates in the same round; each event makes a row of its own, whose commit the database dates."""

    name = "latency"

    def __init__(
        self, house: House, log: Log, listeners: "Sequence[HubListens | DebeziumListens]", rates: Sequence[str], seconds: float
    ) -> None:
        self._house, self._log, self._listeners = house, log, listeners
        self._rates, self._seconds = rates, seconds

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """100 and 1,000 events a second, and half of what the full path has reached so far."""
        if not number:
            return  # a first commit warms each run up; there is nothing else to get warm
        rates = {label: float(label) for label in self._rates if label != HALF}
        if HALF in self._rates and (reached := sheet.numbers.get("100k/full/rate")):
            rates[HALF] = statistics.median(reached.values()) / 2
        delays: dict[tuple[str, str], Delays] = {}
        for label, rate in rates.items():
            for listener in chance.sample(self._listeners, len(self._listeners)):
                found = delays[label, listener.name] = await self._measure(listener, rate)
                say(f"round {number}, latency at {rate:,.0f}/s, {listener.name}: p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms")
                for measure, value in found._asdict().items():
                    sheet.numbers[f"latency-{label}/{listener.name}/{measure}"][number] = value
        self._note_worse(number, delays, sheet)

    def _note_worse(self, number: int, delays: dict[tuple[str, str], Delays], sheet: Sheet) -> None:
        """Of the two small rates the one that is worse for the hub stands for both."""
        ours, theirs = HubListens.name, DebeziumListens.name
        if {("100", ours), ("100", theirs)} <= delays.keys():
            for measure in ("p50", "p99"):
                sides = [(getattr(delays[rate, ours], measure), getattr(delays[rate, theirs], measure)) for rate in ("100", "1000")]
                worse = max(sides, key=lambda side: side[0] / side[1])
                for name, value in zip((ours, theirs), worse, strict=True):
                    sheet.numbers[f"latency/{name}/{measure}"][number] = value

    async def _measure(self, listener: "HubListens | DebeziumListens", rate: float) -> Delays:
        load = Load(max(100, round(rate * self._seconds)), 0, name="steady", after=_WAKING, is_each_once=True)
        waking = Load(_WAKING, 0, name="steady", is_each_once=True)
        url = await self._house.database(load)
        watcher = await connect(url, name="bench")
        try:
            async with listener.listening(load, url):
                await asyncio.to_thread(self._send, listener.records(waking), 100.0)
                await _until(watcher, 0, _WAKING)
                began = await asyncio.to_thread(self._send, listener.records(load), rate)
                commits = await _until(watcher, _WAKING, load.events)
            waits = sorted((at - began - (number - _WAKING - 1) / rate) * 1000 for number, at in commits.items())
            return Delays(statistics.median(waits), waits[int(len(waits) * 0.99)], waits[-1])
        finally:
            await watcher.close()
            await self._house.forget(url)

    def _send(self, records: list[Record], rate: float) -> float:
        """Send each at its moment, late ones at once; the wall clock's time of the first."""
        producer = self._log.producer(**{"linger.ms": 0})
        producer.list_topics(timeout=10)
        began = time.time() + 0.05
        for number, record in enumerate(records):
            left = began + number / rate - time.time()
            if left > 0:
                time.sleep(left)
            send(producer, *record)
            producer.poll(0)
        producer.flush()
        return began


async def _until(watcher: Connection, after: int, events: int) -> dict[int, float]:
    """When each event was committed, once all of them are."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while await watcher.fetchval("SELECT count(*) FROM customers WHERE revision > $1", after) < events:
        if time.monotonic() > deadline:
            raise HubError("bench: events at a steady rate were not committed in time")
        await asyncio.sleep(0.2)
    return {row[0]: row[1] for row in await watcher.fetch(_COMMITS, after)}
