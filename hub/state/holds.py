"""What a batch must know before it folds: keys behind dead letters, subjects that wait, events corrected already, base data that is new."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.base import VERSION
from hub.state.rows import texts
from hub.state.store import Connection

_HOLDS = f"""
SELECT 'dead', principal, key, NULL::text, NULL::uuid, topic, partition, "offset" FROM (
    SELECT d.principal, d.key, d.topic, d.partition, d."offset"
    FROM dead_letters d JOIN unnest($2::text::text[], $3::text::text[]) AS k (principal, key) ON d.principal = k.principal AND d.key = k.key
    WHERE d.consumer = $1 AND d.state = 'open' FOR SHARE OF d) o
UNION ALL
SELECT 'waiting', w.whose, w.ref, w.store, NULL, NULL, NULL, NULL
FROM waiting w JOIN unnest($4::text::text[], $5::text::text[]) AS s (principal, ref) ON w.whose = s.principal AND w.ref = s.ref
WHERE w.consumer = $1 AND w.hold = 'news'
UNION ALL
SELECT 'corrected', NULL, NULL, NULL, c.target, NULL, NULL, NULL FROM corrections c WHERE c.target = ANY($6::uuid[])
UNION ALL
SELECT 'base', ({VERSION.format("$7")}), NULL, NULL, NULL, NULL, NULL, NULL
"""  # noqa: S608 - names of our own


Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Holds(NamedTuple):
    """`keys` are held by dead letters, the first at that place, `subjects` (store, subject) wait for news, `corrected` no longer count.

    `base` is the version of the base data, None where nobody has looked.
    """

    keys: dict[tuple[str, str], Place]
    subjects: set[tuple[str, Subject]]
    corrected: set[UUID]
    base: str | None = None


async def find(
    connection: Connection,
    consumer: str,
    keys: Sequence[tuple[str, str]],
    subjects: Sequence[Subject],
    events: Sequence[UUID],
    kinds: Sequence[str],
) -> Holds:
    """All holds on these (principal, key), subjects and events, and the version of these kinds of base data, in one round trip.

    The dead letters are locked: whoever closes one meanwhile either is seen, or sees what was held back because of it.
    """
    columns = (texts([each[at] for each in some]) for some in (keys, subjects) for at in (0, 1))
    found = Holds({}, set(), set())
    for what, principal, key, store, event, *place in await connection.fetch(_HOLDS, consumer, *columns, events, kinds):
        if what == "dead":
            first = (place[0], place[1], place[2])
            found.keys[principal, key] = min(first, found.keys.get((principal, key), first))
        elif what == "waiting":
            found.subjects.add((store, Subject(principal, key)))
        elif what == "corrected":
            found.corrected.add(event)
        else:
            found = found._replace(base=principal)
    return found
