"""Look reminders up: what is due, and what one car's is made of."""

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.rules.occasions.occasion import Occasion
from hub.rules.orders.subjects import ERP
from hub.rules.vehicles import EVERYBODY, Vehicle
from hub.state import stores
from hub.state.reading import Snapshot
from hub.state.stores import odometer_readings, vehicles

_SERVICES = sa.text("""
SELECT v.dealer, 'service/' || v.ref || '/' || (r ->> 'plan') AS reminder, (r ->> 'due_on')::date AS due_on, r ->> 'basis' AS basis,
       v.customer, r ->> 'next_step' AS next_step, (r ->> 'next_at')::timestamptz AS next_at, r -> 'told' AS told, r ->> 'answer' AS answer
FROM vehicles v CROSS JOIN LATERAL json_array_elements(v.reminders) AS r
WHERE v.dealer IS NOT NULL AND v.due_on <= CAST(:until AS date) AND (r ->> 'due_on')::date <= CAST(:until AS date)
  AND (CAST(:dealer AS text) IS NULL OR v.dealer = :dealer)
ORDER BY 3, 2 LIMIT :most
""")
_AGENDAS = sa.text("""
SELECT a.principal, a.ref, i ->> 'kind' AS kind, i ->> 'name' AS name, (i ->> 'due_at')::timestamptz AS due_at, i ->> 'staff' AS staff,
       i -> 'told' AS told
FROM agendas a CROSS JOIN LATERAL jsonb_array_elements(a.items) AS i
WHERE a.is_open AND (i ->> 'due_at')::timestamptz < CAST(:until AS date) + 1
  AND (CAST(:principal AS text) IS NULL OR a.principal = :principal) AND (CAST(:kind AS text) IS NULL OR i ->> 'kind' = :kind)
  AND (CAST(:name AS text) IS NULL OR i ->> 'name' = :name)
ORDER BY 5, 1, 2, 4 LIMIT :most
""")

_OCCASIONS = sa.text("""
SELECT o.dealer, o.ref, o.kind, o.due_on, o.customer, o.open_minor, o.currency, o.told, o.next_step, o.next_at, o.product
FROM occasions o
WHERE o.ended_as IS NULL AND o.dealer IS NOT NULL AND o.due_on <= CAST(:until AS date)
  AND (CAST(:dealer AS text) IS NULL OR o.dealer = :dealer) AND (CAST(:kind AS text) IS NULL OR o.kind = :kind)
ORDER BY 4, 1, 2 LIMIT :most
""")


class ServiceRow(NamedTuple):
    """A service reminder as it stands; `told` are the steps said so far, the next one comes at `next_at`."""

    dealer: str
    reminder: str
    due_on: date
    basis: str
    customer: str | None
    next_step: str | None
    next_at: datetime | None
    told: list[str]
    answer: str | None


class AgendaRow(NamedTuple):
    """An open item of a record's agenda: `kind` is activity or ageing."""

    principal: str
    ref: str
    kind: str
    name: str
    due_at: datetime
    staff: str | None
    told: list[str]


class OccasionRow(NamedTuple):
    """A reminder of what comes once, on a day that somebody named."""

    dealer: str
    ref: str
    kind: str
    due_on: date
    customer: str | None
    open_minor: int | None
    currency: str | None
    told: list[str]
    next_step: str | None
    next_at: datetime | None
    product: str | None


class ReadingRow(NamedTuple):
    """A reading as its dealer said it."""

    principal: str
    km: int
    read_at: datetime
    origin: str


async def services(snapshot: Snapshot, until: date, dealer: str | None, most: int) -> list[ServiceRow]:
    """Services due by a day, the earliest first."""
    rows = await snapshot.execute(_SERVICES, {"until": until, "dealer": dealer, "most": most})
    return [ServiceRow(*row) for row in rows]


async def items(
    snapshot: Snapshot, until: date, principal: str | None, kind: str | None, most: int, *, name: str | None = None
) -> list[AgendaRow]:
    """Open items of agendas due by a day (UTC), the earliest first; only those of a name where it is given."""
    rows = await snapshot.execute(_AGENDAS, {"until": until, "principal": principal, "kind": kind, "name": name, "most": most})
    return [AgendaRow(*row) for row in rows]


async def occasions(snapshot: Snapshot, until: date, dealer: str | None, kind: str | None, most: int) -> list[OccasionRow]:
    """What comes by a day, the earliest first."""
    rows = await snapshot.execute(_OCCASIONS, {"until": until, "dealer": dealer, "kind": kind, "most": most})
    return [OccasionRow(*row) for row in rows]


async def occasion(snapshot: Snapshot, name: str) -> Occasion | None:
    """The reminder of that name, whoever's numbers it is made of: they differ by kind."""
    table = stores.occasions.table.c
    query = sa.select(*(table[field] for field in Occasion._fields)).where(table.ref == name, table.principal.in_((ERP, EVERYBODY)))
    row = (await snapshot.execute(query)).one_or_none()
    return None if row is None else Occasion(*row)


async def vehicle(snapshot: Snapshot, vin: str) -> Vehicle | None:
    """One car as all dealers together know it."""
    table = vehicles.table.c
    row = (
        await snapshot.execute(
            sa.select(*(table[field] for field in Vehicle._fields)).where(table.principal == EVERYBODY, table.ref == vin)
        )
    ).one_or_none()
    return None if row is None else Vehicle(*row)


async def readings(snapshot: Snapshot, vin: str) -> list[ReadingRow]:
    """All readings of a car, the earliest first."""
    table = odometer_readings.table.c
    query = (
        sa.select(table.principal, table.km, table.read_at, table.origin).where(table.vin == vin).order_by(table.read_at, table.principal)
    )
    return [ReadingRow(*row) for row in await snapshot.execute(query)]
