"""The inbox of stores without history: which events came, and what tells other content of the same id. Nothing of what they said."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from hub.state.store import Connection

_INSERT = """
INSERT INTO inbox (event, fingerprint) SELECT * FROM unnest($1::uuid[], $2::bigint[])
ON CONFLICT (event) DO NOTHING
RETURNING event
"""
_KNOWN = "SELECT event, fingerprint FROM inbox WHERE event = ANY($1::uuid[])"
_FORGET = "DELETE FROM inbox WHERE event = ANY($1::uuid[])"


async def insert(connection: Connection, events: Mapping[UUID, int]) -> dict[UUID, int]:
    """Note what is new by its fingerprint; returns those that came before, with theirs."""
    came = sorted(events.items())
    fresh = await connection.fetch(_INSERT, [event for event, _ in came], [mark for _, mark in came])
    if len(fresh) == len(events):
        return {}
    known = await connection.fetch(_KNOWN, list(events.keys() - {row[0] for row in fresh}))
    return {row[0]: row[1] for row in known}


async def forget(connection: Connection, events: Iterable[UUID]) -> None:
    """As if these had never come."""
    await connection.execute(_FORGET, list(events))
