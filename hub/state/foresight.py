"""Read what folding again would need, so that it can be told what would come of it, or did, without being done."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import zstandard

from hub.rules.decision import Subject
from hub.state.connect import connect
from hub.state.dead_letters import COLUMNS, DeadLetter
from hub.state.reading import answering
from hub.state.store import Connection
from hub.state.waiting import COLUMNS as WAITING
from hub.state.waiting import Waiter

_decompress = zstandard.ZstdDecompressor().decompress

_ORIGINALS = f"SELECT {COLUMNS} FROM dead_letters WHERE id = ANY($1::uuid[])"  # noqa: S608 - names of our own
_OPEN = """
SELECT d.id, d.principal, d.key, d.topic, d.partition, d."offset", d.part
FROM dead_letters d JOIN unnest($2::text[], $3::text[]) AS k (principal, key) ON d.principal = k.principal AND d.key = k.key
WHERE d.consumer = $1 AND d.state = 'open'
"""
_HELD = """
SELECT w.event, w.part, w.principal, w.key, w.store, w.whose, w.ref, w.topic, w.partition, w."offset",
       j.type, j.body, j.source, j.event_id, j.is_historical
FROM waiting w JOIN unnest($2::text[], $3::text[]) AS k (principal, key) ON w.principal = k.principal AND w.key = k.key
JOIN journal j ON j.event = w.event AND j.part = 0
WHERE w.consumer = $1 AND w.hold = 'operator'
"""
_WAITERS = f"SELECT {WAITING} FROM waiting WHERE id = ANY($1::uuid[])"  # noqa: S608 - names of our own
_WHEREABOUTS = """
SELECT j.part, j.store, j.principal, j.ref, d.reason, d.faults, w.hold
FROM (SELECT $1::uuid AS event) AS e
LEFT JOIN journal j ON j.event = e.event
LEFT JOIN LATERAL (SELECT reason, faults FROM dead_letters
                   WHERE event = e.event AND state <> 'redriven' ORDER BY since DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT hold FROM waiting WHERE event = j.event AND part = j.part LIMIT 1) w ON true
WHERE j.event IS NOT NULL OR d.reason IS NOT NULL
ORDER BY j.part LIMIT 1
"""
_JOURNALLED = "SELECT type, body, source, event_id FROM journal WHERE event = $1 AND part = 0"

Place = tuple[str, int, int, int]
"""Topic, partition, offset and part: the order of arrival."""


class Standing(NamedTuple):
    """An open dead letter that stands before its key."""

    id: UUID
    principal: str
    key: str
    place: Place


class Held(NamedTuple):
    """A journalled part that waits behind one."""

    event: UUID
    part: int
    principal: str
    key: str
    store: str
    subject: Subject
    place: Place
    type: str
    body: bytes
    source: str
    event_id: str
    is_historical: bool


class Whereabouts(NamedTuple):
    """Where a record of one part is: in the journal, dead for a reason, or held back."""

    part: int
    store: str
    subject: Subject
    dead: str | None
    faults: Sequence[Sequence[str]]
    hold: str | None


class Journalled(NamedTuple):
    """An event as it was said."""

    type: str
    body: bytes
    source: str
    event_id: str


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Connection]:
    """A read-only transaction in which every query sees the same moment, on a connection as the engine has it."""
    with answering(url):
        connection = await connect(url, name="hub operator")
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
        finally:
            await connection.close()


async def originals(connection: Connection, letters: Iterable[UUID]) -> dict[UUID, DeadLetter]:
    """Dead letters with the bytes that came."""
    return {row[0]: DeadLetter(*row) for row in await connection.fetch(_ORIGINALS, list(letters))}


async def standing(connection: Connection, consumer: str, keys: Sequence[tuple[str, str]]) -> list[Standing]:
    """Every open dead letter of these (principal, key)."""
    rows = await connection.fetch(_OPEN, consumer, [key[0] for key in keys], [key[1] for key in keys])
    return [Standing(r[0], r[1], r[2], (r[3], r[4], r[5], r[6])) for r in map(tuple, rows)]


async def held(connection: Connection, consumer: str, keys: Sequence[tuple[str, str]]) -> list[Held]:
    """Every record that these (principal, key) hold back."""
    rows = await connection.fetch(_HELD, consumer, [key[0] for key in keys], [key[1] for key in keys])
    return [
        Held(r[0], r[1], r[2], r[3], r[4], Subject(r[5], r[6]), (r[7], r[8], r[9], r[1]), r[10], _decompress(r[11]), r[12], r[13], r[14])
        for r in rows
    ]


async def waiters(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Waiter]:
    """Records that wait, as they are kept."""
    return {row[0]: Waiter(*row) for row in await connection.fetch(_WAITERS, list(ids))}


async def whereabouts(connection: Connection, event: UUID) -> Whereabouts | None:
    """Where the record of that name is; None while nobody has taken it in."""
    row = await connection.fetchrow(_WHEREABOUTS, event)
    return (
        None if row is None else Whereabouts(row[0] or 0, row[1] or "", Subject(row[2] or "", row[3] or ""), row[4], row[5] or (), row[6])
    )


async def journalled(connection: Connection, event: UUID) -> Journalled | None:
    """An event that the journal has."""
    row = await connection.fetchrow(_JOURNALLED, event)
    return None if row is None else Journalled(row[0], _decompress(row[1]), row[2], row[3])
