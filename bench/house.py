"""A broker and a database of the benchmark's own: real servers, as durable as they are by default."""

import secrets
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Self

from bench.filling import fill
from bench.load import Load
from bench.say import say
from bench.usage import cpu_seconds
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.settings import Settings
from hub.state.connect import connect
from hub.state.migrations import upgrade_async

SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",  # so that a checkpoint does not fall into one contender's run and not into another's
    "checkpoint_timeout": "30min",
    "track_commit_timestamp": "on",  # tells when an event was committed, for every contender alike
}


class House(AbstractContextManager["House"]):
    """Every run gets a database of its own, a copy of one that holds as many rows as the workload says."""

    def __init__(self, folder: Path) -> None:
        password = secrets.token_hex(12)
        self.folder = folder
        self.kafka = Kafka(folder / "kafka", password=password, properties={"group.initial.rebalance.delay.ms": "0"}, on_progress=say)
        self.postgres = Postgres(folder / "postgres", password=password, settings=SETTINGS)
        self._numbers = count(1)
        self._templates: dict[Hashable, str] = {}

    def __enter__(self) -> Self:
        self.kafka.start()
        self.postgres.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kafka.stop()
        self.postgres.stop()

    async def database(self, load: Load, rows: int = 0, *, is_last: bool = False) -> str:
        """The URL of a migrated database whose customers and journal hold `rows` rows; drop it when its run is over.

        Whoever is the last to want such a one gets it without the pains of a copy.
        """

        async def customers(url: str) -> None:
            if rows:
                say(f"filling a table of {rows:,} rows")
                await fill(url, load, rows)

        key = (rows, load.dealers if rows else 0, load.name if rows else "")
        return await (self._last(key, customers) if is_last else self.copy(key, customers))

    async def copy(self, key: Hashable, fill: Callable[[str], Awaitable[None]]) -> str:
        """The URL of a copy of the migrated database of that key, which is filled the first time."""
        template, copy = await self._filled(key, fill), f"bench_{next(self._numbers)}"
        server = await connect(self.postgres.url(), name="bench", command_timeout=600)
        await server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        await server.execute("CHECKPOINT")
        await server.close()
        return self.postgres.url(copy)

    async def _last(self, key: Hashable, fill: Callable[[str], Awaitable[None]]) -> str:
        name = await self._filled(key, fill)
        del self._templates[key]
        return self.postgres.url(name)

    async def _filled(self, key: Hashable, fill: Callable[[str], Awaitable[None]]) -> str:
        """The name of the database of that key."""
        if key not in self._templates:
            name = f"template_{next(self._numbers)}"
            url = self.postgres.create_database(name)
            await upgrade_async(url)
            await fill(url)
            self._templates[key] = name
        return self._templates[key]

    async def forget(self, url: str) -> None:
        """Drop a run's database, and write out what is still in memory: the next run shall not pay for it."""
        server = await connect(self.postgres.url(), name="bench", command_timeout=600)
        await server.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')
        await server.execute("CHECKPOINT")
        await server.close()

    def settings(self, url: str) -> Settings:
        """The hub's settings for this house."""
        return Settings.model_validate(
            {
                "kafka_bootstrap": self.kafka.bootstrap,
                "kafka_user": self.kafka.user,
                "kafka_password": self.kafka.password,
                "database_url": url,
            }
        )

    def environment(self, url: str) -> dict[str, str]:
        """The same for a process."""
        return {
            "HUB_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "HUB_KAFKA_USER": self.kafka.user,
            "HUB_KAFKA_PASSWORD": self.kafka.password,
            "HUB_DATABASE_URL": url,
            "HUB_LOG_LEVEL": "error",
        }

    def database_cpu(self) -> float:
        """CPU seconds of the server and everything it has started, the ended ones too."""
        return cpu_seconds(self.postgres.pid)

    def broker_cpu(self) -> float:
        """CPU seconds of the broker."""
        return cpu_seconds(self.kafka.pid)
