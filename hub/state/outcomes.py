"""What became of claimed deliveries (T4 and T5): when each was begun, and what came of it, under the claim's token."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from contracts.values import Channel, PersonKind
from hub.state.rows import RowType
from hub.state.store import Connection

Told: TypeAlias = Literal["sent", "failed", "unknown", "cancelled", "expired", "excluded", "pending"]
"""The states that others hear of."""

RETOLD = (
    "d.id, d.state, d.reason, d.principal, d.person_kind, d.person, d.purpose, d.grantee, d.template, d.channel, d.campaign, d.documents,"
    " d.attempts, d.provider, d.provider_ref, d.segments, d.cost_minor, d.currency, d.revision, d.changed_at"
)
"""Columns of `deliveries AS d` that others are told of."""

ROWS = RowType(
    "outcome",
    {
        "id": "uuid",
        "state": "text",
        "reason": "text",
        "answer": "text",
        "due_at": "timestamptz",
        "provider_ref": "text",
        "segments": "smallint",
        "cost_minor": "bigint",
        "currency": "text",
    },
)
"""A session that records needs it made first (`rows.make`); an `Outcome` is such a row."""

# By their ids, never by the index on leases: until it is vacuumed that has an entry for everything that was claimed lately, sent or not.
_IN_HAND = """id = ANY($1::uuid[]) AND token = $2 AND state || '' = 'claimed' AND leased_until >= $3::timestamptz + $4
"""
_MINE = f"SELECT id FROM deliveries WHERE {_IN_HAND} ORDER BY id FOR UPDATE"  # noqa: S608 - names of our own
_START = """
UPDATE deliveries AS d SET started_at = n.at FROM unnest($1::uuid[], $2::timestamptz[]) AS n (id, at) WHERE d.id = n.id
"""
_START_MINE = f"UPDATE deliveries SET started_at = $3 WHERE {_IN_HAND} RETURNING id"  # noqa: S608 - names of our own
_GIVE_BACK = """
UPDATE deliveries AS d SET state = 'pending', reason = n.reason, due_at = n.due_at, token = NULL, leased_until = NULL, changed_at = $2,
    revision = d.revision + 1
FROM unnest($3::uuid[], $4::timestamptz[], $5::text[]) AS n (id, due_at, reason)
WHERE d.id = n.id AND d.token = $1 AND d.state = 'claimed'
"""
_RECORD = f"""
UPDATE deliveries AS d SET state = n.state, reason = n.reason, answer = n.answer, due_at = coalesce(n.due_at, d.due_at),
    provider_ref = coalesce(n.provider_ref, d.provider_ref), segments = n.segments, cost_minor = n.cost_minor, currency = n.currency,
    attempts = d.attempts + 1, leased_until = NULL, changed_at = $2, revision = d.revision + 1
FROM unnest($3::{ROWS.array}) AS n
WHERE d.id = n.id AND d.token = $1 AND d.state IN ('claimed', 'unknown')
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_LAPSED = f"""
UPDATE deliveries AS d SET state = CASE WHEN d.started_at IS NULL THEN 'pending' ELSE 'unknown' END, reason = 'lease expired',
    attempts = d.attempts + CASE WHEN d.started_at IS NULL THEN 0 ELSE 1 END, leased_until = NULL,
    due_at = CASE WHEN d.started_at IS NULL THEN $1 ELSE d.due_at END,
    changed_at = $1, revision = d.revision + 1
WHERE d.id IN (SELECT id FROM deliveries WHERE state = 'claimed' AND leased_until < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_EXPIRED = f"""
UPDATE deliveries AS d SET state = 'expired', reason = 'expired before it could go', changed_at = $1, revision = d.revision + 1
WHERE d.id IN (
    SELECT id FROM deliveries WHERE state IN ('planned', 'pending') AND due_at <= $1 AND expires_at <= $1
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_REPORTED = f"""
UPDATE deliveries AS d SET state = CASE WHEN r.status = 'failed' THEN 'failed' ELSE 'sent' END, reason = 'reported: ' || r.status,
    provider_ref = coalesce(d.provider_ref, r.reference), changed_at = $1, revision = d.revision + 1
FROM delivery_reports r
WHERE d.state = 'unknown' AND r.principal = 'hub' AND r.ref = d.id::text AND r.status NOT IN ('queued', 'sending')
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own


class Retold(NamedTuple):
    """A delivery as others hear of it."""

    id: UUID
    state: Told
    reason: str | None
    principal: str
    person_kind: PersonKind
    person: str
    purpose: str
    grantee: str
    template: str
    channel: Channel | None
    campaign: str | None
    documents: list[str]
    attempts: int
    provider: str | None
    provider_ref: str | None
    segments: int | None
    cost_minor: int | None
    currency: str | None
    revision: int
    changed_at: datetime


class Outcome(NamedTuple):
    """What came of one send; `answer` holds the provider's own words, which may quote an address: nobody is told of them."""

    id: UUID
    state: str
    reason: str | None = None
    answer: str | None = None
    due_at: datetime | None = None
    provider_ref: str | None = None
    segments: int | None = None
    cost_minor: int | None = None
    currency: str | None = None


async def mine(connection: Connection, token: UUID, wanted: Sequence[UUID], now: datetime, longest: timedelta) -> set[UUID]:
    """Those of these that are still claimed under the token, with a lease that outlives a send that takes `longest`; locked."""
    return {row[0] for row in await connection.fetch(_MINE, wanted, token, now, longest)}


async def start(connection: Connection, started: Sequence[tuple[UUID, datetime]]) -> None:
    """Note of deliveries that `mine` has locked when sending each begins: from here on a crash leaves them unknown."""
    await connection.execute(_START, *zip(*started, strict=True))


async def start_mine(connection: Connection, token: UUID, wanted: Sequence[UUID], now: datetime, longest: timedelta) -> set[UUID]:
    """Both in one statement, which commits by itself outside of a transaction: look whose these are, and note that sending them begins."""
    return {row[0] for row in await connection.fetch(_START_MINE, wanted, token, now, longest)}


async def give_back(connection: Connection, token: UUID, given: Sequence[tuple[UUID, datetime, str | None]], now: datetime) -> None:
    """These were not sent, as their claimer knows: others may claim them, each from its time on."""
    await connection.execute(_GIVE_BACK, token, now, *zip(*given, strict=True))


async def record(connection: Connection, token: UUID, outcomes: Sequence[Outcome], now: datetime) -> list[Retold]:
    """Record what came of sends under their claim's token; what was settled or sent again meanwhile stays as it is.

    Known late, an outcome still settles what its expired lease had made unknown.
    """
    rows = await connection.fetch(_RECORD, token, now, outcomes)
    return [Retold(*row) for row in rows]


async def lapse(connection: Connection, now: datetime, most: int) -> list[Retold]:
    """End the claims whose lease has expired: begun, nobody knows what came of it; not begun, it may go again."""
    return [Retold(*row) for row in await connection.fetch(_LAPSED, now, most)]


async def expire(connection: Connection, now: datetime, most: int) -> list[Retold]:
    """End what is past its time and was not claimed: its channel has no provider, or its provider stands still."""
    return [Retold(*row) for row in await connection.fetch(_EXPIRED, now, most)]


async def settle_reported(connection: Connection, now: datetime) -> list[Retold]:
    """Settle what is unknown by what providers have reported of it."""
    return [Retold(*row) for row in await connection.fetch(_REPORTED, now)]
