"""The hub's couriers as they are deployed: `hub run courier`, with claim, consent, cap, words, sending and record in the path."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from bench import mailing_list
from bench.databases import SETTINGS, Databases
from bench.mail_asking import Asking
from bench.processes import Processes, running
from bench.usage import cpu_seconds
from bench.watch import Watch
from hub.errors import HubError
from hub.local.postgres import Postgres
from hub.state.connect import connect
from hub.state.store import Connection

_LOOK_SECONDS, _LONGEST_SECONDS = 0.02, 1_800.0


class Couriers:
    """So many of them on a copy of a ledger with a campaign, with so many sessions in all; their database is as durable as by default."""

    def __init__(self, postgres: Postgres, count: int, sessions: int) -> None:
        self._postgres, self._databases = postgres, Databases(postgres)
        self._count, self._sessions = count, sessions

    @classmethod
    @contextmanager
    def beside(cls, folder: Path, count: int, sessions: int) -> Iterator["Couriers"]:
        """While the server runs."""
        postgres = Postgres(folder / "postgres", password=secrets.token_hex(12), settings=SETTINGS)
        postgres.start()
        try:
            yield cls(postgres, count, sessions)
        finally:
            postgres.stop()

    async def plan(self, messages: int) -> None:
        """Fill the ledger of which each run has a copy."""
        await self._databases.prepare(messages, partial(mailing_list.fill, messages=messages))

    async def send(self, sink: Asking, watch: Watch) -> dict[str, float]:
        """The whole campaign: rate and CPU from the first mail that the sink has to the last that is recorded, then verified."""
        messages = watch.count
        url = await self._databases.copy(messages, partial(mailing_list.fill, messages=messages))
        watcher = await connect(url, name="bench", command_timeout=600)
        try:
            async with running([["hub", "run", "courier"]] * self._count, self._environment(url, sink.port)) as couriers:
                figures = await self._measured(sink, watcher, couriers, watch)
            await mailing_list.verify(watcher, messages)
        finally:
            await watcher.close()
            await self._databases.forget(url)
        return figures

    async def _measured(self, sink: Asking, watcher: Connection, couriers: Processes, watch: Watch) -> dict[str, float]:
        messages, deadline = watch.count, perf_counter() + _LONGEST_SECONDS
        while not (first := sink.ask().messages):
            await _look_again(couriers, deadline)
        began, spent = perf_counter(), self._spent(couriers)
        while (taken := sink.ask().messages) < messages or not await mailing_list.is_done(watcher):
            watch.look(taken)
            await _look_again(couriers, deadline)
        seconds, count = perf_counter() - began, messages - first
        client, database = (now - before for now, before in zip(self._spent(couriers), spent, strict=True))
        if count <= 0:
            raise HubError("bench: everything was sent before it could be seen; take more messages")
        return {"rate": count / seconds, "cpu": client / count * 1e6, "database": database / count * 1e6}

    def _spent(self, couriers: Processes) -> tuple[float, float]:
        return sum(cpu_seconds(pid) for pid in couriers.pids), cpu_seconds(self._postgres.pid)

    def _environment(self, url: str, port: int) -> dict[str, str]:
        return {
            "HUB_DATABASE_URL": url,
            "HUB_MAIL_HOST": "127.0.0.1",
            "HUB_MAIL_PORT": str(port),
            "HUB_MAIL_TLS": "never",
            "HUB_MAIL_FROM": "news@hub.test",
            "HUB_MAIL_FROM_NAME": "The hub",
            "HUB_MAIL_BOUNCES": "bounces@hub.test",
            "HUB_MAIL_SESSIONS": str(max(1, self._sessions // self._count)),
            "HUB_DOOR_PUBLIC_URL": "https://hub.test",
            "HUB_DOOR_SECRET": "bench",
            "HUB_COURIER_HOURS": mailing_list.HOURS,
            "HUB_COURIER_CAP": str(mailing_list.CAP),
            "HUB_LOG_LEVEL": "error",
        }


async def _look_again(couriers: Processes, deadline: float) -> None:
    couriers.check()
    if perf_counter() > deadline:
        raise HubError("bench: the couriers are not done in time")
    await asyncio.sleep(_LOOK_SECONDS)
