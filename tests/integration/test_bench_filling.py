"""What the benchmark puts into a table before it measures leaves the table as migrations made it."""

import asyncio

from bench.filling import fill
from bench.load import Load
from hub.state.connect import connect
from hub.state.store import Connection

TABLES = ["customers", "journal", "inbox"]
_SHAPE = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname::text, c.contype::text
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
WHERE i.indrelid = ANY($1::text[]::regclass[]) ORDER BY 2
"""


async def _shape(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await connection.fetch(_SHAPE, TABLES)]


def test_filling_leaves_keys_and_indexes_as_they_were(database: str) -> None:
    async def filled() -> None:
        connection = await connect(database, name="test")
        before = await _shape(connection)
        await fill(database, Load(1, 300), 300)
        assert await _shape(connection) == before
        assert {table for table, *_ in before} == set(TABLES)
        for table in TABLES:
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 300  # noqa: S608 - names of our own
        await connection.close()

    asyncio.run(filled())
