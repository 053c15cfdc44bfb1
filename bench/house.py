"""A broker and a database of the benchmark's own, and what their processes cost."""

import os
import secrets
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Self

from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.settings import Settings
from hub.state.migrations import upgrade_async

_TICKS = os.sysconf("SC_CLK_TCK")


class House(AbstractContextManager["House"]):
    """Real servers with `fsync` and `synchronous_commit` on; every run gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        password = secrets.token_hex(12)
        self.kafka = Kafka(folder / "kafka", password=password)
        self.postgres = Postgres(folder / "postgres", password=password, settings={"shared_buffers": "256MB"})
        self._numbers = count(1)
        self._kept: str | None = None

    def __enter__(self) -> Self:
        self.kafka.start()
        self.postgres.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kafka.stop()
        self.postgres.stop()

    async def fresh_database(self) -> str:
        """A migrated, empty database; the one of the run before is dropped."""
        if self._kept:
            self.postgres.drop_database(self._kept)
        self._kept = f"bench_{next(self._numbers)}"
        url = self.postgres.create_database(self._kept)
        await upgrade_async(url)
        return url

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

    def database_cpu(self) -> float:
        """CPU seconds of the server and everything it has started, the ended ones too."""
        return tree_cpu(self.postgres.pid)


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process, its ended children and its living ones."""
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            spent[int(entry.name)] = sum(int(f) for f in fields[11:15]) / _TICKS
    todo, total = [pid], 0.0
    while todo:
        one = todo.pop()
        total += spent.get(one, 0.0)
        todo += children.get(one, [])
    return total
