"""A live hub by hand, whose log a broker has too: what is said there can be folded again."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from contracts.complaints import COMPLAINT_RECEIVED
from hub.cli import mount
from hub.consumers import CONSUMERS
from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.operations.replay import Replayed, replay
from hub.operations.status import status
from hub.settings import Settings
from hub.stream.consumer import Consumer
from hub.stream.slips import Stored
from hub.wiring import cluster_id, kafka_options
from hub.world.faults import Faults
from hub.world.world import World
from tests.support import engine as engines
from tests.support.crm import Words
from tests.support.database import Database
from tests.support.dealing import Record
from tests.support.engine import Engine, Log
from tests.support.eventually import eventually
from tests.support.kafka_clients import environment_of, settings_of
from tests.support.processes import Crew
from tests.support.scene import HUB_TOPICS, Scene

APP = mount()
HARSH = Faults(late=0.2, repeated=0.15, corrected=0.12, opened_late=0.2, bad=0.03, holding=0.02, structured=0.3, historical=0.1)
TOPIC = "dealer.ber-001.events"


class Live:
    """A live hub by hand: what is said goes to the broker, and is folded by engines at the same offsets."""

    def __init__(self, scene: Scene, crm: Engine, settings: Settings) -> None:
        self.scene, self.crm, self.settings = scene, crm, settings
        self.log = Log()
        self.dealer = Words(self.log)
        self._sent: dict[tuple[str, int], int] = {}

    def publish(self) -> None:
        """Send what the log has and the broker has not."""
        for place, records in self.log.records.items():
            fresh = records[self._sent.get(place, 0) :]
            self.scene.send([Record(r.topic, r.key, r.value, tuple(r.headers)) for r in fresh], partition=0)
            self._sent[place] = len(records)

    async def lay(self, records: Iterable[Stored]) -> None:
        """Fold base data, as its own consumer does."""
        async with Engine(self.crm.url, base_consumer) as base:
            await base.apply(records)

    async def relay(self) -> list[Stored]:
        """Move the outbox into the log; returns what is for crm-sync."""
        return [record for record in await self.crm.relay(self.log) if record.topic == "hub.timers"]

    async def replay(self, consumer: str = "crm-sync", **how: Any) -> Replayed:
        self.publish()
        return await replay(self.settings, consumer, kafka_options(self.settings), **how)

    def typed(self, *words: str) -> Result:
        """The command line, which has an event loop of its own."""
        self.publish()
        environment = environment_of(self.settings) | {"HUB_DATABASE_URL": self.settings.database_url.get_secret_value()}
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(CliRunner(env=environment).invoke, APP, ["replay", *words]).result()

    async def schemas(self) -> set[str]:
        return {row[0] for row in await self.crm.db.fetch("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information)'")}


@contextmanager
def a_stage(kafka: Kafka, url: str, folder: Path) -> Iterator[Scene]:
    """The hub's topics on a broker that has no others; all of them are taken away afterwards."""
    with Database(url) as asked:
        crew = Crew(folder, Scene.environment(kafka, url))
        stage = Scene(kafka, asked, crew)
        stage.clear()
        stage.make_topics(*HUB_TOPICS)
        try:
            yield stage
        finally:
            crew.end()
            stage.clear()
            print(crew.logs())  # noqa: T201 - pytest shows it where a test failed


@asynccontextmanager
async def a_live_hub(scene: Scene, monkeypatch: pytest.MonkeyPatch, consumer: Consumer = crm_sync) -> AsyncIterator[Live]:
    """One dealer, and engines that count offsets on the scene's cluster; a wait lasts a second."""
    url = scene.database.url
    settings = settings_of(scene.kafka).model_copy(update={"database_url": SecretStr(url), "wait_seconds": 1})
    monkeypatch.setattr(engines, "CLUSTER", await cluster_id(settings))
    scene.add_dealer("ber-001")
    monkeypatch.setitem(CONSUMERS, "crm-sync", consumer)
    async with Engine(url, consumer) as crm:
        yield Live(scene, crm, settings)


async def a_life(live: Live, seed: int = 3) -> None:
    """A world of three dealers, folded in batches of changing sizes: something waits, something is dead."""
    world, rng = World(3, seed=seed, faults=HARSH), Random(seed)
    for dealer in world.dealer_ids:
        live.scene.add_dealer(dealer)
    said = [live.log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in world.utterances(900)]
    await live.lay([record for record in said if record.topic == "oem.base"])
    rest = [record for record in said if record.topic != "oem.base"]
    while rest:
        size = rng.randint(1, 200)
        await live.crm.apply(rest[:size])
        rest = rest[size:]
    complaint = {"complaint": "B1", "customer": "K1", "category": "delivery"}
    await live.crm.apply([live.log.say(COMPLAINT_RECEIVED, complaint, id="complaint", dealer=world.dealer_ids[0])])


def until_calm(settings: Settings) -> None:
    """Wait until the consumers that run here have folded everything said so far, and all is told."""

    def is_calm() -> bool:
        found = asyncio.run(status(settings))
        running = [behind for behind in found.consumers if behind.consumer in {"base-data", "crm-sync"}]
        return found.unsent == found.set_aside and not any(behind.lag or behind.unclaimed for behind in running)

    eventually(is_calm, 90)


def rows(done: Replayed) -> dict[str, tuple[int, int, int, int]]:
    """Per table: live, replayed, differing, set apart."""
    return {table.table: (table.live, table.replayed, table.differing, table.apart) for table in done.tables}
