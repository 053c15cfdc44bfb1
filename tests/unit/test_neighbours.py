"""What a slow or talkative topic costs the others, in lanes whose clock moves only where everybody waits: no second of it is real."""

import asyncio
import random
import selectors
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from statistics import quantiles
from types import SimpleNamespace
from typing import Any

import pytest

from hub.stream.brake import Brake
from hub.stream.lane import Lane
from hub.stream.outcome import Applied
from hub.stream.recognising import Recogniser
from hub.stream.slips import Stored
from hub.stream.turns import Turns
from hub.telemetry import Metrics

Where = tuple[str, int]
SECONDS, POLL_SECONDS, MOST = 6, 0.003, 1.2
BESIDES, EACH = 0.004, 0.00012
"""What a transaction takes, and each record in it."""


class Still(selectors.SelectSelector):
    """Nobody waits: the clock is put forward instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class Beside:
    """Dealers that say so much a second each, how long the database takes for each record of theirs, and how long each waited."""

    def __init__(self, rates: Mapping[str, float], slow: Mapping[str, float], lanes: int) -> None:
        self.consumer, self.is_wary, self.waits = "a", False, dict[str, list[float]]()
        self._rates, self._slow, self._chance = rates, slow, random.Random(1)
        self._selector = Still()
        self._turns = Turns(lanes, 500, lambda: self._selector.now)
        self._lanes = [self._lane(number) for number in range(lanes)]

    def p99(self, dealers: Sequence[str]) -> float:
        """The delay of these that one in a hundred exceeds, the first second left out, in which a neighbour makes itself known."""
        with asyncio.Runner(loop_factory=self._loop) as runner:
            runner.run(self._speak(dealers))
        return quantiles([wait for dealer in dealers for wait in self.waits[dealer][int(self._rates[dealer]) :]], n=100)[98]

    def _loop(self) -> asyncio.AbstractEventLoop:
        loop: Any = asyncio.SelectorEventLoop(self._selector)
        loop.time = lambda: self._selector.now
        return loop

    def _lane(self, number: int) -> Lane:
        nothing: Callable[..., Any] = lambda *_: None  # noqa: E731 - that is all there is to it
        return Lane(
            number,
            turns=self._turns,
            batch=self,  # type: ignore[arg-type] # what a lane asks of it
            recogniser=Recogniser(SimpleNamespace(judge=lambda raw: raw, glance=None)),  # type: ignore[arg-type]
            brake=Brake(500),
            metrics=Metrics(),
            connect=self._connect,  # type: ignore[arg-type]
            epochs=dict.fromkeys(((dealer, 0) for dealer in self._rates), 1),
            on_applied=nothing,
            on_fenced=nothing,
            on_gap=nothing,
            on_halt=nothing,
            on_done=nothing,
        )

    async def _connect(self) -> SimpleNamespace:
        return SimpleNamespace(is_closed=lambda: False, close=lambda **_: asyncio.sleep(0))

    async def prepare(self, _: object) -> None:
        """There is no session."""

    async def apply(self, _: object, batches: Mapping[Where, Sequence[Stored]], *__: object) -> Applied:
        """A transaction."""
        seconds = BESIDES * self._chance.uniform(0.7, 1.5)
        seconds += sum(len(records) * (EACH + self._slow.get(dealer, 0.0)) for (dealer, _), records in batches.items())
        await asyncio.sleep(seconds)
        for (dealer, _), records in batches.items():
            self.waits.setdefault(dealer, []).extend(self._selector.now - record.timestamp for record in records)
        return Applied(seconds={"work": seconds})

    async def _speak(self, dealers: Sequence[str]) -> None:
        """Everybody speaks; it ends when all that these dealers said is folded."""
        tasks = [asyncio.ensure_future(lane.run()) for lane in self._lanes]
        said, held = dict.fromkeys(self._rates, 0), {dealer: list[Stored]() for dealer in self._rates}
        lags = {dealer: self._chance.random() for dealer in self._rates}
        while any(len(self.waits.get(dealer, ())) < SECONDS * self._rates[dealer] for dealer in dealers):
            await asyncio.sleep(POLL_SECONDS)
            for dealer, rate in self._rates.items():
                while said[dealer] < SECONDS * rate and (at := (said[dealer] + lags[dealer]) / rate) <= self._selector.now:
                    held[dealer].append(Stored(dealer, 0, said[dealer], at, b"", b"", ()))  # type: ignore[arg-type] # in seconds
                    said[dealer] += 1
                if held[dealer] and not self._turns.has_enough((dealer, 0)):
                    self._turns.put((dealer, 0), held[dealer])
                    held[dealer] = []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


OTHERS = [f"well-{number}" for number in range(4)]
ALL_WELL = dict.fromkeys((*OTHERS, "ill"), 200.0)


@cache
def healthy() -> float:
    """What the others' p99 is where all are well."""
    return Beside(ALL_WELL, {}, 3).p99(OTHERS)


@pytest.mark.parametrize(
    ("rates", "slow"),
    [
        ({}, {"ill": 0.01}),  # twice as slow as what comes: it falls behind further and further
        ({}, {"ill": 0.004}),  # it just keeps up
        ({"ill": 5000}, {}),
    ],
    ids=["overloaded", "slow", "flood"],
)
def test_the_others_p99_rises_by_a_fifth_at_most(rates: Mapping[str, float], slow: Mapping[str, float]) -> None:
    assert Beside({**ALL_WELL, **rates}, slow, 3).p99(OTHERS) <= MOST * healthy()
