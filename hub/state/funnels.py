"""Count opportunities by stage, as they stand now."""

from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from hub.state.reading import Snapshot

_COUNTS = sa.text("""
SELECT o.sales_model, o.stage, o.status, o.amount_currency AS currency, count(*) AS opportunities,
       coalesce(sum(o.amount_minor), 0) AS minor
FROM opportunities o
WHERE (CAST(:principal AS text) IS NULL OR o.principal = :principal) AND (CAST(:model AS text) IS NULL OR o.sales_model = :model)
  AND (CAST(:since AS date) IS NULL OR (o.opened_at AT TIME ZONE 'UTC')::date >= :since)
  AND (CAST(:until AS date) IS NULL OR (o.opened_at AT TIME ZONE 'UTC')::date <= :until)
GROUP BY 1, 2, 3, 4
""")

_AGES = sa.text("""
SELECT o.sales_model, o.stage,
       extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY now() - o.stage_since)) / 86400 AS median_days,
       extract(epoch FROM max(now() - o.stage_since)) / 86400 AS longest_days,
       count(*) FILTER (WHERE now() - o.stage_since > make_interval(days => l.days)) AS stuck
FROM opportunities o
LEFT JOIN unnest(CAST(:models AS text[]), CAST(:stages AS text[]), CAST(:days AS int[])) AS l (model, stage, days)
  ON l.model = o.sales_model AND l.stage = o.stage
WHERE o.status = 'open' AND (CAST(:principal AS text) IS NULL OR o.principal = :principal)
  AND (CAST(:model AS text) IS NULL OR o.sales_model = :model)
  AND (CAST(:since AS date) IS NULL OR (o.opened_at AT TIME ZONE 'UTC')::date >= :since)
  AND (CAST(:until AS date) IS NULL OR (o.opened_at AT TIME ZONE 'UTC')::date <= :until)
GROUP BY 1, 2
""")


class Scope(NamedTuple):
    """Which opportunities: of one dealer (as principal), of one sales model, opened in a period; both days belong to it."""

    principal: str | None = None
    model: str | None = None
    since: date | None = None
    until: date | None = None


class Counted(NamedTuple):
    """Opportunities of one stage, status and currency; `minor` sums those that have an amount."""

    sales_model: str
    stage: str
    status: str
    currency: str | None
    opportunities: int
    minor: int


class Age(NamedTuple):
    """How long the open opportunities of a stage have stood there; `stuck` counts those beyond its limit."""

    sales_model: str
    stage: str
    median_days: float
    longest_days: float
    stuck: int


async def counts(snapshot: Snapshot, scope: Scope) -> list[Counted]:
    """One row for each sales model, stage, status and currency."""
    rows = await snapshot.execute(_COUNTS, scope._asdict())
    return [Counted(*row)._replace(minor=int(row.minor)) for row in rows]  # a sum of 64-bit numbers may need more bits


async def ages(snapshot: Snapshot, scope: Scope, limits: dict[tuple[str, str], int]) -> list[Age]:
    """One row for each sales model and stage with open opportunities; `limits` are days by model and stage."""
    arrays = {"models": [key[0] for key in limits], "stages": [key[1] for key in limits], "days": list(limits.values())}
    rows = await snapshot.execute(_AGES, {**scope._asdict(), **arrays})
    return [Age(row[0], row[1], float(row[2]), float(row[3]), row[4]) for row in rows]
