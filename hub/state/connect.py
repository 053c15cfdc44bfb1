"""Connections to the state store, each of one's own: for lanes, senders and whoever asks for a moment."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import orjson

from hub.state import moments


def _watched(ask: Callable[..., Awaitable[Any]]) -> Any:  # noqa: ANN401 - in the place of the method that it calls
    async def watched(connection: "Watched", *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
        try:
            return await ask(connection, *arguments, **named)
        finally:
            if connection.on_answer is not None:
                connection.on_answer()

    return watched


CUT_OFF = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a session fails with where the server has not answered: the way to it, or a client that no longer knows what it was asked."""

AWAY = (*CUT_OFF, asyncpg.PostgresError)
"""What a session fails with, and another one cures: that, or what the server answers."""

KEYED = {"enable_seqscan": "off"}
"""For whoever finds everything by its key: no plan scans a table where an index leads to what is looked for.

The planner takes a table that nobody has analyzed yet for small, and would rather read all of it than look a few keys up.
"""


class Watched(asyncpg.Connection):
    """A connection that tells of each answer. asyncpg's query loggers would too, at a quarter of the price of a small statement."""

    on_answer: Callable[[], None] | None = None
    execute = _watched(asyncpg.Connection.execute)
    fetch = _watched(asyncpg.Connection.fetch)
    fetchrow = _watched(asyncpg.Connection.fetchrow)
    fetchval = _watched(asyncpg.Connection.fetchval)


async def connect(
    url: str,
    *,
    name: str,
    lock_timeout_ms: int = 10_000,
    idle_in_transaction_ms: int = 30_000,
    idle_session_ms: int = 0,
    command_timeout: float = 60,
    connect_timeout: float = 10,
    connection_class: type[Watched] = Watched,
    planning: Mapping[str, str] | None = None,
) -> Watched:
    """One connection of one's own, whose locks and transactions cannot outlive a frozen process for long.

    JSON travels as Python values; times as aware datetimes. `planning` is how the session plans what is asked of it, such as `KEYED`.
    """
    connection = await asyncpg.connect(
        url,
        timeout=connect_timeout,
        command_timeout=command_timeout,
        connection_class=connection_class,
        server_settings={
            "application_name": name[:63],
            "lock_timeout": str(lock_timeout_ms),
            "idle_in_transaction_session_timeout": str(idle_in_transaction_ms),
            "idle_session_timeout": str(idle_session_ms),
            "jit": "off",  # compiling takes longer than any statement here
            "timezone": "UTC",
            **(planning or {}),
        },
    )
    try:
        await connection.set_type_codec("json", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads, format="binary")
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_dump, decoder=_load, format="binary")
        await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=moments.written, decoder=moments.read, format="tuple")
    except BaseException:  # whoever is cancelled here has nothing yet that they could close
        connection.terminate()
        raise
    return connection


def _dump(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return b"\x01" + orjson.dumps(value)


def _load(packed: bytes) -> Any:  # noqa: ANN401 - as above
    return orjson.loads(packed[1:])
