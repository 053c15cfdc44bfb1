"""The inbox of stores without history: which events came, and what tells other content of the same id. Nothing of what they said."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from hub.state.store import Connection
from hub.state.together import Asked, Part, nothing

_ADD = "INSERT INTO inbox (event, fingerprint) SELECT * FROM unnest($1::text::uuid[], $2::text::bigint[])"
_ADDED = Part(f"noted AS ({_ADD})", "")
_INSERT = f"{_ADD} ON CONFLICT (event) DO NOTHING RETURNING event"
_KNOWN = "SELECT event, fingerprint FROM inbox WHERE event = ANY($1::uuid[])"
_FORGET = "DELETE FROM inbox WHERE event = ANY($1::uuid[])"


async def insert(connection: Connection, events: Mapping[UUID, int]) -> dict[UUID, int]:
    """Note what is new by its fingerprint; returns those that came before, with theirs."""
    fresh = await connection.fetch(_INSERT, *_columns(events))
    if len(fresh) == len(events):
        return {}
    known = await connection.fetch(_KNOWN, list(events.keys() - {row[0] for row in fresh}))
    return {row[0]: row[1] for row in known}


def adding(events: Mapping[UUID, int]) -> Asked[None]:
    """What is to be done to note what is taken for new; UniqueViolationError tells that some of it is not."""
    return Asked(_ADDED, _columns(events), nothing)


def _columns(events: Mapping[UUID, int]) -> tuple[str, str]:
    came = sorted([(str(event), str(mark)) for event, mark in events.items()])
    return f"{{{','.join([event for event, _ in came])}}}", f"{{{','.join([mark for _, mark in came])}}}"


async def forget(connection: Connection, events: Iterable[UUID]) -> None:
    """As if these had never come."""
    await connection.execute(_FORGET, list(events))
