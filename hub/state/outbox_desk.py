"""Look through the events that were set aside, let them go again, or drop them, as an operator does."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.state.outbox import CHANNEL
from hub.state.store import Connection

_FOUND = """
SELECT a.id, a.event_id, a.consumer, a.topic, a.key, a.type, a.time, a.set_aside,
       (SELECT count(*) FROM outbox_apart b
        WHERE b.set_aside IS NULL AND b.id > a.id AND b.topic = a.topic AND (b.key = a.key OR a.set_aside = 'unknown_topic')),
       a.subject, a.body
FROM outbox_apart a
WHERE a.set_aside IS NOT NULL AND ($1 = '' OR a.topic = $1) AND ($2 = '' OR a.set_aside = $2) AND ($3 = '' OR a.key = $3)
  AND a.event_id::text LIKE $4 ORDER BY a.id LIMIT $5
"""
_RELEASE = "UPDATE outbox_apart SET set_aside = NULL WHERE id = ANY($1::bigint[]) AND set_aside IS NOT NULL RETURNING event_id"
_DROP = "DELETE FROM outbox_apart WHERE id = ANY($1::bigint[]) AND set_aside IS NOT NULL RETURNING event_id"
_WAKE = f"SELECT pg_notify('{CHANNEL}', '')"


class Aside(NamedTuple):
    """An event that was set aside as an operator sees it; `behind` counts those that wait behind it."""

    id: int
    event_id: UUID
    consumer: str
    topic: str
    key: str
    type: str
    said_at: datetime
    reason: str
    behind: int
    subject: str | None
    body: bytes


class Choice(NamedTuple):
    """Which of them; what is empty does not matter. `event` is the beginning of an id."""

    topic: str = ""
    reason: str = ""
    key: str = ""
    event: str = ""


async def aside(connection: Connection, choice: Choice, most: int) -> list[Aside]:
    """Those chosen, in the order in which they were said."""
    topic, reason, key, event = choice
    return [Aside(*row) for row in await connection.fetch(_FOUND, topic, reason, key, f"{event.lower()}%", most)]


async def release(connection: Connection, events: Sequence[Aside]) -> set[UUID]:
    """Let the relay try these again at once; returns those that were still set aside.

    The relay leaves alone what is set aside, so it is not under way meanwhile.
    """
    return await _change(connection, _RELEASE, events)


async def drop(connection: Connection, events: Sequence[Aside]) -> set[UUID]:
    """Give these up: they never leave. What waits behind them goes on; returns those that were still set aside."""
    return await _change(connection, _DROP, events)


async def _change(connection: Connection, statement: str, events: Sequence[Aside]) -> set[UUID]:
    async with connection.transaction():
        changed = {row[0] for row in await connection.fetch(statement, [event.id for event in events])}
        await connection.execute(_WAKE)
    return changed
