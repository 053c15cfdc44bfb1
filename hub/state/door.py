"""What the door looks up and notes: dealers' tokens, what a link or callback names, when something was first heard."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID, uuid4

from hub.state.store import Connection

_KNOWS = "SELECT principal, is_suspended FROM door_tokens WHERE hash = $1 AND (ends_at IS NULL OR ends_at > now())"
_ISSUE = "INSERT INTO door_tokens (id, principal, hash, issued_by, is_suspended) VALUES ($1, $2, $3, $4, $5)"
_END = "UPDATE door_tokens SET ends_at = $2 WHERE principal = $1 AND (ends_at IS NULL OR ends_at > $2) RETURNING id"
_SUSPEND = "UPDATE door_tokens SET is_suspended = $2 WHERE principal = $1 AND is_suspended <> $2 RETURNING id"
_HOLD = "SELECT pg_advisory_lock($1, hashtext($2))"
_TOKENS = 0x68756274  # 'hubt': one at a time decides over the tokens of a principal
_LIST = """
SELECT id, principal, issued_at, issued_by, ends_at, is_suspended FROM door_tokens
WHERE ($1 = '' OR principal = $1) AND (ends_at IS NULL OR ends_at > now()) ORDER BY principal, issued_at
"""
# an upsert, so that of two who hear the same at once the second gets the first one's moment
_HEARD = """
INSERT INTO door_receipts AS r (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET received_at = r.received_at RETURNING received_at
"""
_FORGET = """
DELETE FROM door_receipts WHERE id IN (SELECT id FROM door_receipts WHERE received_at < now() - $1::interval LIMIT $2) RETURNING id
"""
_DELIVERY = "SELECT principal, person_kind, person, purpose, grantee, coalesce(channel, 'email'), address FROM deliveries WHERE id = $1"
_LETTERS = "SELECT id, address FROM deliveries WHERE id = ANY ($1::uuid[]) AND channel = 'post' AND address IS NOT NULL"
# of several editions of a version the last one by that day, else the first that is to come: as the courier sends it
_DOCUMENT = """
SELECT b.body ->> 'file', b.body ->> 'sha256', (b.body ->> 'valid_until')::date, b.retired
FROM deliveries d JOIN base_data b ON b.kind = 'sales_document' AND b.id || '@' || (b.body ->> 'version') = d.documents ->> $2::int
WHERE d.id = $1 ORDER BY b.effective_from > $3::date, abs(b.effective_from - $3::date) LIMIT 1
"""


class Speaker(NamedTuple):
    """Who a token belongs to."""

    principal: str
    is_suspended: bool


class Token(NamedTuple):
    """A token that opens the door, as an operator sees it; nobody has the token itself."""

    id: UUID
    principal: str
    issued_at: datetime
    issued_by: str
    ends_at: datetime | None
    is_suspended: bool


class Delivered(NamedTuple):
    """Whom a delivery was for, for what and from whom; `address` is the one that it went to."""

    principal: str
    person_kind: str
    person: str
    purpose: str
    grantee: str
    channel: str
    address: str | None


class Linked(NamedTuple):
    """The file of a sales document that a delivery names, and until when it holds."""

    file: str
    sha256: str
    valid_until: date | None
    retired: bool


def hashed(token: str) -> bytes:
    """What is kept of a token: it is long and random, so one plain hash keeps it from being found."""
    return sha256(token.encode("utf-8", "replace")).digest()


async def speaker(connection: Connection, token: str) -> Speaker | None:
    """Whose token it is; None where it never was one, or is one no more."""
    row = await connection.fetchrow(_KNOWS, hashed(token))
    return Speaker(*row) if row else None


async def heard_at(connection: Connection, name: UUID) -> datetime:
    """When something was first heard: it is the same whenever it is heard again."""
    moment: datetime = await connection.fetchval(_HEARD, name)
    return moment


async def forget_heard(connection: Connection, after: timedelta, most: int) -> int:
    """Let go of what was first heard so long ago; returns how many, at most so many at once."""
    return len(await connection.fetch(_FORGET, after, most))


async def delivered(connection: Connection, delivery: UUID) -> Delivered | None:
    """The delivery of that id."""
    row = await connection.fetchrow(_DELIVERY, delivery)
    return Delivered(*row) if row else None


async def letters(connection: Connection, deliveries: Collection[UUID]) -> dict[UUID, str]:
    """Where each of those deliveries went that are letters."""
    return {row["id"]: row["address"] for row in await connection.fetch(_LETTERS, deliveries)}


async def document(connection: Connection, delivery: UUID, place: int, day: date) -> Linked | None:
    """The document at that place among a delivery's, as it stands on that day; None where it names no such version."""
    row = await connection.fetchrow(_DOCUMENT, delivery, place, day)
    return Linked(*row) if row else None


async def hold(connection: Connection, principal: str) -> None:
    """Let nobody else give a principal tokens, or take what they are for, until the session ends.

    What the broker says of it is looked at and noted as one. The lock is no transaction's: none stays open while the broker is asked.
    """
    await connection.execute(_HOLD, _TOKENS, principal)


async def issue(connection: Connection, principal: str, token: str, who: str, *, is_suspended: bool = False) -> UUID:
    """Let a token open the door, at once or when its principal is no longer suspended; returns its id."""
    name = uuid4()
    await connection.execute(_ISSUE, name, principal, hashed(token), who, is_suspended)
    return name


async def end(connection: Connection, principal: str, at: datetime) -> int:
    """Let all tokens of a principal open the door no longer than that; returns how many."""
    return len(await connection.fetch(_END, principal, at))


async def suspend(connection: Connection, principal: str, *, is_suspended: bool) -> int:
    """Take or give back what a principal's tokens are for; returns how many changed."""
    return len(await connection.fetch(_SUSPEND, principal, is_suspended))


async def tokens(connection: Connection, principal: str = "") -> list[Token]:
    """The tokens that open the door, of one principal or of all."""
    return [Token(*row) for row in await connection.fetch(_LIST, principal)]
