"""Look through the deliveries, and send again, settle or cancel them, as an operator does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from hub.state.deliveries import CHANNEL
from hub.state.outcomes import RETOLD, Retold
from hub.state.store import Connection

STATES = ("planned", "claimed", "sent", "pending", "failed", "unknown", "cancelled", "expired", "excluded")
"""In the order of a delivery's life."""

_COLUMNS = (
    "d.id, d.state, d.reason, d.principal, d.person_kind, d.person, d.purpose, d.grantee, d.nature, d.channel, d.template, d.campaign,"
    " d.documents, d.priority, d.due_at, d.expires_at, d.consumer, d.because, d.planned_at, d.changed_at, d.revision, d.attempts,"
    " d.started_at, d.leased_until, d.provider, d.provider_ref, d.segments, d.cost_minor, d.currency, d.dedupe_key, d.address, d.answer,"
    " d.fields, r.status, r.since, r.cause"
)
_FOUND = f"""
SELECT {_COLUMNS} FROM deliveries d LEFT JOIN delivery_reports r ON r.principal = 'hub' AND r.ref = d.id::text
WHERE ($1 = '' OR d.state = $1) AND ($2 = '' OR d.channel = $2) AND ($3 = '' OR d.campaign = $3) AND ($4 = '' OR d.principal = $4)
  AND ($5 = '' OR d.person = $5) AND ($6 = '' OR d.reason = $6) AND d.id::text LIKE $7
ORDER BY d.changed_at DESC, d.id LIMIT $8
"""  # noqa: S608 - names of our own
_RESEND = f"""
UPDATE deliveries AS d SET state = 'pending', reason = 'sent again by an operator', due_at = $2, token = NULL, leased_until = NULL,
    changed_at = $2, revision = d.revision + 1
WHERE d.id = ANY($1::uuid[]) AND d.state IN ('unknown', 'failed') AND d.expires_at > $2
  AND (d.started_at IS NULL OR d.started_at < $2::timestamptz - $3::interval)
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_SETTLE = f"""
UPDATE deliveries AS d SET state = $3, reason = 'settled by an operator', changed_at = $2, revision = d.revision + 1
WHERE d.id = ANY($1::uuid[]) AND d.state = 'unknown'
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_CANCEL = f"""
UPDATE deliveries AS d SET state = 'cancelled', reason = 'cancelled by an operator', changed_at = $2, revision = d.revision + 1
WHERE d.id = ANY($1::uuid[]) AND d.state IN ('planned', 'pending')
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_DOUBT = f"""
UPDATE deliveries AS d SET state = 'unknown', reason = 'restored from a backup', token = NULL, leased_until = NULL, changed_at = $1,
    revision = d.revision + 1
WHERE d.state = 'claimed' OR (d.state IN ('planned', 'pending') AND d.due_at <= $1)
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_WAKE = f"SELECT pg_notify('{CHANNEL}', '')"


class Delivery(NamedTuple):
    """A delivery as an operator sees it; `status`, `reported_at` and `cause` are what providers reported of it."""

    id: UUID
    state: str
    reason: str | None
    principal: str
    person_kind: str
    person: str
    purpose: str
    grantee: str
    nature: str
    channel: str | None
    template: str
    campaign: str | None
    documents: list[str]
    priority: int
    due_at: datetime
    expires_at: datetime
    consumer: str
    because: UUID
    planned_at: datetime
    changed_at: datetime
    revision: int
    attempts: int
    started_at: datetime | None
    leased_until: datetime | None
    provider: str | None
    provider_ref: str | None
    segments: int | None
    cost_minor: int | None
    currency: str | None
    dedupe_key: str
    address: str | None
    answer: str | None
    fields: dict[str, Any]
    status: str | None
    reported_at: datetime | None
    cause: str | None


class Choice(NamedTuple):
    """Which of them; what is empty does not matter. `name` is the beginning of an id."""

    state: str = ""
    channel: str = ""
    campaign: str = ""
    principal: str = ""
    person: str = ""
    reason: str = ""
    name: str = ""


async def deliveries(connection: Connection, choice: Choice, most: int) -> list[Delivery]:
    """Those chosen, the one that changed last first."""
    rows = await connection.fetch(_FOUND, *choice[:-1], f"{choice.name.lower()}%", most)
    return [Delivery(*row) for row in rows]


async def resend(connection: Connection, names: Sequence[UUID], now: datetime, after: timedelta) -> list[Retold]:
    """Let these go once more; those that are in hand, worth nothing any more or begun less than `after` ago stay as they are."""
    found = [Retold(*row) for row in await connection.fetch(_RESEND, names, now, after)]
    await connection.execute(_WAKE)
    return found


async def settle(connection: Connection, names: Sequence[UUID], now: datetime, state: Literal["sent", "failed"]) -> list[Retold]:
    """What became of these is known after all; only of what is unknown."""
    return [Retold(*row) for row in await connection.fetch(_SETTLE, names, now, state)]


async def cancel(connection: Connection, names: Sequence[UUID], now: datetime) -> list[Retold]:
    """These are not to go; what is in hand, or gone, stays as it is."""
    return [Retold(*row) for row in await connection.fetch(_CANCEL, names, now)]


async def doubt(connection: Connection, now: datetime) -> list[Retold]:
    """Of all that could have been claimed by now nobody knows whether it went: the ledger was set back."""
    return [Retold(*row) for row in await connection.fetch(_DOUBT, now)]
