"""Read shipments for people: lists by filters, and where one was seen last."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.rules.decision import Subject
from hub.rules.shipments import Position
from hub.state.reading import Snapshot
from hub.state.stores import shipment_positions

_UNDER_WAY = "s.reached NOT IN ('delivered', 'returned', 'cancelled')"

_LISTED = sa.text(f"""
SELECT s.principal, s.ref, s.status, s.incident, s.place, s.country, s.planned_arrival, s.estimated_arrival, s.delivered_at,
       s.delay_minutes, s.heard_at, s.orders
FROM shipments s
WHERE (CAST(:principal AS text) IS NULL OR s.principal = :principal) AND (CAST(:status AS text) IS NULL OR s.status = :status)
  AND (NOT CAST(:late AS boolean) OR s.delay_minutes > 0)
  AND (CAST(:silent_since AS timestamptz) IS NULL OR ({_UNDER_WAY} AND coalesce(s.heard_at, s.despatched_at) < :silent_since))
  AND (CAST(:of_order AS text) IS NULL OR s.orders @> jsonb_build_array(CAST(:of_order AS text)))
ORDER BY coalesce(s.estimated_arrival, s.planned_arrival), s.principal, s.ref
LIMIT :most
""").bindparams(sa.bindparam("silent_since", type_=sa.DateTime(timezone=True)))  # noqa: S608 - words of our own


class Wanted(NamedTuple):
    """Which shipments: of one carrier (as principal), in one status, delayed, under way and not heard of since, with an order on board."""

    principal: str | None = None
    status: str | None = None
    late: bool = False
    silent_since: datetime | None = None
    of_order: str | None = None


class Listed(NamedTuple):
    """One shipment in a list."""

    principal: str
    consignment: str
    status: str
    incident: str | None
    place: str | None
    country: str | None
    planned_arrival: datetime | None
    estimated_arrival: datetime | None
    delivered_at: datetime | None
    delay_minutes: int | None
    heard_at: datetime | None
    orders: list[str]


async def listed(snapshot: Snapshot, wanted: Wanted, most: int) -> list[Listed]:
    """Shipments by when they arrive; at most so many."""
    return [Listed(*row) for row in await snapshot.execute(_LISTED, {**wanted._asdict(), "most": most})]


async def position(snapshot: Snapshot, subject: Subject) -> Position | None:
    """Where it was seen last."""
    columns = shipment_positions.table.c
    query = sa.select(*(columns[field] for field in Position._fields))
    row = (await snapshot.execute(query.where(columns.principal == subject.principal, columns.ref == subject.ref))).one_or_none()
    return None if row is None else Position._make(row)
