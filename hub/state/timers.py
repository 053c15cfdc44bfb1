"""Timers: when which subject wants to be looked at, set with the state that wants it, and gone once the clock has said so."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from hub.rules.decision import Subject
from hub.state.rows import texts
from hub.state.store import Connection

PAGE = 5_000

_SET = """
INSERT INTO timers (consumer, store, principal, ref, due_at)
SELECT $1, $2, n.principal, n.ref, n.due_at
FROM unnest($3::text::text[], $4::text::text[], $5::timestamptz[]) AS n (principal, ref, due_at)
ON CONFLICT (consumer, store, principal, ref) DO UPDATE SET due_at = EXCLUDED.due_at
"""
_CLEAR = """
DELETE FROM timers t USING unnest($3::text::text[], $4::text::text[]) AS s (principal, ref)
WHERE t.consumer = $1 AND t.store = $2 AND t.principal = s.principal AND t.ref = s.ref
"""
_FIRED = """
DELETE FROM timers t
USING unnest($1::text::text[], $2::text::text[], $3::text::text[], $4::text::text[], $5::timestamptz[])
    AS f (consumer, store, principal, ref, due_at)
WHERE t.consumer = f.consumer AND t.store = f.store AND t.principal = f.principal AND t.ref = f.ref AND t.due_at = f.due_at
"""
_DUE = """
SELECT consumer, store, principal, ref, due_at FROM timers WHERE due_at <= $1 ORDER BY due_at, ref, principal, store, consumer LIMIT $2
"""
_NEXT = """
SELECT consumer, store, principal, ref, due_at FROM timers
WHERE due_at <= $1 AND (due_at, ref, principal, store, consumer) > ($3, $4, $5, $6, $7)
ORDER BY due_at, ref, principal, store, consumer LIMIT $2
"""


class Timer(NamedTuple):
    """One subject's timer."""

    consumer: str
    store: str
    principal: str
    ref: str
    due_at: datetime


async def wind(connection: Connection, consumer: str, store: str, due: Mapping[Subject, datetime | None]) -> None:
    """Set these subjects' timers, or take away those of None."""
    set_for = sorted((*subject, at) for subject, at in due.items() if at is not None)
    if set_for:
        principals, refs, moments = zip(*set_for, strict=True)
        await connection.execute(_SET, consumer, store, texts(principals), texts(refs), moments)
    cleared = sorted(subject for subject, at in due.items() if at is None)
    if cleared:
        await connection.execute(_CLEAR, consumer, store, *map(texts, zip(*cleared, strict=True)))


async def fired(connection: Connection, timers: Sequence[Timer]) -> None:
    """These were said: they are no longer set, unless for another moment by now."""
    *words, moments = zip(*sorted(timers), strict=True)
    await connection.execute(_FIRED, *map(texts, words), moments)


async def due(connection: Connection, now: datetime, page: int = PAGE) -> AsyncIterator[list[Timer]]:
    """What is due, longest due first, page by page; each begins where the one before ended, whatever becomes of that."""
    rows = await connection.fetch(_DUE, now, page)
    while rows:
        found = [Timer(*row) for row in rows]
        yield found
        rows = await connection.fetch(_NEXT, now, page, *reversed(found[-1])) if len(found) == page else []
