"""Records that wait: for news, for an operator, or for a newer process."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.rows import texts
from hub.state.store import Connection

COLUMNS = (
    "id, consumer, hold, principal, key, event, part, store, whose, ref, kind, awaited_ref, type, topic, partition, "
    '"offset", timestamp, headers, value, until'
)
_KINDS = (
    "uuid text text text text uuid smallint text text text text text text text int bigint bigint bytea bytea timestamptz".split()  # noqa: SIM905 - one word a column
)
_INSERT = (
    f"INSERT INTO waiting ({COLUMNS}) SELECT * FROM unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(_KINDS, 1))})"  # noqa: S608 - names of our own
    " ON CONFLICT (id) DO UPDATE SET kind = EXCLUDED.kind, awaited_ref = EXCLUDED.awaited_ref"
    " WHERE (waiting.kind, waiting.awaited_ref) <> (EXCLUDED.kind, EXCLUDED.awaited_ref)"
)
_RELEASE = "DELETE FROM waiting WHERE hold = 'news' AND (event, part) IN (SELECT * FROM unnest($1::uuid[], $2::smallint[]))"
_OF = """
SELECT w.event, w.part, w.until
FROM waiting w JOIN unnest($3::text::text[], $4::text::text[]) AS s (principal, ref) ON w.whose = s.principal AND w.ref = s.ref
WHERE w.consumer = $1 AND w.store = $2 AND w.hold = 'news' ORDER BY w.id FOR UPDATE OF w
"""
_AWAIT = """
INSERT INTO awaited (kind, ref) SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (kind, ref) DO UPDATE SET kind = EXCLUDED.kind
"""
_CAME = """
INSERT INTO awaited (kind, ref, came_at) SELECT k, r, clock_timestamp() FROM unnest($1::text[], $2::text[]) AS n (k, r)
ON CONFLICT (kind, ref) DO UPDATE SET came_at = EXCLUDED.came_at
"""
_ASKED = """
SELECT DISTINCT w.consumer, w.whose, w.store, w.ref, w.kind, w.awaited_ref
FROM waiting w JOIN unnest($1::text[], $2::text[]) AS n (kind, ref) ON w.kind = n.kind AND w.awaited_ref = n.ref
WHERE w.hold = 'news'
"""
_VERSIONS = (
    f"SELECT {COLUMNS} FROM waiting WHERE consumer = $1 AND hold = 'version'"  # noqa: S608 - names of our own
    ' ORDER BY topic, partition, "offset" FOR UPDATE SKIP LOCKED'
)
_FORGET = "DELETE FROM waiting WHERE id = ANY($1::uuid[])"
_HELD = """
DELETE FROM waiting WHERE id IN (
    SELECT n.id FROM unnest($2::text[], $3::text[]) AS k (principal, key) CROSS JOIN LATERAL (
        SELECT w.id FROM waiting w
        WHERE w.consumer = $1 AND w.hold = 'operator' AND w.principal = k.principal AND w.key = k.key AND NOT EXISTS (
            SELECT FROM dead_letters d
            WHERE d.consumer = $1 AND d.state = 'open' AND d.principal = k.principal AND d.key = k.key
              AND (d.topic, d.partition, d."offset") < (w.topic, w.partition, w."offset"))
        ORDER BY w.topic, w.partition, w."offset", w.part LIMIT $4) n)
RETURNING event, part, store, whose, ref, principal, key
"""
_NAMED = f'SELECT {COLUMNS} FROM waiting WHERE consumer = $1 AND id = ANY($2::uuid[]) ORDER BY topic, partition, "offset" FOR UPDATE'  # noqa: S608 - names of our own
_STILL = "SELECT event, part, hold, kind, awaited_ref FROM waiting WHERE event = ANY($1::uuid[])"
_DUE = """
SELECT DISTINCT consumer, whose, store, ref, kind, awaited_ref, until FROM waiting
WHERE hold = 'news' AND until <= $1 ORDER BY until LIMIT $2
"""
_OVERLOOKED = """
SELECT DISTINCT w.consumer, w.whose, w.store, w.ref, w.kind, w.awaited_ref, a.came_at
FROM waiting w JOIN awaited a ON a.kind = w.kind AND a.ref = w.awaited_ref
WHERE w.hold = 'news' AND a.came_at > w.since AND a.came_at < $1 LIMIT $2
"""


class Waiter(NamedTuple):
    """One record that waits, said by `principal` of `key`; `whose` and `ref` are the subject's, as its part concerns it.

    `headers` and `value` are there only where it could not be journalled (a newer version).
    """

    id: UUID
    consumer: str
    hold: str
    principal: str
    key: str | None
    event: UUID | None
    part: int
    store: str
    whose: str
    ref: str
    kind: str
    awaited_ref: str
    type: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: bytes | None
    value: bytes | None
    until: datetime | None

    @property
    def place(self) -> tuple[str, int, int]:
        """Where the record stands in the log."""
        return self.topic, self.partition, self.offset


class Asked(NamedTuple):
    """A subject whose records wait for news of (`kind`, `awaited_ref`)."""

    consumer: str
    principal: str
    store: str
    ref: str
    kind: str
    awaited_ref: str


class Held(NamedTuple):
    """A journalled part that is no longer held back: whom it concerns, and by which (principal, key) it was."""

    event: UUID
    part: int
    store: str
    whose: str
    ref: str
    principal: str
    key: str


class Still(NamedTuple):
    """What a record goes on waiting for."""

    hold: str
    kind: str
    awaited_ref: str


async def insert(connection: Connection, waiters: Sequence[Waiter]) -> None:
    """Let records wait; one that waits already goes on waiting, for what it lacks now."""
    await connection.execute(_INSERT, *zip(*waiters, strict=True))


async def of(connection: Connection, consumer: str, store: str, subjects: Sequence[Subject]) -> dict[tuple[UUID, int], datetime]:
    """Locked: what of these subjects waits for news, and until when.

    Whoever folds a subject again takes these rows first, so that a wait is ended either by an answer or by time.
    """
    rows = await connection.fetch(_OF, consumer, store, texts([s.principal for s in subjects]), texts([s.ref for s in subjects]))
    return {(row[0], row[1]): row[2] for row in rows}


async def release(connection: Connection, events: Iterable[tuple[UUID, int]]) -> None:
    """These parts no longer wait for news."""
    event, part = zip(*events, strict=True)
    await connection.execute(_RELEASE, event, part)


async def expect(connection: Connection, awaited: Sequence[tuple[str, str]]) -> None:
    """Lock what is waited for, so that whoever brings it either sees the waiting rows or is seen."""
    await connection.execute(_AWAIT, *zip(*sorted(awaited), strict=True))


async def came(connection: Connection, news: Sequence[tuple[str, str]]) -> list[Asked]:
    """Say that these are known now; returns the subjects that wait for them."""
    columns = tuple(zip(*sorted(news), strict=True))
    await connection.execute(_CAME, *columns)
    return [Asked(*row) for row in await connection.fetch(_ASKED, *columns)]


async def versions(connection: Connection, consumer: str) -> list[Waiter]:
    """Locked: the records that waited for a newer process, oldest first."""
    return [Waiter(*row) for row in await connection.fetch(_VERSIONS, consumer)]


async def forget(connection: Connection, ids: Sequence[UUID]) -> None:
    """These records wait no more."""
    await connection.execute(_FORGET, ids)


async def due(connection: Connection, now: datetime, limit: int) -> list[tuple[Asked, datetime]]:
    """Subjects whose wait has ended by time, longest due first, with the time that was set."""
    return [(Asked(*row[:6]), row[6]) for row in map(tuple, await connection.fetch(_DUE, now, limit))]


async def overlooked(connection: Connection, before: datetime, limit: int) -> list[tuple[Asked, datetime]]:
    """Subjects that still wait for what came before that moment, with the moment it came."""
    return [(Asked(*row[:6]), row[6]) for row in map(tuple, await connection.fetch(_OVERLOOKED, before, limit))]


async def held(connection: Connection, consumer: str, keys: Sequence[tuple[str, str]], most: int) -> list[Held]:
    """Release the records of these (principal, key) that no open dead letter stands before: the first of each key, at most so many."""
    rows = await connection.fetch(_HELD, consumer, *zip(*keys, strict=True), most)
    return [Held(*row) for row in rows]


async def named(connection: Connection, consumer: str, ids: Sequence[UUID]) -> dict[UUID, Waiter]:
    """Locked: those of these records that still wait."""
    return {row[0]: Waiter(*row) for row in await connection.fetch(_NAMED, consumer, ids)}


async def still(connection: Connection, events: Sequence[UUID]) -> dict[tuple[UUID, int], Still]:
    """What the parts of these journalled events wait for, as far as they do."""
    return {(row[0], row[1]): Still(*row[2:]) for row in map(tuple, await connection.fetch(_STILL, events))}
