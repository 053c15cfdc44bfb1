"""The door lets go of what it heard long ago, and of nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest

from hub.door import sweeping
from hub.errors import Unavailable
from hub.producers.lines import Lines
from hub.state import door
from hub.state.connect import connect
from hub.state.store import Connection

_AGED = "INSERT INTO door_receipts SELECT gen_random_uuid(), now() - make_interval(days => $1) FROM generate_series(1, $2)"


class Line:
    """A line to the database that is away at first; whoever waits for it is told to stop after so many answers."""

    def __init__(self, connection: Connection, answers: int, stop: asyncio.Event) -> None:
        self._connection, self._left, self._stop, self._is_away = connection, answers, stop, True

    async def ask(self, question: Callable[[Connection], Awaitable[int]]) -> int:
        if self._is_away:
            self._is_away = False
            raise Unavailable("the database does not answer")
        self._left -= 1
        if not self._left:
            self._stop.set()
        return await question(self._connection)


async def test_what_was_heard_too_long_ago_is_forgotten_a_part_at_a_time(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "MOST", 3)
    monkeypatch.setattr(sweeping, "_SOON_SECONDS", 0.0)
    connection = await connect(database, name="tests")
    name = uuid4()
    before = await door.heard_at(connection, name)
    await connection.execute(_AGED, 91, 7)
    await connection.execute(_AGED, 89, 2)
    stop = asyncio.Event()
    async with asyncio.timeout(20):
        await sweeping.sweep(cast("Lines", Line(connection, 3, stop)), timedelta(days=90), stop)
    assert await connection.fetchval("SELECT count(*) FROM door_receipts") == 3
    assert await door.heard_at(connection, name) == before
    await connection.close()
