"""Exact windows of starts, shared by all couriers: a row for each limit, locked while it is asked."""

from collections.abc import Mapping, Sequence

from hub.rules.windows import Start
from hub.state.store import Connection

_MAKE = "INSERT INTO send_windows (scope) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_LOCK = "SELECT scope, starts, counts FROM send_windows WHERE scope = ANY($1::text[]) ORDER BY scope FOR UPDATE"
_KEEP = "UPDATE send_windows SET starts = $2, counts = $3 WHERE scope = $1"


async def lock(connection: Connection, scopes: Sequence[str]) -> dict[str, tuple[Start, ...]]:
    """The starts in these windows, for this transaction alone; locked in order, so that two do not lock each other out."""
    rows = await connection.fetch(_LOCK, scopes)
    if len(rows) < len(set(scopes)):
        await connection.execute(_MAKE, sorted(set(scopes)))
        rows = await connection.fetch(_LOCK, scopes)
    return {row[0]: tuple(map(Start, row[1], row[2])) for row in rows}


async def keep(connection: Connection, windows: Mapping[str, Sequence[Start]]) -> None:
    """Remember the starts in these windows, which are locked."""
    rows = [(scope, [start.at for start in starts], [start.number for start in starts]) for scope, starts in sorted(windows.items())]
    await connection.executemany(_KEEP, rows)
