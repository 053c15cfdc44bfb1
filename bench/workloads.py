"""Who runs what: the contenders by name, and the workloads that they go through."""

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from traceback import format_exc
from typing import Protocol

from bench.again import Again
from bench.backlog import BESIDE, Backlog, Contender, Run
from bench.connect import Connect
from bench.debezium import Debezium
from bench.handler import Tutorial
from bench.house import House
from bench.hub_path import HubPath, WithoutHistory
from bench.kept import note
from bench.latency import DebeziumListens, HubListens, Latency
from bench.limit import Limit
from bench.load import Load
from bench.log import Log
from bench.memory import Memory
from bench.neighbour import Neighbour
from bench.outage import Outage
from bench.pace import Pace
from bench.plan import Plan
from bench.reminding import HubReminds, Reminders, SchedulerReminds
from bench.say import say
from bench.sheet import Sheet
from bench.together import Together
from bench.verify import verify_inbox, verify_journal
from bench.without_history import readings
from hub.consumers import CONSUMERS
from hub.errors import HubError

CONTENDERS = ("full", "nohistory", "debezium", "tutorial", "limit", "nohistory-limit", "apscheduler")
LARGE = {"full", "nohistory", "debezium"}
"""Who meets the large table."""
BESIDE_DEBEZIUM = ("100k", "1m", "latency")
"""Where Debezium takes part: its worker is gone before the others are run."""
WARM = ("100k", "neighbour")
"""What has a round before the first that does not count: servers that are cold keep some waiting for long."""


class Workload(Protocol):
    """One kind of work."""

    name: str

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Every contender once."""
        ...


class Course:
    """Everything that was asked for, on servers of its own: one workload after the other, each in its rounds."""

    def __init__(self, folder: Path, plan: Plan, only: Sequence[str], names: Sequence[str], sheet: Sheet, save: Callable[[], None]) -> None:
        self._folder, self._plan, self._only, self._names = folder, plan, only, names
        self._sheet, self._save = sheet, save
        self._pace = Pace(plan.seconds, {name: plan.rounds[name] + self._warms(name) for name in names}, plan.start_seconds)
        self.failed: list[str] = []

    async def run(self) -> None:
        """Start the servers, warm up, measure, stop; after each round everything is saved."""
        say(f"{', '.join(self._names)}: about {self._pace.left} on two cores that are idle otherwise")
        with House(self._folder) as house:
            log = Log(house)
            with self._worker(house) as worker:
                debezium = None
                if worker:
                    debezium = Debezium(house, log, worker)
                    await debezium.warm_up(Load(self._plan.warm_events, self._plan.rows), self._plan.rows, self._plan.warm_passes)
                    self._sheet.setting = debezium.setting
                self._pace.began()
                await self._all(self._beside_debezium(house, log, debezium))
            await self._all(self._hub_alone(house, log))

    @contextmanager
    def _worker(self, house: House) -> Iterator[Connect | None]:
        if "debezium" in self._only and set(BESIDE_DEBEZIUM) & set(self._names):
            with Connect(self._folder / "connect", house.kafka) as worker:
                yield worker
        else:
            yield None

    async def _all(self, workloads: Sequence[Workload]) -> None:
        """One that fails is told, and the others are measured all the same."""
        for workload in workloads:
            if workload.name in self._names:
                try:
                    await self._rounds(workload)
                except Exception as error:  # noqa: BLE001 - what others took an hour to measure shall not go with it
                    say(str(error) if isinstance(error, HubError) else format_exc())
                    say(f"{workload.name}: given up")
                    self.failed.append(workload.name)
                    self._pace.gave_up(workload.name)

    async def _rounds(self, workload: Workload) -> None:
        name, said = workload.name, note(self._plan, workload.name)
        first = self._sheet.next_round(name, said)
        for number in range(first - self._warms(name), first + self._plan.rounds[name]):
            began, found = monotonic(), Sheet()
            await workload.round(number, random.Random(f"{self._plan.seed} {name} {number}"), found)
            self._pace.took(name, monotonic() - began)
            if number >= first:
                self._sheet.add(name, said, found)
                self._save()
            say(f"{name}: {'warm' if number < first else f'round {number}'}; about {self._pace.left} left")

    def _warms(self, name: str) -> bool:
        return name in WARM and self._plan.has_warm_round

    def _beside_debezium(self, house: House, log: Log, debezium: Debezium | None) -> list[Workload]:
        plan, rows = self._plan, self._plan.rows
        load, wide = Load(plan.events, rows), Load(plan.events, plan.many_rows)
        contenders = [contender for contender in self._contenders(house, log, debezium) if contender.name in self._only]
        large = [Run(one.name, one, wide, plan.many_rows) for one in contenders if one.name in LARGE]
        listeners = [HubListens(house, log)] if self._is_hub_in else []
        return [
            Backlog("100k", log, [Run(one.name, one, load, rows) for one in contenders]),
            Backlog("1m", log, [*large, *self._plain(house, log, load)]),
            Latency(
                house,
                log,
                [*listeners, *([DebeziumListens(debezium, log)] if debezium else [])],
                plan.latency_rates,
                plan.latency_seconds,
                self._reached,
            ),
        ]

    def _hub_alone(self, house: House, log: Log) -> list[Workload]:
        plan, rows = self._plan, self._plan.rows
        load, many = Load(plan.events, rows), Load(plan.events, rows, plan.dealers, name="many")
        due, scheduled = plan.reminders_due, plan.reminders_scheduled
        reminding = [one for one in (HubReminds(house, log, due), SchedulerReminds(house, scheduled)) if one.name in self._only]
        reminders = Reminders(house, reminding, due, plan.reminders, scheduled)
        if not self._is_hub_in:
            return [reminders]
        return [
            Again(house, log, load, rows),
            Backlog("dealers", log, [Run(HubPath.name, HubPath(house, log), many, rows), *self._plain(house, log, load)]),
            reminders,
            Together(house, log, plan.together_events, rows),
            Neighbour(house, log, plan.neighbour_rate, plan.neighbour_seconds),
            Outage(house, log, load, rows, plan.outage_seconds),
            Memory(house, log, plan.memory_events, rows),
        ]

    @property
    def _is_hub_in(self) -> bool:
        return HubPath.name in self._only

    def _plain(self, house: House, log: Log, load: Load) -> list[Run]:
        """What another size is compared with: the plain backlog, in the same round."""
        return [Run(BESIDE, HubPath(house, log), load, self._plan.rows)] if self._is_hub_in else []

    def _reached(self) -> float:
        """The rate of the plain backlog, as far as it is known; 0 where it is not."""
        return statistics.median(self._sheet.numbers.get("100k/full/rate", {0: 0.0}).values())

    def _contenders(self, house: House, log: Log, debezium: Debezium | None) -> list[Contender]:
        return [
            HubPath(house, log),
            WithoutHistory(house, log),
            *([debezium] if debezium else []),
            Tutorial(house, log, self._plan.tutorial_events),
            Limit(house, CONSUMERS["crm-sync"], verify_journal, name="limit", words="its SQL from memory"),
            Limit(house, readings, verify_inbox, name="nohistory-limit", words="the SQL without history from memory"),
        ]
