"""Which events came before as they are: asked by name and fingerprint alone, so that no body is read, sent or unpacked."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from hub.state.store import Connection

# Numbers come back, not names: a batch that repeats itself as a whole has an answer of a few bytes a record.
_CAME = """
SELECT array_agg(m.number) FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS m (event, fingerprint, number)
JOIN {} t ON t.event = m.event{} AND t.fingerprint = m.fingerprint
"""
_JOURNALLED, _NOTED = _CAME.format("journal", " AND t.part = 0"), _CAME.format("inbox", "")


class Mark(NamedTuple):
    """An event's name, the fingerprint of what it says, and whether the journal keeps it: else the inbox knows that it came."""

    event: UUID
    fingerprint: int
    is_kept: bool


async def came(connection: Connection, marks: Sequence[Mark]) -> set[Mark]:
    """Those that came before."""
    found: set[Mark] = set()
    for statement, is_kept in ((_JOURNALLED, True), (_NOTED, False)):
        asked = [mark for mark in marks if mark.is_kept is is_kept]
        if asked:
            numbers = await connection.fetchval(statement, [mark.event for mark in asked], [mark.fingerprint for mark in asked])
            found.update(asked[number - 1] for number in numbers or ())
    return found
