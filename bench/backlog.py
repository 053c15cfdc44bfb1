"""Workloads that work off a backlog: the plain one, a large table, and many dealers."""

import random
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bench.debezium import Debezium
from bench.load import Load
from bench.log import Log
from bench.say import say
from bench.sheet import Sheet
from bench.window import Figures

BESIDE = "beside"


class Contender(Protocol):
    """Whoever can take a load's events into a table of so many rows."""

    name: str
    words: str

    async def run(self, load: Load, rows: int) -> Figures:
        """The whole load, verified; the topics are filled already."""
        ...


class Run(NamedTuple):
    """Somebody with a load of so many events, into a table of so many rows; noted under a name."""

    name: str
    contender: Contender
    load: Load
    rows: int


class Backlog:
    """Runs in a random order each round."""

    def __init__(self, name: str, log: Log, runs: Sequence[Run]) -> None:
        self.name, self._log, self._runs = name, log, runs

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Fill the topics, and let everybody have them."""
        for run in chance.sample(self._runs, len(self._runs)):
            if isinstance(run.contender, Debezium):
                self._log.hold_flat(run.load)
            else:
                self._log.hold(run.load)
            figures = await run.contender.run(run.load, run.rows)
            beside = ", the plain backlog beside it" if run.name == BESIDE else ""
            say(f"round {number}, {self.name}, {run.contender.words}{beside}: {figures.rate:,.0f} events/s")
            sheet.note(number, f"{self.name}/{run.name}", figures)
