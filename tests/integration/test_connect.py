"""Who works on a connection sees that the database answers."""

import asyncpg
import pytest

from hub.state.connect import connect


async def test_a_connection_tells_of_each_answer_whatever_was_asked_and_however_it_ended(database: str) -> None:
    connection = await connect(database, name="test")
    answers: list[str] = []
    asked = ""
    connection.on_answer = lambda: answers.append(asked)
    for asked in ("fetch", "fetchrow", "fetchval", "execute"):
        await getattr(connection, asked)("SELECT $1::int", 1)
    asked = "transaction"
    async with connection.transaction():
        pass
    asked = "failure"
    with pytest.raises(asyncpg.DivisionByZeroError):
        await connection.fetch("SELECT 1 / $1::int", 0)
    assert answers == ["fetch", "fetchrow", "fetchval", "execute", "transaction", "transaction", "failure"]
    await connection.close()
