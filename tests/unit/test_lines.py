"""Whoever waits in vain for its turn at the connection is sent away, and takes it from nobody."""

import asyncio
from typing import Any

import pytest

from hub.errors import Unavailable
from hub.producers.lines import Lines


class Connection:
    """Answers the session's own question at once."""

    async def execute(self, _statement: str) -> None:
        return

    async def close(self, **_: object) -> None:
        return


class Producer:
    """A broker that is there."""

    def __init__(self) -> None:
        self.client = self

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def fetch_all_metadata(self) -> None:
        return


async def test_a_slow_question_sends_others_away_and_only_its_own_failure_ends_the_session() -> None:
    opened: list[Connection] = []

    async def connect() -> Any:
        opened.append(Connection())
        return opened[-1]

    lines = Lines(connect, Producer, 0.2)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await lines.ask(_answer)
    running = asyncio.create_task(lines.run())
    while lines.failing_since is not None:  # noqa: ASYNC110 - it has no event for it
        await asyncio.sleep(0)
    assert await lines.ask(_answer) == "yes"
    async with lines._turn:
        with pytest.raises(Unavailable):
            await lines.ask(_answer)
    assert not lines._over.is_set()
    with pytest.raises(Unavailable):
        await lines.ask(_break_off)
    while len(opened) < 2:  # noqa: ASYNC110 - it has no event for it
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _answer(_connection: object) -> str:
    return "yes"


async def _break_off(_connection: object) -> str:
    raise ConnectionResetError
