"""While a deployment rolls over the hub, processes of a version before write into the schema of this one."""

from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from hub.local.postgres import Postgres
from hub.state import migrations
from hub.state.engine import engine

_EARLIEST = "0017"
"""The oldest schema whose processes may still run beside those of this one."""
_COLUMNS = text("""
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND (NOT :is_required OR
    is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER')
""")


def columns(connection: Connection, *, is_required: bool) -> set[tuple[str, str]]:
    """Table and name of all columns, or of those that whoever writes a row has to name."""
    return {(row[0], row[1]) for row in connection.execute(_COLUMNS, {"is_required": is_required})}


def newly_required(connection: Connection) -> set[tuple[str, str]]:
    """What a writer of any version before does not know of and would have to name, in the tables that it knows."""
    steps = ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions(_EARLIEST, "head")
    known = []
    for revision in reversed([step.revision for step in steps]):
        migrations._run(connection, command.upgrade, revision)
        known.append(columns(connection, is_required=False))
    required = columns(connection, is_required=True)
    return {column for before in known for column in required - before if column[0] in {table for table, _ in before}}


async def test_no_column_is_required_of_processes_that_do_not_know_of_it(postgres: Postgres) -> None:
    store = engine(postgres.create_database("rolling_schema"))
    async with store.begin() as connection:
        assert await connection.run_sync(newly_required) == set()
    await store.dispose()
