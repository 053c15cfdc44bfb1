"""Who works on a connection sees that the database answers, and moments come back as they were sent."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from hub.state.connect import Watched, connect
from hub.stream.failures import Meaning, meaning


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


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 2, 12, 0, 0, 123_456, UTC), "2026-03-02 12:00:00.123456+00"),
        (datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=ZoneInfo("Europe/Berlin")), "2026-10-25 00:30:00+00"),
        (datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")), "2026-10-25 01:30:00+00"),
        (datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC), "1999-12-31 23:59:59.999999+00"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01 00:00:00+00"),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), "9999-12-31 23:59:59.999999+00"),
    ],
)
async def test_a_moment_comes_back_as_it_was_sent(database: str, moment: datetime, text: str) -> None:
    connection = await connect(database, name="test")
    for _ in range(2):
        row = await connection.fetchrow("SELECT $1::timestamptz, $1::timestamptz::text, $2::timestamptz[], NULL::date", moment, [moment])
        assert row is not None
        assert tuple(row) == (moment.astimezone(UTC), text, [row[0]], None)
        assert row[0].tzinfo is UTC
    await connection.close()


async def test_a_moment_of_no_zone_is_refused(database: str) -> None:
    connection = await connect(database, name="test")
    with pytest.raises(asyncpg.DataError):
        await connection.fetch("SELECT $1::timestamptz", datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001 - it is about that
    await connection.close()


async def test_what_was_planned_before_a_migration_is_tried_again(database: str) -> None:
    connection, other = [await connect(database, name="test") for _ in range(2)]
    await connection.execute("CREATE TABLE migrated (a int)")
    await connection.fetch("SELECT * FROM migrated")
    await other.execute("ALTER TABLE migrated ALTER a TYPE text")
    with pytest.raises(asyncpg.PostgresError) as found:
        async with connection.transaction():
            await connection.fetch("SELECT * FROM migrated")
    assert meaning(found.value) is Meaning.AGAIN
    assert await connection.fetch("SELECT * FROM migrated") == []
    for each in (connection, other):
        await each.close()


async def test_whoever_is_cancelled_while_connecting_leaves_no_session_behind(database: str) -> None:
    made: list[Watched] = []

    class Interrupted(Watched):
        async def set_type_codec(self, *_: object, **__: object) -> None:
            made.append(self)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await connect(database, name="test", connection_class=Interrupted)
    assert [one.is_closed() for one in made] == [True]
