"""Workloads that work off a backlog: the plain one, a large table, and many dealers."""

import random
from collections.abc import Sequence
from typing import Protocol

from bench.debezium import Debezium
from bench.load import Load
from bench.log import Log
from bench.say import say
from bench.sheet import Sheet
from bench.window import Figures


class Contender(Protocol):
    """Whoever can take a load's events into a table of so many rows."""

    name: str
    words: str

    async def run(self, load: Load, rows: int) -> Figures:
        """The whole load, verified; the topics are filled already."""
        ...


class Backlog:
    """One load, worked off by each contender in a random order each round."""

    def __init__(self, name: str, log: Log, contenders: Sequence[Contender], load: Load, rows: int) -> None:
        self.name, self.contenders = name, contenders
        self._log, self._load, self._rows = log, load, rows

    async def round(self, number: int, chance: random.Random, sheet: Sheet) -> None:
        """Fill the topics, and let everybody have them."""
        self._log.hold(self._load, is_flat_too=any(isinstance(c, Debezium) for c in self.contenders))
        for contender in chance.sample(self.contenders, len(self.contenders)):
            figures = await contender.run(self._load, self._rows)
            say(f"round {number}, {self.name}, {contender.words}: {figures.rate:,.0f} events/s")
            if number:
                sheet.note(number, f"{self.name}/{contender.name}", figures)
