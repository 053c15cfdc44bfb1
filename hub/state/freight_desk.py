"""Read freight charges for people: charges, disputes, the ledger's entries, costs by lane, errors by reason."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from hub.rules.decision import Subject
from hub.state.reading import Snapshot

_OF = "(CAST(:principal AS text) IS NULL OR c.principal = :principal)"

_CHARGES = sa.text(f"""
SELECT c.principal, c.ref, c.status, c.lane, c.currency, c.expected_minor, c.billed_minor, c.disputed_minor, c.credited_minor,
       c.cost_minor, c.despatched_at,
       (SELECT coalesce(jsonb_object_agg(b.currency, b.minor), '{{}}')
        FROM jsonb_to_recordset(c.balances) AS b (account text, currency text, minor bigint)
        WHERE b.account = 'disputed' AND b.currency <> c.currency AND b.minor <> 0) AS disputed_elsewhere
FROM freight_charges c
WHERE {_OF} AND (CAST(:status AS text) IS NULL OR c.status = :status) AND (CAST(:lane AS text) IS NULL OR c.lane = :lane)
ORDER BY c.despatched_at DESC NULLS FIRST, c.principal, c.ref
LIMIT :most
""")  # noqa: S608 - words of our own

_DISPUTES = sa.text(f"""
SELECT c.principal, c.ref, d.invoice, d.state, d.currency, d.disputed_minor, d.credited_minor, d.raised_at, d.answer_by,
       (SELECT jsonb_agg(DISTINCT f->>'reason' ORDER BY f->>'reason') FROM jsonb_array_elements(c.findings) f
        WHERE f->>'invoice' = d.invoice AND f->>'currency' = d.currency) AS reasons
FROM freight_charges c, jsonb_to_recordset(c.disputes) AS d (
    invoice text, state text, currency text, disputed_minor bigint, credited_minor bigint, raised_at timestamptz, answer_by date)
WHERE {_OF} AND (CAST(:state AS text) IS NULL OR d.state = :state)
  AND (CAST(:overdue_on AS date) IS NULL OR (d.state = 'open' AND d.answer_by < :overdue_on))
ORDER BY d.answer_by, c.principal, c.ref, d.invoice
LIMIT :most
""").bindparams(sa.bindparam("overdue_on", type_=sa.Date))  # noqa: S608 - words of our own

_ENTRIES = sa.text("""
SELECT e.id, e.principal, e.ref, e.posting, e.account, e.currency, e.minor, e.because, e.occurred_at, e.posted_at
FROM entries e
WHERE e.store = 'freight_charges' AND (CAST(:principal AS text) IS NULL OR e.principal = :principal)
  AND (CAST(:ref AS text) IS NULL OR e.ref = :ref) AND (CAST(:account AS text) IS NULL OR e.account = :account)
ORDER BY e.id DESC
LIMIT :most
""")

_BALANCES = sa.text("""
SELECT e.account, e.currency, sum(e.minor), count(*) FROM entries e
WHERE e.store = 'freight_charges' AND (CAST(:principal AS text) IS NULL OR e.principal = :principal)
  AND (CAST(:ref AS text) IS NULL OR e.ref = :ref) AND (CAST(:account AS text) IS NULL OR e.account = :account)
GROUP BY 1, 2 ORDER BY 2, 1
""")

_APART = sa.text("""
WITH due AS (
    SELECT c.principal, c.ref, b.account, b.currency, b.minor
    FROM freight_charges c, jsonb_to_recordset(c.balances) AS b (account text, currency text, minor bigint)
), posted AS (
    SELECT e.principal, e.ref, e.account, e.currency, sum(e.minor) AS minor
    FROM entries e WHERE e.store = 'freight_charges' GROUP BY 1, 2, 3, 4
)
SELECT DISTINCT principal, ref FROM due FULL JOIN posted USING (principal, ref, account, currency)
WHERE coalesce(due.minor, 0) <> coalesce(posted.minor, 0) ORDER BY 1, 2
""")

_COSTS = sa.text(f"""
SELECT c.principal, c.lane, e.currency, count(DISTINCT c.ref), sum(e.minor), sum(c.weight_g) FILTER (WHERE e.is_first)
FROM freight_charges c
JOIN (SELECT e.principal, e.ref, e.currency, sum(e.minor) AS minor,
             row_number() OVER (PARTITION BY e.principal, e.ref ORDER BY e.currency) = 1 AS is_first
      FROM entries e WHERE e.store = 'freight_charges' AND e.account = 'cost' GROUP BY 1, 2, 3) e
  ON e.principal = c.principal AND e.ref = c.ref
WHERE {_OF} AND (CAST(:since AS date) IS NULL OR (c.despatched_at AT TIME ZONE 'UTC')::date >= :since)
  AND (CAST(:until AS date) IS NULL OR (c.despatched_at AT TIME ZONE 'UTC')::date <= :until)
GROUP BY 1, 2, 3 ORDER BY sum(e.minor) DESC, 1, 2, 3
""").bindparams(sa.bindparam("since", type_=sa.Date), sa.bindparam("until", type_=sa.Date))  # noqa: S608 - words of our own

_SHARES = sa.text(f"""
SELECT c.principal,
       CASE WHEN CAST(:by AS text) = 'order' THEN a.order_id WHEN a.order_id LIKE '%/%#%' THEN split_part(a.order_id, '/', 1) END,
       a.currency, count(DISTINCT c.ref), sum(a.minor)
FROM freight_charges c
JOIN LATERAL (SELECT s->>'order' AS order_id, s->>'currency' AS currency, (s->>'minor')::bigint AS minor
              FROM jsonb_array_elements(c.allocations) s) a ON true
WHERE {_OF} AND (CAST(:since AS date) IS NULL OR (c.despatched_at AT TIME ZONE 'UTC')::date >= :since)
  AND (CAST(:until AS date) IS NULL OR (c.despatched_at AT TIME ZONE 'UTC')::date <= :until)
GROUP BY 1, 2, 3 ORDER BY sum(a.minor) DESC, 1, 2, 3
""").bindparams(sa.bindparam("since", type_=sa.Date), sa.bindparam("until", type_=sa.Date))  # noqa: S608 - words of our own

_ERRORS = sa.text(f"""
SELECT principal, reason, currency, count(*), sum(disputed), sum(saved)
FROM (
    SELECT c.principal, f.reason, f.currency, f.disputed_minor AS disputed, f.credited_minor AS saved
    FROM freight_charges c, jsonb_to_recordset(c.findings) AS f (reason text, currency text, disputed_minor bigint, credited_minor bigint)
    WHERE {_OF}
    UNION ALL
    SELECT c.principal, 'total', c.currency, abs(c.net_minor::numeric - c.lines_minor), 0
    FROM freight_invoices c WHERE {_OF} AND c.net_minor <> c.lines_minor
) found
GROUP BY 1, 2, 3 ORDER BY sum(disputed) DESC, 1, 2, 3
""")  # noqa: S608 - words of our own


class Charged(NamedTuple):
    """One charge in a list; minor units of the currency agreed, and what is disputed in others, by currency."""

    principal: str
    consignment: str
    status: str
    lane: str | None
    currency: str
    expected_minor: int
    billed_minor: int
    disputed_minor: int
    credited_minor: int
    cost_minor: int
    despatched_at: datetime | None
    disputed_elsewhere: dict[str, int]


class Disputed(NamedTuple):
    """What is disputed of one consignment on one invoice."""

    principal: str
    consignment: str
    invoice: str
    state: str
    currency: str
    disputed_minor: int
    credited_minor: int
    raised_at: datetime
    answer_by: date
    reasons: list[str]


class Posted(NamedTuple):
    """One entry of the ledger: debits positive."""

    id: int
    principal: str
    consignment: str
    posting: UUID
    account: str
    currency: str
    minor: int
    because: UUID
    occurred_at: datetime
    posted_at: datetime


class AccountBalance(NamedTuple):
    """What stands on an account in one currency, and of how many entries."""

    account: str
    currency: str
    minor: int
    entries: int


class LaneCost(NamedTuple):
    """What a carrier costs on a lane in one currency; without a lane it is what no tariff has a price for."""

    principal: str
    lane: str | None
    currency: str
    shipments: int
    minor: int
    weight_g: int


class BorneCost(NamedTuple):
    """What an order, or all orders of a dealer, bear of a carrier's costs; None where nobody's order bears it."""

    principal: str
    bearer: str | None
    currency: str
    shipments: int
    minor: int


class Errors(NamedTuple):
    """A carrier's errors of one kind: how many lines, how much was disputed, how much came back.

    Of the kind `total`: how many bills, and by how much they differ from the sums of their lines.
    """

    principal: str
    reason: str
    currency: str
    lines: int
    disputed_minor: int
    saved_minor: int


async def charges(snapshot: Snapshot, principal: str | None, status: str | None, lane: str | None, most: int) -> list[Charged]:
    """Charges, the latest despatch first."""
    rows = await snapshot.execute(_CHARGES, {"principal": principal, "status": status, "lane": lane, "most": most})
    return [Charged(*row) for row in rows]


async def disputes(
    snapshot: Snapshot, principal: str | None, state: str | None, overdue_on: date | None, most: int | None
) -> list[Disputed]:
    """Disputes by when they are to be answered; with `overdue_on` those that were to be by then."""
    asked = {"principal": principal, "state": state, "overdue_on": overdue_on, "most": most}
    return [Disputed(*row) for row in await snapshot.execute(_DISPUTES, asked)]


async def entries(snapshot: Snapshot, principal: str | None, ref: str | None, account: str | None, most: int) -> list[Posted]:
    """The ledger's entries, the latest first."""
    rows = await snapshot.execute(_ENTRIES, {"principal": principal, "ref": ref, "account": account, "most": most})
    return [Posted(*row) for row in rows]


async def balances(snapshot: Snapshot, principal: str | None, ref: str | None, account: str | None) -> list[AccountBalance]:
    """What stands on each account, of a carrier or of one consignment where it is asked for."""
    rows = await snapshot.execute(_BALANCES, {"principal": principal, "ref": ref, "account": account})
    return [AccountBalance(row[0], row[1], int(row[2]), row[3]) for row in rows]  # a sum of 64-bit numbers may need more bits


async def apart(snapshot: Snapshot) -> list[Subject]:
    """The charges whose entries do not add up to what their state says: none, unless states were replaced since."""
    return [Subject(*row) for row in await snapshot.execute(_APART)]


async def costs(snapshot: Snapshot, principal: str | None, since: date | None, until: date | None) -> list[LaneCost]:
    """The cost of each carrier and lane, the dearest first."""
    rows = await snapshot.execute(_COSTS, {"principal": principal, "since": since, "until": until})
    return [LaneCost(row[0], row[1], row[2], row[3], int(row[4]), int(row[5] or 0)) for row in rows]


async def shares(snapshot: Snapshot, by: str, principal: str | None, since: date | None, until: date | None) -> list[BorneCost]:
    """The cost as it is shared out, by `order` or `dealer`, the dearest first."""
    rows = await snapshot.execute(_SHARES, {"by": by, "principal": principal, "since": since, "until": until})
    return [BorneCost(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]


async def errors(snapshot: Snapshot, principal: str | None) -> list[Errors]:
    """Errors found on bills, the dearest kind first."""
    rows = await snapshot.execute(_ERRORS, {"principal": principal})
    return [Errors(row[0], row[1], row[2], row[3], int(row[4]), int(row[5])) for row in rows]
