"""Stop one transaction at a chosen step while another goes on: interleavings without luck."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hub.state.connect import connect
from hub.state.store import Connection
from hub.stream.batch import WARY
from tests.support.engine import Engine

_IS_BLOCKED = "SELECT cardinality(pg_blocking_pids($1)) > 0"


class Stop:
    """A step at which one connection stands still, once, from `reached` until `go`."""

    def __init__(self) -> None:
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    def behind(self, function: Callable[..., Any], connection: Connection) -> Callable[..., Any]:
        """The function, with the stop behind it where it was called with this connection."""

        async def stopped(*arguments: Any, **named: Any) -> Any:
            result = await function(*arguments, **named)
            if connection in arguments and not self.reached.is_set():
                self.reached.set()
                await self.go.wait()
            return result

        return stopped

    def before(self, function: Callable[..., Any], connection: Connection) -> Callable[..., Any]:
        """The function, with the stop before it where it is called with this connection."""

        async def stopped(*arguments: Any, **named: Any) -> Any:
            if connection in arguments and not self.reached.is_set():
                self.reached.set()
                await self.go.wait()
            return await function(*arguments, **named)

        return stopped


def in_transactions(engine: Engine) -> None:
    """Let an engine begin and commit by itself, instead of writing all in one statement at the end."""

    async def not_so(*_: object) -> None:
        return None

    engine.batch._swiftly = not_so  # type: ignore[method-assign]


def before_commit(engine: Engine) -> Stop:
    """Stop an engine when all is written."""
    in_transactions(engine)
    stop = Stop()
    engine.batch._fold = stop.behind(engine.batch._fold, engine.db)  # type: ignore[method-assign]
    return stop


@contextmanager
def cut_off_before_commit(engine: Engine, look: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Let an engine lose its connection, as it seems, when all is written and looked at."""
    in_transactions(engine)
    fold = engine.batch._fold

    async def cut_off(*arguments: Any, **named: Any) -> None:
        await fold(*arguments, **named)
        await look()
        raise ConnectionResetError

    engine.batch._fold = cut_off  # type: ignore[method-assign]
    try:
        yield
    finally:
        engine.batch._fold = fold  # type: ignore[method-assign]


def before_lock(engine: Engine) -> Stop:
    """Stop an engine whose transaction has begun and locked nothing yet."""
    engine.batch._wary = WARY  # whatever is taken for new is locked by the statement that journals it
    stop = Stop()
    engine.offsets.lock = stop.before(engine.offsets.lock, engine.db)  # type: ignore[method-assign]
    return stop


async def until_blocked(engine: Engine) -> None:
    """Wait until an engine's connection waits for somebody else's lock."""
    watcher = await connect(engine.url, name="watcher")
    try:
        async with asyncio.timeout(20):
            while not await watcher.fetchval(_IS_BLOCKED, engine.db.get_server_pid()):  # noqa: ASYNC110 - the server calls nobody
                await asyncio.sleep(0.01)
    finally:
        await watcher.close()
