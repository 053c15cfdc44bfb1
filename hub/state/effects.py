"""What became of operators' acts: each consumer notes, in the transaction that carries an act out, what it did."""

from collections.abc import Mapping
from uuid import UUID

from hub.state.store import Connection

_NOTE = """
INSERT INTO act_effects AS e (event, consumer, effect) SELECT n.event, $1, n.effect FROM unnest($2::uuid[], $3::text[]) AS n (event, effect)
ON CONFLICT (event) DO UPDATE SET effect = e.effect || E'\\n' || EXCLUDED.effect
"""


async def note(connection: Connection, consumer: str, came_to: Mapping[UUID, str]) -> None:
    """Say what acts, by their names in the journal, came to; what is said twice of one act stands in two lines."""
    await connection.execute(_NOTE, consumer, list(came_to), list(came_to.values()))
