"""Drive a hub of several instances with a seeded world, put a fault upon it, let it calm down, and check everything.

The seed is `HUB_SEED`, else drawn anew for the whole run; either way a run begins by printing it, and the same one says the same
records in the same order.
"""

import os
import secrets
import time
from collections.abc import Sequence
from typing import Any, Self

import asyncpg

from hub.world.compare import compare
from hub.world.faults import Faults
from hub.world.speech import STORES, Utterance
from hub.world.world import World
from tests.support import watching
from tests.support.checker import Violation
from tests.support.database import Database
from tests.support.dealing import Record
from tests.support.eventually import eventually
from tests.support.processes import HubProcess
from tests.support.scene import CALM_SECONDS, Scene
from tests.support.watching import Sample, Watch

SEED = int(os.environ.setdefault("HUB_SEED", str(secrets.randbelow(100_000))))
"""The workers of a test run inherit it from the process that started them."""

CREW = ("crm-sync", "crm-sync", "base-data", "base-data", "relay", "relay", "clock", "clock")
"""Two of each: one works, or both do, and either may come to harm."""

LIVELY = Faults(late=0.1, repeated=0.1, corrected=0.08, opened_late=0.06, bad=0.02, holding=0.01, structured=0.3, historical=0.05)
_PART = 100
_FOLDED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE consumer = 'crm-sync' AND topic = ANY($1)"


class Driver:
    """A world of some dealers that speaks to a scene's hub; leaving the block, all must be as it must be."""

    def __init__(self, scene: Scene, *, dealers: int = 4, faults: Faults = LIVELY, crew: Sequence[str] = CREW, **settings: Any) -> None:
        self.scene, self.seed = scene, SEED
        self.world = World(dealers, seed=self.seed, faults=faults)
        self.hub: list[HubProcess] = []
        self.calm_seconds = CALM_SECONDS
        self._crew, self._settings = crew, settings
        self._said = 0
        self._watcher = Database(scene.database.url)
        self._watch = Watch(self.hub, "crm-sync", lambda: self._said, lambda: self._ask(self._watcher))

    def __enter__(self) -> Self:
        """Everybody at work, base data folded."""
        for dealer in self.world.dealer_ids:
            self.scene.add_dealer(dealer)
        self.hub += [self.scene.start(name, **self._settings) for name in self._crew]
        self._send(self.world.base_data())
        for process in self.hub:
            process.until_ready()
        self.scene.until_folded("oem.base", "base-data")
        self._watch.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.calm_down(self.calm_seconds)
        finally:
            self._watch.__exit__()
            self._watcher.__exit__()
        if kind is None:
            self.assert_true()
            found = self.violations()
            assert found == []

    def of(self, name: str) -> list[HubProcess]:
        """The instances of one process."""
        return [process for process in self.hub if process.name == name]

    def replace(self, process: HubProcess, **settings: Any) -> HubProcess:
        """What an orchestrator does about a process that ended: start another like it."""
        self.hub.remove(process)
        self.hub.append(self.scene.start(process.name, **self._settings | settings))
        return self.hub[-1]

    def speak(self, count: int) -> None:
        """Let the world say so many records, and wait until the broker has them."""
        for start in range(0, count, _PART):
            self._send([self.world.say() for _ in range(min(_PART, count - start))])

    def speak_at(self, rate: float, seconds: float) -> int:
        """Let the world say so many records a second for so long, or as many as the broker takes; returns how many it were."""
        began, said = time.monotonic(), 0
        while (elapsed := time.monotonic() - began) < seconds:
            due = max(1, min(int(elapsed * rate) - said, _PART))
            self.speak(due)
            said += due
        return said

    def until_folded(self, seconds: float = CALM_SECONDS) -> None:
        """Wait until all that was said is folded."""
        eventually(lambda: (self.folded() or 0) >= self._said, seconds)

    def sustainable(self, count: int = 1_000) -> float:
        """How many records a second the hub folds when there are enough."""
        self.until_folded(self.calm_seconds)
        began = time.monotonic()
        self.speak(count)
        self.until_folded(self.calm_seconds)
        return count / (time.monotonic() - began)

    def calm_down(self, seconds: float = CALM_SECONDS) -> None:
        """Say what is missing, then wait until nothing is left to do and everybody is well."""
        self._send(self.world.ending())
        for topic in self.world.topics[1:]:
            self.scene.until_folded(topic, seconds=seconds)
        for _ in range(2):  # what was folded may be answered by timers, what is relayed may be a timer
            self.scene.until_relayed(seconds)
            for consumer in ("crm-sync", "base-data"):
                self.scene.until_folded("hub.timers", consumer, seconds)
        for process in self.hub:
            process.until_ready()

    def assert_true(self) -> None:
        """What the hub keeps is what the world knows."""
        rows = {store: self.scene.database.rows(f"SELECT * FROM {store}") for store in STORES}  # noqa: S608 - names of our own
        dead = [row for row in self.scene.dead() if row["state"] == "open"]
        comparison = compare(self.world.truth(), rows, dead=dead, waiting=self.scene.waiting())
        assert comparison.is_equal, (f"HUB_SEED={self.seed}", comparison.verdict, comparison.shown)

    def violations(self) -> list[Violation]:
        """I9 and I10; the rest is checked after every scene."""
        samples = self._watch.samples
        seconds = samples[-1].at - samples[0].at
        told = {process.label: len(process.log_text()) for process in self.scene.crew.processes}
        return [*watching.memory(samples), *watching.health(samples), *watching.logs(told, seconds)]

    def _send(self, said: Sequence[Utterance]) -> None:
        self.scene.send([Record(one.topic, one.key, one.value, tuple(one.headers)) for one in said])
        self._said += sum(one.topic != "oem.base" for one in said)

    def folded(self) -> int | None:
        """How many of the dealers' records are folded; None while the database does not answer."""
        return self._ask(self.scene.database)

    def samples(self) -> list[Sample]:
        """What was seen so far."""
        return self._watch.samples

    def _ask(self, database: Database) -> int | None:
        try:
            return int(database.value(_FOLDED, self.world.topics[1:]))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None
