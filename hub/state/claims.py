"""Claims of deliveries (T3): what is due is taken under a token and a lease, in the transaction that looked at everything else."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts.values import Channel
from hub.rules.notices import Nature, Person, Priority
from hub.state.outcomes import RETOLD, Retold
from hub.state.store import Connection

_DUE = """
SELECT id, principal, person_kind, person, purpose, grantee, nature, channel, template, fields, documents, campaign, expires_at, attempts
FROM deliveries WHERE state IN ('planned', 'pending') AND {channel} AND priority = $1 AND due_at <= $2
ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""
_TAKE = """
UPDATE deliveries AS d SET state = 'claimed', reason = NULL, token = $1, leased_until = $2, started_at = NULL, provider = $3,
    channel = $4, address = n.address, is_counted = n.is_counted, changed_at = $5, revision = d.revision + 1
FROM unnest($6::uuid[], $7::text[], $8::boolean[]) AS n (id, address, is_counted) WHERE d.id = n.id
"""
_DEFER = """
UPDATE deliveries AS d SET due_at = n.due_at, reason = n.reason, channel = n.channel, changed_at = $1, revision = d.revision + 1
FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS n (id, due_at, reason, channel) WHERE d.id = n.id
"""
_END = f"""
UPDATE deliveries AS d SET state = n.state, reason = n.reason, channel = n.channel, changed_at = $1, revision = d.revision + 1
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS n (id, state, reason, channel) WHERE d.id = n.id
RETURNING {RETOLD}
"""  # noqa: S608 - names of our own
_LOCK_PERSONS = """
INSERT INTO person_sends AS p (person, principal, person_kind, claimed_at)
SELECT n.person, n.principal, n.person_kind, $1 FROM unnest($2::text[], $3::text[], $4::text[]) AS n (person, principal, person_kind)
ORDER BY 1, 2, 3 ON CONFLICT (person, principal, person_kind) DO UPDATE SET claimed_at = EXCLUDED.claimed_at
"""
_RECENT = """
SELECT d.principal, d.person_kind, d.person, coalesce(d.started_at, d.changed_at) AS at
FROM unnest($2::text[], $3::text[], $4::text[]) AS n (person, principal, person_kind)
JOIN deliveries d ON d.person = n.person AND d.principal = n.principal AND d.person_kind = n.person_kind
WHERE d.is_counted AND d.state IN ('claimed', 'sent', 'unknown') AND coalesce(d.started_at, d.changed_at) > $1 ORDER BY at
"""
_HELD = "SELECT EXISTS (SELECT FROM pauses WHERE consumer = 'courier')"


class Due(NamedTuple):
    """A delivery whose time has come, locked until the end of the transaction."""

    id: UUID
    person: Person
    purpose: str
    grantee: str
    nature: Nature
    channel: Channel | None
    template: str
    fields: dict[str, Any]
    documents: list[str]
    campaign: str | None
    expires_at: datetime
    attempts: int


async def database_time(connection: Connection) -> datetime:
    """What the clock of the database shows this moment: the one clock of all couriers."""
    moment: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return moment


async def is_held(connection: Connection) -> bool:
    """Whether an operator has couriers stand still."""
    return bool(await connection.fetchval(_HELD))


async def due(connection: Connection, channel: Channel | None, now: datetime, most: int) -> list[Due]:
    """What may go over a channel, or has none yet, the most urgent first; what another claim has in hand is passed over."""
    statement = _DUE.format(channel="channel IS NULL" if channel is None else "channel = $4")
    named = () if channel is None else (channel,)
    found: list[Due] = []
    for priority in Priority:
        if len(found) < most:
            rows = await connection.fetch(statement, int(priority), now, most - len(found), *named)
            found += [Due(row[0], Person(*row[1:4]), *row[4:]) for row in map(tuple, rows)]
    return found


async def lock_persons(connection: Connection, persons: Sequence[Person], now: datetime) -> None:
    """Let no other claim count what goes to these persons until this one is committed; in order, so that two do not lock each other out."""
    await connection.execute(_LOCK_PERSONS, now, *_columns(persons))


async def recent(connection: Connection, persons: Sequence[Person], since: datetime) -> dict[Person, list[datetime]]:
    """When something that counts went, or may have gone, to each of them, oldest first."""
    found: dict[Person, list[datetime]] = {}
    for row in await connection.fetch(_RECENT, since, *_columns(persons)):
        found.setdefault(Person(row[0], row[1], row[2]), []).append(row[3])
    return found


async def take(
    connection: Connection,
    token: UUID,
    lease: timedelta,
    provider: str,
    channel: Channel,
    taken: Sequence[tuple[UUID, str, bool]],
    now: datetime,
) -> None:
    """Claim these, each with its address and whether it counts for the cap."""
    await connection.execute(_TAKE, token, now + lease, provider, channel, now, *zip(*taken, strict=True))


async def defer(connection: Connection, deferred: Sequence[tuple[UUID, datetime, str | None, Channel | None]], now: datetime) -> None:
    """Look at these again later, each at its time, for its reason and over its channel."""
    await connection.execute(_DEFER, now, *zip(*deferred, strict=True))


async def end(connection: Connection, ended: Sequence[tuple[UUID, str, str, Channel | None]], now: datetime) -> list[Retold]:
    """These never go: the state and reason of each; returns what is to be told of them."""
    rows = await connection.fetch(_END, now, *zip(*ended, strict=True))
    return [Retold(*row) for row in rows]


def _columns(persons: Sequence[Person]) -> tuple[list[str], list[str], list[str]]:
    listed = sorted({(person.ref, person.principal, person.kind) for person in persons})
    return [one[0] for one in listed], [one[1] for one in listed], [one[2] for one in listed]
