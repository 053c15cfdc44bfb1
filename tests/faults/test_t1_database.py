"""What PostgreSQL does to a batch on its way: nothing of it is half there, and the error says what to do next."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from hub.consumers.crm_sync import crm_sync
from hub.state.connect import connect
from hub.stream.failures import Meaning, meaning
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words
from tests.support.engine import Engine, Log
from tests.support.interleaving import before_commit


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


@pytest.fixture
async def admin(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await connect(database, name="the administrator")
    yield connection
    await connection.close()


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


async def kept(admin: "asyncpg.Connection[asyncpg.Record]") -> int:
    tables = ("journal", "customers", "outbox", "waiting", "dead_letters")
    return sum([await admin.fetchval(f"SELECT count(*) FROM {table}") for table in tables])  # noqa: S608 - names of our own


async def test_a_connection_killed_before_the_commit_leaves_nothing_and_the_batch_is_applied_again(
    engine: Engine, admin: "asyncpg.Connection[asyncpg.Record]", dealer: Words
) -> None:
    records = [dealer.recorded("C1", "Ada"), dealer.recorded("C2", "")]
    stop = before_commit(engine)
    applying = asyncio.create_task(engine.apply(records))
    await stop.reached.wait()
    assert await admin.fetchval("SELECT pg_terminate_backend($1, 5000)", engine.db.get_server_pid())
    stop.go.set()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as error:
        await applying
    assert meaning(error.value) is Meaning.LATER
    assert await kept(admin) == 0
    async with Engine(engine.url, crm_sync) as again:
        again.epochs = dict(engine.epochs)
        assert await again.outcomes(records) == [Outcome.HANDLED, Outcome.DEAD]


async def test_a_lock_that_takes_too_long_is_tried_again(
    engine: Engine, admin: "asyncpg.Connection[asyncpg.Record]", dealer: Words
) -> None:
    record = dealer.recorded("C1", "Ada")
    await engine.db.execute("SET lock_timeout = '100ms'")
    async with admin.transaction():
        await admin.execute("LOCK TABLE customers")
        with pytest.raises(asyncpg.LockNotAvailableError) as error:
            await engine.apply([record])
        assert meaning(error.value) is Meaning.AGAIN
    assert await engine.outcomes([record]) == [Outcome.HANDLED]


async def test_a_statement_that_takes_too_long_is_tried_later(
    engine: Engine, admin: "asyncpg.Connection[asyncpg.Record]", dealer: Words
) -> None:
    record = dealer.recorded("C1", "Ada")
    await engine.db.execute("SET statement_timeout = '100ms'")
    async with admin.transaction():
        await admin.execute("LOCK TABLE customers")
        with pytest.raises(asyncpg.QueryCanceledError) as error:
            await engine.apply([record])
        assert meaning(error.value) is Meaning.LATER
    await engine.db.execute("RESET statement_timeout")
    assert await engine.outcomes([record]) == [Outcome.HANDLED]


async def test_of_two_lanes_that_lock_each_other_out_one_is_tried_again(engine: Engine, database: str, dealer: Words) -> None:
    """The same events on two partitions, each lane stopped with one of them journalled."""
    async with Engine(database, crm_sync, owner="the other lane") as lane:
        stops = []
        applying = []
        for owner, partition, names in ((engine, 0, "ab"), (lane, 1, "ba")):
            first, second = (dealer.recorded(name, "Ada", id=name, partition=partition) for name in names)
            await owner.claim([(first.topic, partition)])
            stops.append(before_commit(owner))
            applying.append(asyncio.create_task(_in_one_transaction(owner, first, second)))
        for stop in stops:
            await stop.reached.wait()
        for stop in stops:
            stop.go.set()
        errors = [error for error in await asyncio.gather(*applying, return_exceptions=True) if isinstance(error, Exception)]
    assert [type(error) for error in errors] == [asyncpg.DeadlockDetectedError]
    assert meaning(errors[0]) is Meaning.AGAIN
    assert [row["ref"] for row in await engine.rows("customers")] == ["a", "b"]


async def _in_one_transaction(owner: Engine, *records: Stored) -> None:
    async with owner.db.transaction():
        for record in records:
            await owner.apply([record])


async def test_a_server_that_may_only_be_read_is_tried_later(engine: Engine, dealer: Words) -> None:
    record = dealer.recorded("C1", "Ada")
    await engine.claim([(record.topic, 0)])
    await engine.db.execute("SET default_transaction_read_only = on")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError) as error:
        await engine.apply([record])
    assert meaning(error.value) is Meaning.LATER
    await engine.db.execute("SET default_transaction_read_only = off")
    assert await engine.outcomes([record]) == [Outcome.HANDLED]


async def test_a_server_without_room_for_another_connection_is_tried_later(
    database: str, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await admin.execute("CREATE ROLE crowded LOGIN PASSWORD 'crowded' CONNECTION LIMIT 0")
    name = database.rpartition("/")[2].partition("?")[0]
    host, port = await admin.fetchrow("SELECT host(inet_server_addr()), inet_server_port()") or ("", 0)
    try:
        with pytest.raises(asyncpg.PostgresError) as error:
            await asyncpg.connect(host=host, port=port, user="crowded", password="crowded", database=name)
    finally:
        await admin.execute("DROP ROLE crowded")
    assert (error.value.sqlstate, meaning(error.value)) == ("53300", Meaning.LATER)


@pytest.mark.parametrize(("wrong", "state"), [({"password": "old"}, "28P01"), ({"database": "not_yet_restored"}, "3D000")])
async def test_a_server_that_does_not_let_anybody_in_is_tried_later(database: str, wrong: dict[str, str], state: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as error:
        await asyncpg.connect(database, **wrong)  # type: ignore[call-overload]
    assert (error.value.sqlstate, meaning(error.value)) == (state, Meaning.LATER)


async def test_an_owner_idle_for_too_long_in_its_transaction_is_cut_off_and_tried_later(engine: Engine, dealer: Words) -> None:
    """A frozen process must not hold its partitions' rows for ever."""
    await engine.db.execute("SET idle_in_transaction_session_timeout = '100ms'")
    stop = before_commit(engine)
    applying = asyncio.create_task(engine.apply([dealer.recorded("C1", "Ada")]))
    await stop.reached.wait()
    await asyncio.sleep(0.5)
    stop.go.set()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as error:
        await applying
    assert meaning(error.value) is Meaning.LATER


async def test_a_server_that_went_away_is_tried_later() -> None:
    with pytest.raises(OSError) as error:
        await connect("postgresql://127.0.0.1:1/nobody", name="nobody")
    assert meaning(error.value) is Meaning.LATER


STATEMENTS = {
    "SELECT 1 / $1::int": (0, "22012", Meaning.RECORD),
    "SELECT $1::bigint::int": (2**40, "22003", Meaning.RECORD),
    "SELECT $1::text::timestamptz": ("never", "22007", Meaning.RECORD),
    "SELECT convert_from($1::bytea, 'UTF8')": (b"\xff", "22021", Meaning.RECORD),
    "INSERT INTO awaited VALUES ($1, NULL)": ("a", "23502", Meaning.RECORD),
    "INSERT INTO awaited SELECT $1::text, 'a' FROM generate_series(1, 2)": ("a", "23505", Meaning.RECORD),
    "SELECT $1::text FROM no_such_table": ("a", "42P01", Meaning.UNKNOWN),
    "SELECT no_such_column, $1::text FROM awaited": ("a", "42703", Meaning.UNKNOWN),
    "SELECT repeat($1::text, 2000000000) || repeat('a', 2000000000)": ("a", "54000", Meaning.UNKNOWN),
}


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_each_error_of_the_server_means_one_thing(admin: "asyncpg.Connection[asyncpg.Record]", statement: str) -> None:
    value, state, what = STATEMENTS[statement]
    with pytest.raises(asyncpg.PostgresError) as error:
        await admin.fetch(statement, value)
    assert (error.value.sqlstate, meaning(error.value)) == (state, what)


async def test_what_the_client_cannot_encode_is_a_records_fault(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    for statement, value in (
        ("SELECT $1::bigint", 2**63),
        ("SELECT $1::bigint[]", [2**63]),
        ("SELECT $1::text", "\ud800"),
        ("SELECT $1::uuid", "x"),
        ("SELECT $1::timestamptz", "now"),
    ):
        with pytest.raises((asyncpg.DataError, UnicodeEncodeError, OverflowError)) as error:
            await admin.fetch(statement, value)
        assert meaning(error.value) is Meaning.RECORD, statement


async def test_serialisation_failures_are_tried_again(admin: "asyncpg.Connection[asyncpg.Record]", database: str) -> None:
    await admin.execute("INSERT INTO awaited VALUES ('a', 'b')")
    other = await connect(database, name="another")
    transaction = admin.transaction(isolation="repeatable_read")
    await transaction.start()
    await admin.fetch("SELECT * FROM awaited")
    await other.execute("UPDATE awaited SET came_at = now()")
    await other.close()
    with pytest.raises(asyncpg.SerializationError) as error:
        await admin.execute("UPDATE awaited SET came_at = now()")
    await transaction.rollback()
    assert meaning(error.value) is Meaning.AGAIN


@pytest.mark.parametrize("error", [RuntimeError(), KeyError(), ValueError(), AssertionError(), MemoryError(), TypeError()])
def test_what_nobody_can_name_stops_the_partition(error: Exception) -> None:
    assert meaning(error) is Meaning.UNKNOWN


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), asyncpg.InterfaceError("closed"), OSError()])
def test_a_line_that_breaks_is_tried_later(error: Exception) -> None:
    assert meaning(error) is Meaning.LATER
