"""An operator at the command line, and an engine that carries out what the operator says on hub.acts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from typer.testing import CliRunner, Result

from contracts.topics import ACTS
from hub.cli import mount
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.operations.topics import apply_catalogue
from hub.stream.consumer import Consumer
from hub.stream.slips import Stored
from hub.wiring import kafka_options
from tests.support.engine import Engine
from tests.support.kafka_clients import environment_of, settings_of
from tests.support.log_reader import read_log

APP = mount()


class Operator:
    """Types words, and lets the engine hear what they said on hub.acts."""

    def __init__(self, engine: Engine, kafka: Kafka) -> None:
        self.engine, self.settings = engine, settings_of(kafka)
        self.shell = CliRunner(env={**environment_of(self.settings), "HUB_DATABASE_URL": engine.url, "VISUAL": "", "EDITOR": ""})
        self.heard = 0

    async def types(self, *words: str, **environment: str) -> Result:
        """Type one command."""
        return await asyncio.to_thread(self.shell.invoke, APP, list(words), env=environment)

    async def does(self, *words: str, **environment: str) -> Result:
        """Type one command, while the owner of the store carries out what is said."""
        typing = asyncio.create_task(self.types(*words, **environment))
        while not typing.done():
            await self.engine.apply(await self.acts())
        return await typing

    async def json(self, *words: str) -> Any:
        """What a command says to programs."""
        return json.loads((await self.types(*words, "--json")).stdout)

    async def letter(self) -> str:
        """The id of the only open dead letter."""
        (found,) = await self.json("dead-letters", "list")
        return str(found["id"])

    async def acts(self) -> list[Stored]:
        """What was said since the last time, as the engine would read it."""
        log = await read_log(kafka_options(self.settings), [ACTS.name])
        records = [r for r in log.get(ACTS.name, ()) if r.offset >= self.heard]
        self.heard = max((r.offset + 1 for r in records), default=self.heard)
        return [Stored(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in records]


@asynccontextmanager
async def operating(kafka: Kafka, database: str, consumer: Consumer = crm_sync) -> AsyncIterator[Operator]:
    """An operator of a consumer; what other tests said on the same broker is passed over."""
    async with Engine(database, consumer) as engine:
        operator = Operator(engine, kafka)
        await asyncio.to_thread(apply_catalogue, operator.settings, lambda _: None)
        await operator.acts()
        await engine.claim([(ACTS.name, 0)])
        await engine.db.execute("UPDATE consumer_offsets SET next_offset = $1 WHERE topic = $2", operator.heard, ACTS.name)
        yield operator
