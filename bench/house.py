"""A broker and a database of the benchmark's own: real servers, as durable as they are by default."""

import secrets
from collections.abc import Hashable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from bench.databases import SETTINGS, Databases, Fill
from bench.filling import fill
from bench.load import Load
from bench.say import say
from bench.usage import cpu_seconds
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.settings import Settings


class House(AbstractContextManager["House"]):
    """Every run gets a database of its own, a copy of one that holds as many rows as the workload says."""

    def __init__(self, folder: Path) -> None:
        password = secrets.token_hex(12)
        self.folder = folder
        self.kafka = Kafka(folder / "kafka", password=password, properties={"group.initial.rebalance.delay.ms": "0"}, on_progress=say)
        self.postgres = Postgres(folder / "postgres", password=password, settings=SETTINGS)
        self._databases = Databases(self.postgres)

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
        return await (self._databases.last if is_last else self._databases.copy)(key, customers)

    async def copy(self, key: Hashable, fill: Fill) -> str:
        """The URL of a copy of the migrated database of that key, which is filled the first time."""
        return await self._databases.copy(key, fill)

    async def forget(self, url: str) -> None:
        """Drop a run's database."""
        await self._databases.forget(url)

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
