"""The tally of what is handed over and what comes back, by provider and campaign, and the brake where it is a wave."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.rules.bounce_wave import Tally
from hub.state.store import Connection

FORGET_AFTER = timedelta(hours=1)
"""A tally begins anew after so long, unless the brake is pulled."""

_ADD = """
INSERT INTO send_brakes AS b (scope, sent, bad, since)
SELECT n.scope, n.sent, n.bad, $1 FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS n (scope, sent, bad) ORDER BY n.scope
ON CONFLICT (scope) DO UPDATE SET
    sent = EXCLUDED.sent + CASE WHEN b.since < $2 AND b.pulled_at IS NULL THEN 0 ELSE b.sent END,
    bad = EXCLUDED.bad + CASE WHEN b.since < $2 AND b.pulled_at IS NULL THEN 0 ELSE b.bad END,
    since = CASE WHEN b.since < $2 AND b.pulled_at IS NULL THEN $1 ELSE b.since END
RETURNING scope, sent, bad
"""
_PULL = "UPDATE send_brakes SET pulled_at = $1 WHERE scope = ANY($2::text[]) AND pulled_at IS NULL RETURNING scope"
_PULLED = "SELECT scope FROM send_brakes WHERE pulled_at IS NOT NULL"
_ALL = "SELECT scope, sent, bad, since, pulled_at FROM send_brakes ORDER BY pulled_at DESC NULLS LAST, scope"
_RELEASE = "UPDATE send_brakes SET pulled_at = NULL, sent = 0, bad = 0, since = $1 WHERE scope = $2 AND pulled_at IS NOT NULL"
_CAME_BACK = """
WITH back AS (
    SELECT d.campaign, d.provider, r.since FROM delivery_reports r
    JOIN deliveries d ON d.id = CASE WHEN r.ref ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN r.ref::uuid END
    WHERE r.principal = 'hub' AND r.status IN ('failed', 'bounced', 'complained') AND r.since > $1
)
SELECT b.scope, b.sent, b.bad + count(*) FROM send_brakes b
JOIN back ON back.since > b.since AND b.scope IN ('campaign:' || back.campaign, 'provider:' || back.provider)
WHERE b.pulled_at IS NULL GROUP BY b.scope
"""


class SendBrake(NamedTuple):
    """How a provider (`provider:smtp`) or a campaign (`campaign:spring`) fares; pulled, nothing goes until an operator lets it."""

    scope: str
    sent: int
    bad: int
    since: datetime
    pulled_at: datetime | None


def of_provider(name: str) -> str:
    """The scope of a provider."""
    return f"provider:{name}"


def of_campaign(name: str) -> str:
    """The scope of a campaign."""
    return f"campaign:{name}"


async def add(connection: Connection, counts: Mapping[str, Tally], now: datetime) -> dict[str, Tally]:
    """Add to the tallies of these scopes; returns what they come to."""
    columns = [list(counts), [tally.sent for tally in counts.values()], [tally.bad for tally in counts.values()]]
    return {row[0]: Tally(row[1], row[2]) for row in await connection.fetch(_ADD, now, now - FORGET_AFTER, *columns)}


async def came_back(connection: Connection, now: datetime) -> dict[str, Tally]:
    """The tallies of those scopes of which providers and recipients reported something since they began, with that counted as bad."""
    return {row[0]: Tally(row[1], row[2]) for row in await connection.fetch(_CAME_BACK, now - FORGET_AFTER)}


async def pull(connection: Connection, scopes: Sequence[str], now: datetime) -> list[str]:
    """Let nothing go any more in these scopes; returns those in which it still did."""
    return [row[0] for row in await connection.fetch(_PULL, now, scopes)]


async def pulled(connection: Connection) -> set[str]:
    """The scopes that stand still."""
    return {row[0] for row in await connection.fetch(_PULLED)}


async def brakes(connection: Connection) -> list[SendBrake]:
    """Every tally, those that stand still first."""
    return [SendBrake(*row) for row in await connection.fetch(_ALL)]


async def release(connection: Connection, scope: str, now: datetime) -> bool:
    """Let things go again, with a new tally; False where nothing stood still."""
    return (await connection.execute(_RELEASE, now, scope)).endswith(" 1")
