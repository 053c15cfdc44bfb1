"""The ear for operators' orders outlives whatever becomes of its connection, and ends with its own task alone."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub.state.offsets import Paused
from hub.stream import steering
from hub.stream.steering import Heard, Steering

BUSY = "cannot switch to state 12; another operation (5) is in progress"


class Line:
    """A connection that fails as told, or answers."""

    def __init__(self, fails_with: Exception | None) -> None:
        self.fails_with, self.is_terminated = fails_with, False

    def terminate(self) -> None:
        self.is_terminated = True


class Offsets:
    """What is paused: nothing."""

    async def pauses(self, line: Line) -> Paused:
        if line.fails_with is not None:
            raise line.fails_with
        return Paused(frozenset())


@pytest.mark.parametrize(
    "error",
    [asyncpg.InternalClientError(BUSY), asyncpg.InterfaceError(BUSY), OSError(), TimeoutError(), asyncpg.ConnectionDoesNotExistError()],
)
async def test_a_look_on_a_connection_that_is_at_something_else_is_taken_up_on_another(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steering, "_LOOK_SECONDS", 0)
    lines: list[Line] = []
    heard: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()

    async def connect() -> Any:
        lines.append(Line(None if lines else error))
        return lines[-1]

    def on_heard(what: Heard) -> None:
        if not heard.done():
            heard.set_result(what)

    ear = Steering("reminders", Offsets(), connect)  # type: ignore[arg-type] # all that it asks where nothing stands still
    listening = asyncio.ensure_future(ear.listen(dict, {}, on_heard))
    await asyncio.wait({listening, heard}, return_when=asyncio.FIRST_COMPLETED)
    assert not listening.done(), listening.exception()
    assert [line.is_terminated for line in lines] == [True, False]
    assert ear.failing_since is None
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert lines[-1].is_terminated
