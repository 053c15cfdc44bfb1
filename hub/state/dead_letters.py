"""Dead letters: records that could not be folded, with the original bytes and the reason."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from hub.state.store import Connection
from hub.state.together import Asked, Part, nothing

_INTO = """
INSERT INTO dead_letters (id, consumer, principal, key, reason, faults, event, part, store, whose, ref, source, event_id, type,
                          topic, partition, "offset", timestamp, headers, value)
SELECT n.id, n.consumer, n.principal, n.key, n.reason, n.faults::jsonb, n.event, n.part, n.store, n.whose, n.ref, n.source, n.event_id,
       n.type, n.topic, n.partition, n.of, n.timestamp, n.headers, n.value
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::smallint[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::int[], $17::bigint[], $18::bigint[], $19::bytea[],
            $20::bytea[])
     AS n (id, consumer, principal, key, reason, faults, event, part, store, whose, ref,
           source, event_id, type, topic, partition, of, timestamp, headers, value)
"""
_INSERT = f"""{_INTO}
ON CONFLICT (id) DO UPDATE SET state = 'open', reason = EXCLUDED.reason, faults = EXCLUDED.faults, since = now()
WHERE dead_letters.state = 'redriven'
RETURNING id
"""

COLUMNS = (
    "id, consumer, principal, key, reason, faults, event, part, store, whose, ref, source, event_id, type,"
    ' topic, partition, "offset", timestamp, headers, value'
)
_CLOSE = f"UPDATE dead_letters SET state = $3 WHERE consumer = $1 AND id = ANY($2::uuid[]) AND state = 'open' RETURNING {COLUMNS}"  # noqa: S608 - names of our own
_KNOWN = Part("", "SELECT id FROM dead_letters WHERE id = ANY($1::uuid[])")
_ADDED = Part(f"buried AS ({_INTO})", "")
_REOPEN = "UPDATE dead_letters SET state = 'open', since = now() WHERE id = ANY($1::uuid[])"


class DeadLetter(NamedTuple):
    """`faults` are [path, expected] pairs; `headers` is JSON of [name, base64 or null] pairs.

    `whose` and `ref` are the subject's for whom a journalled part could not be folded.
    """

    id: UUID
    consumer: str
    principal: str
    key: str | None
    reason: str
    faults: Any
    event: UUID | None
    part: int
    store: str | None
    whose: str | None
    ref: str | None
    source: str | None
    event_id: str | None
    type: str | None
    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: bytes
    value: bytes | None

    @property
    def place(self) -> tuple[str, int, int]:
        """Where the record stands in the log."""
        return self.topic, self.partition, self.offset


async def insert(connection: Connection, letters: Sequence[DeadLetter]) -> set[UUID]:
    """Keep dead letters; returns those that are new, or open again after they were redriven in vain."""
    return {row[0] for row in await connection.fetch(_INSERT, *_columns(letters))}


def adding(letters: Sequence[DeadLetter]) -> Asked[None]:
    """What is to be done to keep dead letters none of which was there before; UniqueViolationError tells that one was."""
    return Asked(_ADDED, _columns(letters), nothing)


def _columns(letters: Sequence[DeadLetter]) -> tuple[Sequence[Any], ...]:
    return tuple(zip(*(letter._replace(faults=orjson.dumps(letter.faults).decode()) for letter in letters), strict=True))


def knowing(letters: Sequence[UUID]) -> Asked[set[UUID]]:
    """Those that are kept already, whatever became of them."""
    return Asked(_KNOWN, (letters,), lambda rows: {row[0] for row in rows})


async def close(
    connection: Connection, consumer: str, letters: Sequence[UUID], state: Literal["redriven", "discarded"]
) -> dict[UUID, DeadLetter]:
    """Take open dead letters out of the way of their keys; those that are not open, or not this consumer's, are not returned."""
    rows = await connection.fetch(_CLOSE, consumer, letters, state)
    return {row[0]: DeadLetter(*row) for row in rows}


async def reopen(connection: Connection, letters: Sequence[UUID]) -> None:
    """They were redriven in vain."""
    await connection.execute(_REOPEN, letters)
