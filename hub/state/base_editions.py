"""Read the editions of base data as they are stored."""

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.state.reading import Snapshot
from hub.state.stores import base_data

_TABLE = base_data.table.c


class StoredEdition(NamedTuple):
    """One edition; `told_at` is when the OEM said so, `body` its fields as JSON."""

    kind: str
    id: str
    effective_from: date
    retired: bool
    told_at: datetime
    body: dict[str, Any]


async def editions(snapshot: Snapshot, kind: str | None = None, ref: str | None = None) -> list[StoredEdition]:
    """All editions, or those of one kind or datum, by kind, id and day."""
    query = sa.select(_TABLE.kind, _TABLE.id, _TABLE.effective_from, _TABLE.retired, _TABLE.ordered_at, _TABLE.body)
    if kind is not None:
        query = query.where(_TABLE.kind == kind)
    if ref is not None:
        query = query.where(_TABLE.id == ref)
    rows = await snapshot.execute(query.order_by(_TABLE.kind, _TABLE.id, _TABLE.effective_from))
    return [StoredEdition(*row) for row in rows]
