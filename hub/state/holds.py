"""What a batch must know before it folds: keys behind dead letters, subjects that wait, events corrected already, base data that is new."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from hub.rules.decision import Subject
from hub.state.base import VERSION
from hub.state.rows import texts
from hub.state.together import Asked, Part

# Row by row by their keys: one plan for a single event and for a batch, whatever is open or waits. A letter whose closing is waited for
# is open in the snapshot and not locked: all else that is seen with it is of before.
_HOLDS = Part(
    "",
    f"""
SELECT 'dead', d.principal, d.key, NULL::text, NULL::uuid, d.topic, d.partition, d."offset"
FROM unnest((SELECT $2::text::text[]), (SELECT $3::text::text[])) AS k (principal, key) CROSS JOIN LATERAL (
    SELECT d.principal, d.key, d.topic, d.partition, d."offset" FROM dead_letters d
    WHERE d.consumer = $1 AND d.principal = k.principal AND d.key = k.key AND d.state = 'open' FOR SHARE) AS d
UNION ALL
SELECT 'open', NULL, NULL, NULL, NULL, NULL, NULL, sum(o.letters)::bigint
FROM unnest((SELECT $2::text::text[]), (SELECT $3::text::text[])) AS k (principal, key) CROSS JOIN LATERAL (
    SELECT count(*) AS letters FROM dead_letters d
    WHERE d.consumer = $1 AND d.principal = k.principal AND d.key = k.key AND d.state = 'open') AS o
UNION ALL
SELECT 'waiting', w.whose, w.ref, w.store, NULL, NULL, NULL, NULL
FROM unnest((SELECT $4::text::text[]), (SELECT $5::text::text[]), (SELECT $6::text::text[])) AS s (store, principal, ref)
CROSS JOIN LATERAL (
    SELECT w.whose, w.ref, w.store FROM waiting w
    WHERE w.consumer = $1 AND w.whose = s.principal AND w.store = s.store AND w.ref = s.ref AND w.hold = 'news' LIMIT 1) AS w
UNION ALL
SELECT 'corrected', NULL, NULL, NULL, c.target, NULL, NULL, NULL
FROM unnest((SELECT $7::uuid[])) AS e (event) CROSS JOIN LATERAL (SELECT c.target FROM corrections c WHERE c.target = e.event LIMIT 1) AS c
UNION ALL
SELECT 'base', ({VERSION.format("$8")}), NULL, NULL, NULL, NULL, NULL, NULL
""",  # noqa: S608 - names of our own
)


Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Holds(NamedTuple):
    """`keys` are held by dead letters, the first at that place, `subjects` (store, subject) wait for news, `corrected` no longer count.

    `base` is the version of the base data, None where nobody has looked. It is all `is_stale` where a letter was closed while its lock
    was waited for: what came with that was not seen.
    """

    keys: dict[tuple[str, str], Place]
    subjects: set[tuple[str, Subject]]
    corrected: set[UUID]
    base: str | None = None
    is_stale: bool = False


def finding(
    consumer: str, keys: Sequence[tuple[str, str]], subjects: Sequence[tuple[str, Subject]], events: Sequence[UUID], kinds: Sequence[str]
) -> Asked[Holds]:
    """All holds on these (principal, key), (store, subject) and events, and the version of these kinds of base data.

    The dead letters are locked: whoever closes one meanwhile either is seen, or sees what was held back because of it.
    """
    whose = [texts([principal for principal, _ in keys]), texts([key for _, key in keys])]
    who = [texts([store for store, _ in subjects]), *(texts([subject[at] for _, subject in subjects]) for at in (0, 1))]
    return Asked(_HOLDS, (consumer, *whose, *who, events, kinds), _holds)


def _holds(rows: Sequence[Any]) -> Holds:
    found, unlocked = Holds({}, set(), set()), 0
    for what, principal, key, store, event, *place in rows:
        if what == "dead":
            first = (place[0], place[1], place[2])
            found.keys[principal, key] = min(first, found.keys.get((principal, key), first))
            unlocked -= 1
        elif what == "open":
            unlocked += place[2] or 0
        elif what == "waiting":
            found.subjects.add((store, Subject(principal, key)))
        elif what == "corrected":
            found.corrected.add(event)
        else:
            found = found._replace(base=principal)
    return found._replace(is_stale=unlocked > 0)
