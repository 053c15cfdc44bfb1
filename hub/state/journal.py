"""The journal: every accepted record, kept for ever; at once the inbox, the history and the timeline."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import zstandard

from hub.rules.decision import Subject
from hub.state.rows import RowType
from hub.state.store import Connection
from hub.state.together import Asked, Part, nothing

_compress = zstandard.ZstdCompressor(level=1).compress
_FRAMES = [b"\x28\xb5\x2f\xfd\x20" + bytes((size,)) + (size << 3 | 1).to_bytes(3, "little") for size in range(200)]
"""What a frame of zstd has before the body that stands in it as it is, by the body's size (RFC 8878, 3.1.1)."""
_decompress = zstandard.ZstdDecompressor().decompress

ROWS = RowType(
    "journal",
    {
        "event": "uuid",
        "part": "smallint",
        "likeness": "int",
        "event_id": "text",
        "ref": "text",
        "occurred_at": "timestamptz",
        "revision": "bigint",
        "corrects": "text",
        "fingerprint": "bigint",
        "body": "bytea",
        '"offset"': "bigint",
    },
)
# What many rows of a batch are alike in is said once, and looked up by its number: half of a row's columns.
_ADD = f"""
INSERT INTO journal (event, part, consumer, principal, source, event_id, type, store, ref, occurred_at, revision, corrects,
                     is_historical, fingerprint, body, topic, partition, "offset")
SELECT n.event, n.part, $2, ($3::text[])[n.likeness], ($4::text[])[n.likeness], n.event_id, ($5::text[])[n.likeness],
       ($6::text[])[n.likeness], n.ref, n.occurred_at, n.revision, n.corrects, ($7::bool[])[n.likeness], n.fingerprint, n.body,
       ($8::text[])[n.likeness], ($9::int[])[n.likeness], n."offset"
FROM unnest($1::{ROWS.array}) AS n
"""  # noqa: S608 - a name of our own
# Whether an event is new its first part decides: another document under the same id may concern more subjects than the one that came.
_INSERT = f"""
WITH fresh AS ({_ADD} WHERE n.part = 0 ON CONFLICT (event, part) DO NOTHING RETURNING event),
     others AS ({_ADD} WHERE n.part > 0 AND n.event IN (SELECT event FROM fresh))
SELECT coalesce(array_agg(event), '{{}}') FROM fresh
"""  # noqa: S608 - as above

_ADDED = Part(f"journalled AS ({_ADD})", "")

_KNOWN = "SELECT event, type, fingerprint, body FROM journal WHERE event = ANY($1::uuid[]) AND part = 0"

_HISTORY = """
SELECT j.principal, j.ref, j.event, j.part, j.type, CASE WHEN j.part = 0 THEN j.body END, j.source, j.event_id, j.is_historical,
       j.topic, j.partition, j."offset", EXISTS (SELECT FROM corrections c WHERE c.target = j.event) AS is_corrected
FROM journal j JOIN unnest($2::text[], $3::text[]) AS s (principal, ref) ON j.principal = s.principal AND j.ref = s.ref
WHERE j.store = $1
  AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.event = j.event AND d.part = j.part AND d.state <> 'redriven')
  AND NOT EXISTS (SELECT FROM waiting w WHERE w.event = j.event AND w.part = j.part AND w.hold = 'operator')
"""
_BODIES = "SELECT event, body FROM journal WHERE event = ANY($1::uuid[]) AND part = 0"
# Who may write to one topic must not take back what stands in another, where others may say more: the principal is the same.
_CORRECTING = """
SELECT c.target, c.event, j.part, j.store, j.principal, j.ref,
       EXISTS (SELECT FROM dead_letters d WHERE d.event = j.event AND d.part = j.part AND d.state <> 'redriven')
       OR EXISTS (SELECT FROM waiting w WHERE w.event = j.event AND w.part = j.part AND w.hold = 'operator') AS is_out
FROM corrections c JOIN journal j ON j.event = c.event JOIN journal t ON t.event = c.target AND t.part = 0 AND t.topic = j.topic
WHERE c.target = ANY($1::uuid[])
"""

_CORRECT = "INSERT INTO corrections (target, event) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING"

_SUBJECTS = "SELECT event, store, principal, ref FROM journal WHERE event = ANY($1::uuid[]) AND store <> ''"

_UNHEARD = """
SELECT DISTINCT j.topic FROM corrections c JOIN journal j ON j.event = c.event AND j.part = 0
WHERE c.event = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM journal t WHERE t.event = c.target AND t.part = 0)
"""

_MORE = """
SELECT EXISTS (
    SELECT FROM unnest($2::text[], $3::text[], $4::int[]) AS k (principal, ref, parts)
    WHERE k.parts < (SELECT count(*) FROM journal j WHERE j.ref = k.ref AND j.store = $1 AND j.principal = k.principal))
"""
_TARGETS = """
SELECT j.store, j.principal, j.ref FROM corrections c JOIN journal j ON j.event = c.target
WHERE c.event = ANY($1::uuid[]) AND j.store <> ''
"""


Likeness: TypeAlias = tuple[str, str, str, str, bool, str, int]
"""What many rows of a batch are alike in: the subject's principal, source, type, store, whether it is historical, topic, partition.

Who says it follows from the topic.
"""
Row: TypeAlias = tuple[UUID, int, int, str, str, datetime, int | None, str | None, int, bytes, int]
"""One part of one event, as in `ROWS`; `body` is packed, and stands with the first part alone, `likeness` is a number from 1 on."""


class _Correction(NamedTuple):
    """An event that takes the place of another: the (store, subject) of its parts that count, and of those that are dead or held."""

    counting: set[tuple[str, Subject]]
    out: set[tuple[str, Subject]]

    def replaces(self, store: str, subject: Subject) -> bool:
        """Whether the other counts no longer for this subject: one whose part is dead or held keeps what it had."""
        return bool(self.counting) and (store, subject) not in self.out


class Past(NamedTuple):
    """One journalled part, read back to be folded again."""

    subject: Subject
    event: UUID
    part: int
    type: str
    body: bytes
    source: str
    event_id: str
    is_historical: bool
    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> tuple[str, int, int]:
        """Where the record stands in the log."""
        return self.topic, self.partition, self.offset


def pack(body: bytes) -> bytes:
    """A body as the journal keeps it; to compress a small one would take longer than to write the few bytes that it saves."""
    size = len(body)
    return _FRAMES[size] + body if size < len(_FRAMES) else _compress(body)


async def insert(connection: Connection, consumer: str, rows: Sequence[Row], likenesses: Iterable[Likeness]) -> set[UUID]:
    """Journal what is new and return those events; `likenesses` are in the order of their numbers."""
    return set(await connection.fetchval(_INSERT, *_columns(consumer, rows, likenesses)))


def adding(consumer: str, rows: Sequence[Row], likenesses: Iterable[Likeness]) -> Asked[None]:
    """What is to be done to journal what is taken for new; UniqueViolationError tells that some of it is not.

    That some may be there already costs as much again as to enter them in the index.
    """
    return Asked(_ADDED, _columns(consumer, rows, likenesses), nothing)


def _columns(consumer: str, rows: Sequence[Row], likenesses: Iterable[Likeness]) -> list[Any]:
    """Rows go in by event so that the index is filled side by side."""
    return [sorted(rows, key=itemgetter(0, 1)), consumer, *([*column] for column in zip(*likenesses, strict=True))]


async def known(connection: Connection, events: Iterable[UUID]) -> dict[UUID, tuple[str, int, bytes]]:
    """Type, fingerprint and body of events that the journal has."""
    rows = await connection.fetch(_KNOWN, list(events))
    return {row[0]: (row[1], row[2], _decompress(row[3])) for row in rows}


async def history(connection: Connection, store: str, subjects: Sequence[Subject], without: Container[tuple[UUID, int]] = ()) -> list[Past]:
    """All that counts for these subjects, in no order.

    What is dead, or held for an operator, does not count, and neither does what was corrected, unless the
    correction itself does not count or stands in another topic. `without` are parts that this very transaction takes for dead or held.
    """
    rows = await connection.fetch(_HISTORY, store, [s.principal for s in subjects], [s.ref for s in subjects])
    counted = [(Subject(row[0], row[1]), row) for row in map(tuple, rows)]
    corrected = {row[2] for row in rows if row[-1]}
    if corrected:
        corrections = await _corrections(connection, corrected, without)
        counted = [
            (subject, row) for subject, row in counted if not any(each.replaces(store, subject) for each in corrections.get(row[2], ()))
        ]
    apart = {row[2] for _, row in counted if row[5] is None}
    bodies = {row[2]: _decompress(row[5]) for _, row in counted if row[5] is not None}
    if apart - bodies.keys():
        bodies |= {row[0]: _decompress(row[1]) for row in await connection.fetch(_BODIES, list(apart - bodies.keys()))}
    return [Past(subject, row[2], row[3], row[4], bodies[row[2]], *row[6:-1]) for subject, row in counted]


async def _corrections(
    connection: Connection, corrected: Iterable[UUID], without: Container[tuple[UUID, int]]
) -> dict[UUID, list["_Correction"]]:
    """What corrects these events, said in the topic in which they stand."""
    found: dict[tuple[UUID, UUID], _Correction] = defaultdict(lambda: _Correction(set(), set()))
    for target, event, part, store, principal, ref, is_out in await connection.fetch(_CORRECTING, list(corrected)):
        correction = found[target, event]
        (correction.out if is_out or (event, part) in without else correction.counting).add((store, Subject(principal, ref)))
    by_target: dict[UUID, list[_Correction]] = defaultdict(list)
    for (target, _), correction in found.items():
        by_target[target].append(correction)
    return by_target


async def correct(connection: Connection, corrections: Sequence[tuple[UUID, UUID]]) -> None:
    """Take the first of each pair out of its subjects' folds for as long as the second counts in its place."""
    await connection.execute(_CORRECT, [target for target, _ in corrections], [event for _, event in corrections])


async def unheard_in(connection: Connection, corrections: Iterable[UUID]) -> list[str]:
    """The topics in which these events correct what the journal does not have, or not yet."""
    return [row[0] for row in await connection.fetch(_UNHEARD, list(corrections))]


async def subjects_of(connection: Connection, events: Iterable[UUID]) -> list[tuple[UUID, str, Subject]]:
    """Whom these events concern: event, store and subject of each of their parts."""
    rows = await connection.fetch(_SUBJECTS, list(events))
    return [(row[0], row[1], Subject(row[2], row[3])) for row in rows]


async def says_more(connection: Connection, store: str, subjects: Mapping[Subject, int]) -> bool:
    """Whether the journal has more than so many parts of one of these subjects."""
    principals, refs = zip(*subjects, strict=True)
    return bool(await connection.fetchval(_MORE, store, principals, refs, list(subjects.values())))


async def corrected_by(connection: Connection, events: Iterable[UUID]) -> list[tuple[str, Subject]]:
    """Store and subject of what these events correct."""
    rows = await connection.fetch(_TARGETS, list(events))
    return [(row[0], Subject(row[1], row[2])) for row in rows]
