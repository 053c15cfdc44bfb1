"""Take the indexes away while tables are filled: building them once costs less than keeping them row by row."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hub.state.store import Connection

_INDEXES = """
SELECT i.indrelid::regclass AS "table", i.indexrelid::regclass AS name, pg_get_indexdef(i.indexrelid) AS index,
       quote_ident(c.conname) AS rule, pg_get_constraintdef(c.oid) AS key
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
WHERE i.indrelid = ANY($1::text[]::regclass[])
"""


@asynccontextmanager
async def unindexed(connection: Connection, tables: Sequence[str]) -> AsyncIterator[None]:
    """The tables without their keys and indexes, which come back as they were; nobody else may use them meanwhile."""
    found = await connection.fetch(_INDEXES, tables)
    for index in found:
        table, rule = index["table"], index["rule"]
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {rule}" if rule else f"DROP INDEX {index['name']}")
    yield
    await connection.execute("SET maintenance_work_mem = '256MB'")
    for index in found:
        key = f"ALTER TABLE {index['table']} ADD CONSTRAINT {index['rule']} {index['key']}"
        await connection.execute(key if index["rule"] else index["index"])
    await connection.execute("RESET maintenance_work_mem")
