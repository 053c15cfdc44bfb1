"""A state is swapped while its consumer works: nothing is lost meanwhile, and a swap that is killed leaves one state whole."""

import asyncio
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from threading import Event, Lock
from typing import Any

import pytest
from pydantic import SecretStr

from hub.local.kafka import Kafka
from hub.operations.replay import Replayed, replay
from hub.operations.replay_swap import Swapped, swap, swap_back
from hub.settings import Settings
from hub.wiring import kafka_options
from hub.world.world import World
from tests.support import tree
from tests.support.checker import check
from tests.support.crm import Words
from tests.support.dealing import Record
from tests.support.engine import Log
from tests.support.kafka_clients import settings_of
from tests.support.log_reader import read_log
from tests.support.replaying import HARSH, a_stage, until_calm
from tests.support.scene import Scene


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        yield stage


class Busy:
    """A hub of real processes whose dealers go on speaking."""

    def __init__(self, scene: Scene, settings: Settings) -> None:
        self.scene, self.settings = scene, settings
        self.world, self._turn = World(4, seed=11, faults=HARSH), Lock()
        for dealer in self.world.dealer_ids:
            scene.add_dealer(dealer)
        self.crew = [scene.start(name, batch_records=50) for name in ("base-data", "crm-sync", "relay", "clock")]
        for process in self.crew:
            process.until_ready()
        words = Words(Log(), self.world.dealer_ids[0])
        own = [words.recorded("C-edited", "Ada"), words.recorded("C-lost", "Bo")]
        scene.send([Record(one.topic, one.key, one.value, tuple(one.headers)) for one in own])

    def speak(self, count: int) -> None:
        with self._turn:
            self.scene.send([Record(one.topic, one.key, one.value, tuple(one.headers)) for one in self.world.utterances(count)])

    @contextmanager
    def speaking(self) -> Iterator[None]:
        enough = Event()

        def speak_on() -> None:
            while not enough.wait(0.05):
                self.speak(10)

        with ThreadPoolExecutor(1) as pool:
            going = pool.submit(speak_on)
            try:
                yield
            finally:
                enough.set()
            going.result()

    def calm(self) -> None:
        until_calm(self.settings)

    def replayed(self) -> Replayed:
        return asyncio.run(replay(self.settings, "crm-sync", kafka_options(self.settings)))

    def swapped(self) -> Swapped:
        return asyncio.run(swap(self.settings, "crm-sync", kafka_options(self.settings), why="planted", tells=True))

    def swapped_back(self) -> Swapped:
        return asyncio.run(swap_back(self.settings, "crm-sync", kafka_options(self.settings), why="to see it"))

    def plant(self) -> None:
        """Edit one customer, and lose another, as a hand might; nobody else speaks of them."""
        self.scene.database.rows("UPDATE customers SET note = 'planted' WHERE ref = 'C-edited' RETURNING 1")
        self.scene.database.rows("DELETE FROM customers WHERE ref = 'C-lost' RETURNING 1")
        assert self.planted() == 1

    def planted(self) -> int:
        return int(self.scene.database.value("SELECT count(*) FROM customers WHERE note = 'planted'"))

    def broken(self) -> list[Any]:
        """What the checker finds."""
        log = self.scene.database.run(read_log(self.scene.reader_options(), self.scene.topics()))
        return list(self.scene.database.run(check(self.scene.database.url, log)))

    def revisions(self) -> dict[tuple[str, str], list[int]]:
        """What others heard of each subject, in order."""
        heard: dict[tuple[str, str], list[int]] = {}
        for message in self.scene.read("hub.crm"):
            body = json.loads(message.value() or b"")
            kind = next(value.decode() for name, value in message.headers() or () if name == "ce_type")
            heard.setdefault((kind, body["subject"]), []).append(body["revision"])
        return heard


def killed(busy: Busy, words: str, point: str) -> int:
    """Type a word that kills itself at a point; what it ended with."""
    environment = Scene.environment(busy.scene.kafka, busy.scene.database.url) | {"PYTHONPATH": str(tree.ROOT), "PATH": "/usr/bin:/bin"}
    typed = [sys.executable, "-m", "tests.support.crashing", words, point]
    return subprocess.run(typed, env=environment, cwd=tree.ROOT, check=False, capture_output=True).returncode


@pytest.mark.thorough
def test_a_busy_consumer_is_swapped_and_swapped_back(scene: Scene, kafka: Kafka, database: str) -> None:
    busy = Busy(scene, settings_of(kafka).model_copy(update={"database_url": SecretStr(database)}))
    busy.speak(400)
    busy.calm()
    busy.plant()
    assert busy.broken(), "the checker sees what was planted"
    with busy.speaking():
        for point in ("killed-in-the-exchange@1", "killed-in-the-exchange@6"):
            assert killed(busy, shlex.join(["replay", "crm-sync", "--swap", "--why", "planted"]), point) == -SIGKILL
            assert busy.planted() == 1, "the live state is whole"
        assert not busy.replayed().is_equal
        done = busy.swapped()
        assert {each.table for each in done.tables if each.rows} >= {"customers"}
        assert done.told >= 1
    busy.calm()
    assert busy.planted() == 0
    assert busy.broken() == []
    with busy.speaking():
        assert busy.swapped_back().rows
        assert killed(busy, shlex.join(["replay", "crm-sync", "--swap-back", "--why", "no"]), "killed-in-the-exchange@3") == -SIGKILL
    busy.calm()
    assert busy.planted() == 1, "the state that was saved is live again, and whole"
    with busy.speaking():
        assert busy.swapped_back().rows
    busy.calm()
    found = busy.replayed()
    assert found.is_equal, (found.verdict, found.shown)
    assert busy.broken() == []
    assert {subject: heard for subject, heard in busy.revisions().items() if heard != sorted(heard)} == {}, "a revision went back"
    assert all(process.is_ready() for process in busy.crew)
    assert sum(process.metric("hub_partitions_halted") for process in busy.crew) == 0
