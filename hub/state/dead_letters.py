"""Dead letters: records that could not be folded, with the original bytes and the reason."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from hub.state.store import Connection

_KINDS = (
    "uuid text text text text jsonb uuid smallint text text text text text text int bigint bigint bytea bytea".split()  # noqa: SIM905 - one word a column
)
_INSERT = (
    "INSERT INTO dead_letters (id, consumer, principal, key, reason, faults, event, part, store, ref, source, event_id, type, topic,"  # noqa: S608 - names of our own
    f' partition, "offset", timestamp, headers, value) SELECT * FROM unnest({", ".join(f"${n}::{k}[]" for n, k in enumerate(_KINDS, 1))})'
    " ON CONFLICT (id) DO NOTHING RETURNING id"
)


class DeadLetter(NamedTuple):
    """`faults` are [path, expected] pairs; `headers` is JSON of [name, base64 or null] pairs."""

    id: UUID
    consumer: str
    principal: str
    key: str | None
    reason: str
    faults: list[Any]
    event: UUID | None
    part: int
    store: str | None
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


async def insert(connection: Connection, letters: Sequence[DeadLetter]) -> set[UUID]:
    """Keep dead letters; returns those that were not kept before."""
    return {row[0] for row in await connection.fetch(_INSERT, *zip(*letters, strict=True))}
