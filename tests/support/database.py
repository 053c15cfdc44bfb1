"""Ask the state store from a test that has no event loop; keeps a witness of what may never happen."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

import asyncpg
import orjson

from hub.state import outbox
from hub.state.segments import Unsent

T = TypeVar("T")

_WITNESS = """
CREATE TABLE witness (what text NOT NULL, topic text, was bigint, became bigint);
CREATE FUNCTION bear_witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.next_offset < OLD.next_offset THEN
        INSERT INTO witness VALUES ('next_offset', NEW.topic, OLD.next_offset, NEW.next_offset);
    END IF;
    IF NEW.epoch < OLD.epoch THEN
        INSERT INTO witness VALUES ('epoch', NEW.topic, OLD.epoch, NEW.epoch);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bear_witness AFTER UPDATE ON consumer_offsets FOR EACH ROW EXECUTE FUNCTION bear_witness();
"""

_CUT_OFF = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'hub %' AND datname = current_database()
"""


class Database:
    """One database; connects anew for each question while the server comes and goes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._runner = asyncio.Runner()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._runner.close()

    def close(self) -> None:
        """Let go of the connection until the next question."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    def bear_witness(self) -> None:
        """From now on note whenever an offset or an epoch goes back, whoever does it and however briefly."""
        self._run(self._execute(_WITNESS))

    def rows(self, question: str, *arguments: object) -> list[dict[str, Any]]:
        """The answer, a dictionary a row."""
        return self._run(self._fetch(question, arguments))

    def value(self, question: str, *arguments: object) -> Any:
        """The first column of the first row."""
        [row, *_] = self.rows(question, *arguments)
        return next(iter(row.values()))

    def unsent(self) -> list[dict[str, Any]]:
        """The events that the outbox holds."""
        return [event._asdict() for event in self._run(self._unsent())]

    def cut_off(self) -> int:
        """End every connection of a hub process, as a failover would; how many there were."""
        return len(self.rows(_CUT_OFF))

    async def _unsent(self) -> list[Unsent]:
        return await outbox.unsent(await self._connected())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something that awaits, in this database's own loop."""
        return self._run(work)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _execute(self, statements: str) -> None:
        await (await self._connected()).execute(statements)

    async def _fetch(self, question: str, arguments: tuple[object, ...]) -> list[dict[str, Any]]:
        try:
            return [dict(row) for row in await (await self._connected()).fetch(question, *arguments)]
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError):
            self._connection = None
            return [dict(row) for row in await (await self._connected()).fetch(question, *arguments)]

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.url, timeout=10)
            await self._connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_dump, decoder=orjson.loads, format="text")
        return self._connection


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()
