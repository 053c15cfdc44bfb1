"""Who runs what: the contenders by name, and the workloads that they go through."""

import random
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from bench.again import Again
from bench.backlog import Backlog, Contender
from bench.connect import Connect
from bench.debezium import Debezium
from bench.handler import Tutorial
from bench.house import House
from bench.hub_path import HubPath, WithoutHistory
from bench.latency import DebeziumListens, HubListens, Latency
from bench.limit import Limit
from bench.load import Load
from bench.log import Log
from bench.memory import Memory
from bench.outage import Outage
from bench.plan import Plan
from bench.reminding import HubReminds, Reminders, SchedulerReminds
from bench.sheet import Sheet
from bench.verify import verify_inbox, verify_journal
from bench.without_history import readings
from hub.consumers import CONSUMERS

CONTENDERS = ("full", "nohistory", "debezium", "tutorial", "limit", "nohistory-limit", "apscheduler")
WORKLOADS = ("100k", "1m", "again", "dealers", "latency", "outage", "memory", "reminders")
LARGE = {"full", "nohistory", "debezium"}
"""Who meets the large table."""


class Workload(Protocol):
    """One kind of work; round 0 is the warm-up, and its figures do not count."""

    name: str

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Every contender once."""
        ...


class Course:
    """Everything that was asked for, on servers of its own, in rounds."""

    def __init__(self, folder: Path, plan: Plan, only: set[str], names: set[str]) -> None:
        self._folder, self._plan, self._only, self._names = folder, plan, only, names
        self.setting = ""

    async def run(self, sheet: Sheet) -> None:
        """Start the servers, warm up, measure, stop."""
        chance = random.Random(self._plan.seed)
        with ExitStack() as stack:
            house = stack.enter_context(House(self._folder))
            log = Log(house)
            debezium = None
            if "debezium" in self._only:
                debezium = Debezium(house, log, stack.enter_context(Connect(self._folder / "connect", house.kafka)))
                await debezium.warm_up(Load(self._plan.warm_events, self._plan.rows), self._plan.rows, self._plan.warm_passes)
                self.setting = debezium.setting
            workloads = [workload for workload in self._workloads(house, log, debezium) if workload.name in self._names]
            for number in range(0 if self._plan.has_warm_round else 1, self._plan.rounds + 1):
                for workload in workloads:
                    await workload.round(number, chance, sheet)

    def _workloads(self, house: House, log: Log, debezium: Debezium | None) -> list[Workload]:
        plan, rows = self._plan, self._plan.rows
        load, wide, many = Load(plan.events, rows), Load(plan.events, plan.many_rows), Load(plan.events, rows, plan.dealers, name="many")
        contenders = [contender for contender in self._contenders(house, log, debezium) if contender.name in self._only]
        full = [contender for contender in contenders if contender.name == HubPath.name]
        listeners = [HubListens(house, log)] if full else []
        found: list[Workload] = [
            Backlog("100k", log, contenders, load, rows),
            Backlog("1m", log, [contender for contender in contenders if contender.name in LARGE], wide, plan.many_rows),
            Backlog("dealers", log, full, many, rows),
            Latency(
                house, log, [*listeners, *([DebeziumListens(debezium, log)] if debezium else [])], plan.latency_rates, plan.latency_seconds
            ),
        ]
        if full:
            found += [
                Again(house, log, load, rows),
                Outage(house, log, load, rows, plan.outage_seconds),
                Memory(house, log, plan.memory_events, rows),
            ]
        due, scheduled = plan.reminders_due, plan.reminders_scheduled
        reminding = [one for one in (HubReminds(house, log, due), SchedulerReminds(house, scheduled)) if one.name in self._only]
        return [*found, Reminders(house, reminding, due, plan.reminders, scheduled)]

    def _contenders(self, house: House, log: Log, debezium: Debezium | None) -> list[Contender]:
        return [
            HubPath(house, log),
            WithoutHistory(house, log),
            *([debezium] if debezium else []),
            Tutorial(house, log, self._plan.tutorial_events),
            Limit(house, CONSUMERS["crm-sync"], verify_journal, name="limit", words="its SQL from memory"),
            Limit(house, readings, verify_inbox, name="nohistory-limit", words="the SQL without history from memory"),
        ]
