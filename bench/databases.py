"""A run's own database on a server of the benchmark's: a copy of one that was filled once."""

from collections.abc import Awaitable, Callable, Hashable
from itertools import count

from hub.local.postgres import Postgres
from hub.state.connect import connect
from hub.state.migrations import upgrade_async

SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",  # so that a checkpoint does not fall into one contender's run and not into another's
    "min_wal_size": "4GB",  # files of WAL are kept and used again: to make one takes 50 ms, in which nobody commits
    "checkpoint_timeout": "30min",
    "track_commit_timestamp": "on",  # tells when an event was committed, for every contender alike
}

Fill = Callable[[str], Awaitable[None]]
"""Fills the migrated database of a URL."""


class Databases:
    """Copies are made and dropped with everything written out, so that no run pays for the one before."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres, self._numbers = postgres, count(1)
        self._templates: dict[Hashable, str] = {}

    async def prepare(self, key: Hashable, fill: Fill) -> None:
        """Have the migrated database of that key filled before anybody wants a copy."""
        await self._filled(key, fill)

    async def copy(self, key: Hashable, fill: Fill) -> str:
        """The URL of a copy of the migrated database of that key, which is filled the first time."""
        template, copy = await self._filled(key, fill), f"bench_{next(self._numbers)}"
        server = await connect(self._postgres.url(), name="bench", command_timeout=600)
        await server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        await server.execute("CHECKPOINT")
        await server.close()
        return self._postgres.url(copy)

    async def last(self, key: Hashable, fill: Fill) -> str:
        """The one that was filled itself, without the pains of a copy, for whoever is the last to want it."""
        name = await self._filled(key, fill)
        del self._templates[key]
        return self._postgres.url(name)

    async def forget(self, url: str) -> None:
        """Drop a run's database, and write out what is still in memory: the next run shall not pay for it."""
        server = await connect(self._postgres.url(), name="bench", command_timeout=600)
        await server.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')
        await server.execute("CHECKPOINT")
        await server.close()

    async def _filled(self, key: Hashable, fill: Fill) -> str:
        """The name of the database of that key."""
        if key not in self._templates:
            name = f"template_{next(self._numbers)}"
            url = self._postgres.create_database(name)
            await upgrade_async(url)
            await fill(url)
            self._templates[key] = name
        return self._templates[key]
