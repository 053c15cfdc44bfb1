"""Read orders and open items for people: lists by filters, the orders of an opportunity, arrears by customer."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.rules.decision import Subject
from hub.rules.open_items import OpenItem
from hub.rules.orders.state import Order
from hub.state.reading import Snapshot
from hub.state.stores import open_items, orders

ANY = "any"
"""Whichever paper is missing."""

_LATE = "o.due_at < now()"

_LISTED = sa.text(f"""
SELECT o.principal, o.ref, o.status, o.dealer, o.opportunity, o.customer, o.number, o.product, o.progress,
       o.ordered, o.confirmed, o.despatched, o.received, o.invoiced, o.paid, o.promised, o.due_at, coalesce({_LATE}, false) AS is_late,
       o.missing
FROM orders o
WHERE (CAST(:states AS text[]) IS NULL OR o.status = ANY(:states)) AND (CAST(:dealer AS text) IS NULL OR o.dealer = :dealer)
  AND (CAST(:customer AS text) IS NULL OR o.customer = :customer) AND (NOT CAST(:is_late AS boolean) OR {_LATE})
  AND (CAST(:missing AS text) IS NULL OR o.missing_since IS NOT NULL AND o.missing @> CAST(:missing AS jsonb))
ORDER BY CASE WHEN CAST(:missing AS text) IS NULL THEN o.due_at ELSE o.missing_since END, o.principal, o.ref
LIMIT :most
""").columns(missing=pg.JSONB)  # noqa: S608 - names of our own

_WHOLE = sa.select(orders.table.c.principal, orders.table.c.ref, *(orders.table.c[field] for field in Order._fields))

_RECEIVABLES = sa.text("""
SELECT i.dealer, i.customer, i.currency,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0), 0) AS open,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0 AND i.due < :day), 0) AS arrears,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0 AND i.due >= :day), 0) AS not_due,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0 AND :day - i.due BETWEEN 1 AND 30), 0) AS to_30,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0 AND :day - i.due BETWEEN 31 AND 60), 0) AS to_60,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0 AND :day - i.due BETWEEN 61 AND 90), 0) AS to_90,
       coalesce(sum(i.open_minor) FILTER (WHERE i.open_minor > 0 AND :day - i.due > 90), 0) AS over_90,
       coalesce(-sum(i.open_minor) FILTER (WHERE i.open_minor < 0), 0) AS in_credit,
       count(*) FILTER (WHERE i.open_minor > 0) AS items,
       min(i.due) FILTER (WHERE i.open_minor > 0 AND i.due < :day) AS oldest
FROM open_items i
WHERE i.open_minor <> 0 AND (CAST(:dealer AS text) IS NULL OR i.dealer = :dealer)
  AND (CAST(:customer AS text) IS NULL OR i.customer = :customer)
GROUP BY 1, 2, 3
ORDER BY arrears DESC, open DESC, 1, 2, 3
""").bindparams(sa.bindparam("day", type_=sa.Date))


_WINDOWS = sa.text("""
SELECT o.dealer, c.plant, to_char(c.ends AT TIME ZONE 'UTC', 'IYYY-"W"IW') AS week,
       count(*) FILTER (WHERE c.verdict = 'met') AS met,
       count(*) FILTER (WHERE c.verdict = 'early') AS early,
       count(*) FILTER (WHERE c.verdict = 'late') AS late,
       count(*) FILTER (WHERE c.verdict = 'open' AND c.ends < now()) AS overdue,
       count(*) FILTER (WHERE c.verdict = 'open' AND c.ends >= now()) AS ahead
FROM orders o
CROSS JOIN LATERAL (
    SELECT call ->> 'plant' AS plant, call ->> 'verdict' AS verdict, CAST(call ->> 'window_until' AS timestamptz) AS ends
    FROM jsonb_array_elements(o.calls) AS call WHERE call ->> 'quantity' <> '0'
) AS c
WHERE o.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND (CAST(:dealer AS text) IS NULL OR o.dealer = :dealer)
  AND (CAST(:since AS date) IS NULL OR (c.ends AT TIME ZONE 'UTC')::date >= :since)
  AND (CAST(:until AS date) IS NULL OR (c.ends AT TIME ZONE 'UTC')::date <= :until)
GROUP BY 1, 2, 3
ORDER BY 3, 1, 2
""")


class Wanted(NamedTuple):
    """Which orders to list; `states` None for all, `is_late` only those of which something is overdue.

    `missing` are only those of which that paper is missing, or with "any" whichever.
    """

    states: tuple[str, ...] | None = None
    dealer: str | None = None
    customer: str | None = None
    is_late: bool = False
    missing: str | None = None


class Listed(NamedTuple):
    """One order in a list; `missing` are papers with the moment until which they should have come."""

    principal: str
    ref: str
    status: str
    dealer: str | None
    opportunity: str | None
    customer: str | None
    number: str | None
    product: str | None
    progress: int
    ordered: int
    confirmed: int
    despatched: int
    received: int
    invoiced: int
    paid: int
    promised: date | None
    due_at: datetime | None
    is_late: bool
    missing: list[dict[str, Any]]


class Adherence(NamedTuple):
    """How call-offs whose windows end in a week arrived; `overdue` ones have not, and `ahead` are windows that are still to end."""

    dealer: str | None
    plant: str | None
    week: str
    met: int
    early: int
    late: int
    overdue: int
    ahead: int

    @property
    def percent(self) -> float | None:
        """The share of the windows that have ended, or were too early for, that were met."""
        ended = self.met + self.early + self.late + self.overdue
        return round(100 * self.met / ended, 1) if ended else None


class Receivable(NamedTuple):
    """What one customer owes in one currency, in minor units; without a customer it is the dealer itself.

    `arrears` is what is past its day, and falls into the buckets up to `over_90` days; `in_credit` is what is owed to the customer.
    """

    dealer: str
    customer: str | None
    currency: str
    open: int
    arrears: int
    not_due: int
    to_30: int
    to_60: int
    to_90: int
    over_90: int
    in_credit: int
    items: int
    oldest: date | None


async def listed(snapshot: Snapshot, wanted: Wanted, most: int) -> list[Listed]:
    """Orders by what is due first, or by what is missing for longest where that is asked for; at most so many."""
    states = list(wanted.states) if wanted.states is not None else None
    papers = [] if wanted.missing == ANY else [{"paper": wanted.missing}]
    missing = None if wanted.missing is None else orjson.dumps(papers).decode()
    asked = {**wanted._asdict(), "states": states, "missing": missing, "most": most}
    return [Listed(*row) for row in await snapshot.execute(_LISTED, asked)]


async def adherence(snapshot: Snapshot, dealer: str | None, since: date | None, until: date | None) -> list[Adherence]:
    """One row for each dealer, plant and ISO week with call-offs; both days belong to the period."""
    rows = await snapshot.execute(_WINDOWS, {"dealer": dealer, "since": since, "until": until})
    return [Adherence(*row) for row in rows]


async def of_opportunity(snapshot: Snapshot, dealer: str, opportunity: str) -> list[tuple[Subject, Order]]:
    """The orders of an opportunity, in the order of its wins."""
    columns = orders.table.c
    return await _orders(snapshot, _WHOLE.where(columns.dealer == dealer, columns.opportunity == opportunity).order_by(columns.win))


async def of_car(snapshot: Snapshot, vin: str) -> list[tuple[Subject, Order]]:
    """Orders of which a paper names the VIN."""
    columns = orders.table.c
    return await _orders(snapshot, _WHOLE.where(columns.vins != [], columns.vins.contains([vin])).order_by(columns.principal, columns.ref))


async def _orders(snapshot: Snapshot, query: sa.Select[Any]) -> list[tuple[Subject, Order]]:
    return [(Subject(row[0], row[1]), Order._make(row[2:])) for row in await snapshot.execute(query)]


async def items(snapshot: Snapshot, dealer: str | None, customer: str | None) -> list[OpenItem]:
    """What is not settled, by the day on which it is due."""
    columns = open_items.table.c
    query = sa.select(*(columns[field] for field in OpenItem._fields)).where(columns.open_minor != 0)
    for column, value in ((columns.dealer, dealer), (columns.customer, customer)):
        query = query if value is None else query.where(column == value)
    return [OpenItem._make(row) for row in await snapshot.execute(query.order_by(columns.due, columns.document))]


async def receivables(snapshot: Snapshot, day: date, dealer: str | None, customer: str | None) -> Sequence[Receivable]:
    """One row for each customer and currency of which something is open, the greatest arrears first."""
    rows: Any = await snapshot.execute(_RECEIVABLES, {"day": day, "dealer": dealer, "customer": customer})
    return [Receivable(*row[:3], *(int(n) for n in row[3:11]), *row[11:]) for row in rows]  # a sum of 64-bit numbers may need more bits
