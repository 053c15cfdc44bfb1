"""What a batch says, packed into one row: what the events are as JSON, then their bodies, compressed together.

A row for each event cost the database ten times as much, and the events of a batch resemble each other.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
import zstandard
from asyncpg.pgproto import pgproto  # its UUID is made in a third of the time

_MOST_EVENTS = 1_000
_MOST_BYTES = 1_000_000
_PLACES = 1 << 15
"""How many events a segment could have at most: the number of an event is made of its segment's and its place there."""

_compress = zstandard.ZstdCompressor(level=1).compress
_decompress = zstandard.ZstdDecompressor().decompress


class Said(NamedTuple):
    """One event as a batch emits it; its id never changes, so that a repeated send is recognised."""

    topic: str
    key: str
    type: str
    event_id: UUID
    subject: str | None
    body: bytes


class Unsent(NamedTuple):
    """One event that is to leave; `id` grows in the order in which events were said."""

    id: int
    consumer: str
    topic: str
    key: str
    type: str
    event_id: UUID
    subject: str | None
    body: bytes
    time: datetime


class Segment(NamedTuple):
    """Events of one batch in their order, a column each; `numbers` grow in the order in which events were said, `event_ids` are text."""

    id: int
    consumer: str
    time: datetime
    numbers: Sequence[int]
    topics: Sequence[str]
    keys: Sequence[str]
    types: Sequence[str]
    event_ids: Sequence[str]
    subjects: Sequence[str | None]
    bodies: Sequence[bytes]

    def events(self) -> Iterator[Unsent]:
        """All of its events."""
        for number, topic, key, wire, event_id, subject, body in zip(*self[3:], strict=True):
            yield Unsent(number, self.consumer, topic, key, wire, pgproto.UUID(event_id), subject, body, self.time)


def alone(event: Unsent) -> Segment:
    """A segment of one event."""
    number, consumer, topic, key, wire, event_id, subject, body, time = event
    return Segment(number // _PLACES, consumer, time, (number,), (topic,), (key,), (wire,), (str(event_id),), (subject,), (body,))


def place_of(number: int) -> tuple[int, int]:
    """An event's segment, and its place there."""
    return divmod(number, _PLACES)


def cut(said: Sequence[Said]) -> Iterator[Sequence[Said]]:
    """Pieces that are small enough to be packed, and to be held in memory, each for itself."""
    start, size = 0, 0
    for at, event in enumerate(said):
        size += len(event.body)
        if at > start and (size > _MOST_BYTES or at - start == _MOST_EVENTS):
            yield said[start:at]
            start, size = at, len(event.body)
    yield said[start:]


def pack(said: Sequence[Said]) -> tuple[int, bytes]:
    """How many bytes the bodies have, and the segment; raises UnicodeEncodeError for text that no encoding knows."""
    topics, keys, types, event_ids, subjects, bodies = zip(*said, strict=True)
    sizes = [len(body) for body in bodies]
    try:
        head = orjson.dumps((topics, keys, types, [str(event_id) for event_id in event_ids], subjects, sizes))
    except TypeError:
        for text in (*topics, *keys, *types, *filter(None, subjects)):
            text.encode()
        raise
    return sum(sizes), _compress(b"".join((head, b"\n", *bodies)))


def unpack(segment: int, consumer: str, time: datetime, packed: bytes) -> Segment:
    """The segment again."""
    plain = _decompress(packed)
    at = plain.index(b"\n")
    topics, keys, types, event_ids, subjects, sizes = orjson.loads(plain[:at])
    at += 1
    bodies = []
    for size in sizes:
        bodies.append(plain[at : at + size])
        at += size
    first = segment * _PLACES
    return Segment(segment, consumer, time, range(first, first + len(bodies)), topics, keys, types, event_ids, subjects, bodies)
