"""Read a whole table, row by row, as one moment shows it."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select

from hub.state.engine import engine
from hub.state.schema import whole


async def rows(url: str, table: str) -> AsyncIterator[dict[str, Any]]:
    """Every row of one of the hub's tables; raises KeyError for a name that is none of them."""
    store = engine(url)
    try:
        async with store.connect() as connection:
            async for row in await connection.stream(select(whole().tables[table])):
                yield dict(row._mapping)
    finally:
        await store.dispose()
