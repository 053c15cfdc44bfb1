"""How long an event takes from its sender to the commit, at steady rates, beside Debezium's sink."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

from bench.debezium import Debezium
from bench.house import House
from bench.hub_path import HubPath
from bench.load import Load, Record, as_flat_record
from bench.log import FLAT_TOPIC, Log
from bench.say import say
from bench.sheet import Sheet
from bench.steady import WAKING, Delays, committed, delays, send_steadily
from hub.state.connect import connect

HALF = "half"
_RUNS = count(1)


class HubListens:
    """The full path."""

    name = HubPath.name

    def __init__(self, house: House, log: Log) -> None:
        self._house, self._log = house, log

    @asynccontextmanager
    async def listening(self, load: Load, url: str) -> AsyncIterator[None]:
        self._log.empty(load)
        async with HubPath(self._house, self._log).sharing(load, url):
            yield

    def records(self, load: Load) -> list[Record]:
        return list(load.said())


class DebeziumListens:
    """Debezium's sink in its best setting."""

    name = Debezium.name

    def __init__(self, debezium: Debezium, log: Log) -> None:
        self._debezium, self._log = debezium, log

    @asynccontextmanager
    async def listening(self, load: Load, url: str) -> AsyncIterator[None]:
        debezium, name = self._debezium, f"steady-{next(_RUNS)}"
        self._log.empty(load)
        self._log.fresh({FLAT_TOPIC: load.dealers})
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
        self,
        house: House,
        log: Log,
        listeners: "Sequence[HubListens | DebeziumListens]",
        rates: Sequence[str],
        seconds: float,
        reached: Callable[[], float],
    ) -> None:
        self._house, self._log, self._listeners = house, log, listeners
        self._rates, self._seconds, self._reached = rates, seconds, reached

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """100 and 1,000 events a second, and half of what the full path has reached so far, if it has reached anything."""
        rates = {label: float(label) for label in self._rates if label != HALF}
        if HALF in self._rates and (reached := self._reached()):
            rates[HALF] = reached / 2
        found: dict[tuple[str, str], Delays] = {}
        for listener in chance.sample(self._listeners, len(self._listeners)):
            async for label, measured in self._measure(listener, rates):
                rate = f"{rates[label]:,.0f}"
                say(f"round {number}, latency at {rate}/s, {listener.name}: p50 {measured.p50:.1f} ms, p99 {measured.p99:.1f} ms")
                found[label, listener.name] = measured
                for measure, value in measured._asdict().items():
                    sheet.numbers[f"latency-{label}/{listener.name}/{measure}"][number] = value
        self._note_worse(number, found, sheet)

    def _note_worse(self, number: int, found: dict[tuple[str, str], Delays], sheet: Sheet) -> None:
        """Of the two small rates the one that is worse for the hub stands for both."""
        ours, theirs = HubListens.name, DebeziumListens.name
        if {("100", ours), ("100", theirs)} <= found.keys():
            for measure in ("p50", "p99"):
                sides = [(getattr(found[rate, ours], measure), getattr(found[rate, theirs], measure)) for rate in ("100", "1000")]
                worse = max(sides, key=lambda side: side[0] / side[1])
                for name, value in zip((ours, theirs), worse, strict=True):
                    sheet.numbers[f"latency/{name}/{measure}"][number] = value

    async def _measure(self, listener: "HubListens | DebeziumListens", rates: Mapping[str, float]) -> AsyncIterator[tuple[str, Delays]]:
        """The rates one after the other: who listens is started once, and awake."""
        waking = Load(WAKING, 0, name="steady", is_each_once=True)
        url = await self._house.database(waking)
        watcher = await connect(url, name="bench")
        try:
            async with listener.listening(waking, url):
                await asyncio.to_thread(send_steadily, self._log, listener.records(waking), 100.0)
                await committed(watcher, 0, WAKING)
                sent = WAKING
                for label, rate in rates.items():
                    load = replace(waking, events=max(100, round(rate * self._seconds)), after=sent)
                    began = await asyncio.to_thread(send_steadily, self._log, listener.records(load), rate)
                    yield label, delays(await committed(watcher, sent, load.events), began, rate, after=sent)
                    sent += load.events
        finally:
            await watcher.close()
            await self._house.forget(url)
