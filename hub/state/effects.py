"""What became of operators' acts: each consumer notes, in the transaction that carries an act out, what it did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from hub.state.reading import Snapshot
from hub.state.store import Connection

_NOTE = """
INSERT INTO act_effects AS e (event, consumer, effect) SELECT n.event, $1, n.effect FROM unnest($2::uuid[], $3::text[]) AS n (event, effect)
ON CONFLICT (event) DO UPDATE SET effect = e.effect || E'\\n' || EXCLUDED.effect
"""
_OF = text("SELECT event, effect, noted_at FROM act_effects WHERE event = ANY(:events)")


class Effect(NamedTuple):
    """What an act came to, a line each, and when it was carried out."""

    lines: tuple[str, ...]
    at: datetime


async def note(connection: Connection, consumer: str, came_to: Mapping[UUID, str]) -> None:
    """Say what acts, by their names in the journal, came to; what is said twice of one act stands in two lines."""
    await connection.execute(_NOTE, consumer, list(came_to), list(came_to.values()))


async def of(moment: Snapshot, acts: Sequence[UUID]) -> dict[UUID, Effect]:
    """The effects of those acts that were carried out."""
    rows = await moment.execute(_OF, {"events": list(acts)})
    return {row[0]: Effect(tuple(row[1].split("\n")), row[2]) for row in rows}
