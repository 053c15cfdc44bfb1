"""What a batch must know before it folds: keys behind a dead letter, subjects that wait, events already corrected."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.store import Connection

_HOLDS = """
SELECT 'dead', principal, key, NULL::text, NULL::uuid FROM (
    SELECT d.principal, d.key
    FROM dead_letters d JOIN unnest($2::text[], $3::text[]) AS k (principal, key) ON d.principal = k.principal AND d.key = k.key
    WHERE d.consumer = $1 AND d.state = 'open' FOR SHARE OF d) o
UNION ALL
SELECT 'waiting', w.principal, w.ref, w.store, NULL
FROM waiting w JOIN unnest($2::text[], $3::text[]) AS k (principal, key) ON w.principal = k.principal AND w.ref = k.key
WHERE w.consumer = $1 AND w.hold = 'news'
UNION ALL
SELECT 'corrected', NULL, NULL, NULL, c.target FROM corrections c WHERE c.target = ANY($4::uuid[])
"""


class Holds(NamedTuple):
    """`keys` are held by dead letters, `subjects` (store, subject) wait for news, `corrected` events no longer count."""

    keys: set[tuple[str, str]]
    subjects: set[tuple[str, Subject]]
    corrected: set[UUID]


async def find(connection: Connection, consumer: str, keys: Sequence[tuple[str, str]], events: Sequence[UUID]) -> Holds:
    """All holds on these (principal, key) and events, in one round trip.

    The dead letters are locked: whoever closes one meanwhile either is seen, or sees what was held back because of it.
    """
    rows = await connection.fetch(_HOLDS, consumer, [k[0] for k in keys], [k[1] for k in keys], events)
    found = Holds(set(), set(), set())
    for what, principal, key, store, event in rows:
        if what == "dead":
            found.keys.add((principal, key))
        elif what == "waiting":
            found.subjects.add((store, Subject(principal, key)))
        else:
            found.corrected.add(event)
    return found
