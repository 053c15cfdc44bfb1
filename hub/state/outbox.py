"""The outbox: what the hub says on Kafka, written with the state that it tells of, sent by the relay.

A row holds what a batch said as a whole (a segment). What cannot go with its segment is put apart, a row for each event.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from struct import pack as pack_places
from typing import NamedTuple

from hub.state.segments import Said, Segment, Unsent, alone, cut, pack, place_of, unpack
from hub.state.store import Connection
from hub.state.together import Asked, Part, nothing

CHANNEL = "hub_outbox"
"""NOTIFY channel: there is something to send."""

_INSERT = Part(
    "said AS (INSERT INTO outbox (consumer, events, size, packed) VALUES ($1, $2, $3, $4))", f"SELECT pg_notify('{CHANNEL}', '') IS NULL"
)
_OLDEST = """
SELECT id, consumer, time, packed FROM (
    SELECT id, consumer, time, packed, sum(size) OVER (ORDER BY id) - size AS before FROM outbox ORDER BY id LIMIT 500
) o WHERE before < $1 ORDER BY id
"""
_SINCE = "SELECT id, consumer, time, packed FROM outbox WHERE id > $1 ORDER BY id"
_EVENT = "id, consumer, topic, key, type, event_id, subject, body, time"
_APART = f"SELECT {_EVENT} FROM outbox_apart ORDER BY id"  # noqa: S608 - names of our own
_RELEASED = f"""
SELECT {_EVENT} FROM (
    SELECT {_EVENT}, sum(length(body)) OVER (ORDER BY id) - length(body) AS before FROM outbox_apart o
    WHERE set_aside IS NULL AND NOT EXISTS (
        SELECT FROM outbox_apart s WHERE s.set_aside IS NOT NULL AND s.topic = o.topic AND s.key = o.key AND s.id < o.id)
    AND NOT EXISTS (SELECT FROM outbox_apart s WHERE s.set_aside = 'unknown_topic' AND s.topic = o.topic AND s.id < o.id)
    ORDER BY id LIMIT 500
) o WHERE before < $1 ORDER BY id
"""  # noqa: S608 - names of our own
_HOLDS = """
SELECT DISTINCT topic, CASE WHEN set_aside <> 'unknown_topic' THEN key END FROM outbox_apart
WHERE set_aside IS NOT NULL AND set_aside NOT LIKE 'partition_away/%'
"""
_AWAY = "SELECT DISTINCT topic, set_aside FROM outbox_apart WHERE set_aside LIKE 'partition_away/%'"
_PROBE = """
UPDATE outbox_apart SET set_aside = NULL WHERE id IN (
    SELECT min(a.id) FROM outbox_apart a JOIN unnest($1::text[], $2::text[]) AS p (topic, why) ON a.topic = p.topic AND a.set_aside = p.why
    GROUP BY a.topic, a.set_aside)
"""
_RETURNED = """
UPDATE outbox_apart a SET set_aside = NULL FROM unnest($1::text[], $2::text[]) AS p (topic, why)
WHERE a.topic = p.topic AND a.set_aside = p.why
"""
_SENT = """
WITH gone AS (DELETE FROM outbox WHERE id = ANY($7::bigint[])), apart AS (DELETE FROM outbox_apart WHERE id = ANY($8::bigint[]))
INSERT INTO outbox_receipts (segment, topic, partition, "offset", places, event_ids)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::bytea[])
"""
_PUT_APART = f"""
INSERT INTO outbox_apart ({_EVENT}, set_aside)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::bytea[], $9::timestamptz[],
                     $10::text[])
ON CONFLICT (id) DO UPDATE SET set_aside = EXCLUDED.set_aside
"""  # noqa: S608 - names of our own
_FOUND = "UPDATE outbox_apart SET set_aside = NULL WHERE set_aside = 'unknown_topic' AND topic = ANY($1::text[])"
_ASIDE_TOPICS = "SELECT DISTINCT topic FROM outbox_apart WHERE set_aside = 'unknown_topic'"
_ENDS = 'SELECT topic, partition, max("offset" + length(places) / 2) FROM outbox_receipts GROUP BY 1, 2'
_FORGET = "DELETE FROM outbox_receipts WHERE sent_at < now() - interval '1 day'"


UNKNOWN_TOPIC = "unknown_topic"
"""Set aside until the topic is made; all that is for the topic waits behind it."""

PARTITION_AWAY = "partition_away/{}"
"""Set aside until that partition takes records again; all that is for the partition is set aside with it."""

Partition = tuple[str, int]

_RELAY = 0x6875625F72656C61  # 'hub_rela': one relay at a time


class Receipt(NamedTuple):
    """Events that went side by side: the number and the id of each, and where the first of them stands in the log."""

    topic: str
    partition: int
    offset: int
    numbers: Sequence[int]
    event_ids: Sequence[str]


class Holds(NamedTuple):
    """What waits because of what was set aside: whole topics, keys of topics, and partitions that take nothing."""

    topics: set[str]
    keys: set[tuple[str, str]]
    partitions: set[Partition]


async def insert(connection: Connection, consumer: str, said: Sequence[Said]) -> None:
    """Write what a batch says, in its order, and wake the relay once it is committed."""
    for piece in inserting(consumer, said):
        await piece.alone(connection)


def inserting(consumer: str, said: Sequence[Said]) -> Iterator[Asked[None]]:
    """As `insert`, piece by piece, the last of them together with what else there is to do."""
    for piece in cut(said):
        yield Asked(_INSERT, (consumer, len(piece), *pack(piece)), nothing)


async def oldest(connection: Connection, most_bytes: int) -> list[Segment]:
    """The oldest segments, so many that their bodies have about as many bytes.

    A row is found by being there, never by being newer than the last one: ids are taken before
    commit, so a lower id may appear after a higher one.
    """
    return [unpack(*row) for row in await connection.fetch(_OLDEST, most_bytes)]


async def since(connection: Connection, segment: int) -> list[Segment]:
    """All segments after that one: for who writes alone, and so knows that no lower id will come."""
    return [unpack(*row) for row in await connection.fetch(_SINCE, segment)]


async def unsent(connection: Connection) -> list[Unsent]:
    """Every event that is still here, in the order in which they were said."""
    found = [Unsent(*row) for row in await connection.fetch(_APART)]
    found += [event for segment in await since(connection, 0) for event in segment.events()]
    return sorted(found)


async def released(connection: Connection, most_bytes: int) -> list[Segment]:
    """The oldest events that were put apart and may go, none of them behind one that was set aside.

    They are older than any segment that has events of their keys: these go first.
    """
    return [alone(Unsent(*row)) for row in await connection.fetch(_RELEASED, most_bytes)]


async def holds(connection: Connection) -> Holds:
    """What must wait because an earlier event was set aside."""
    rows = [tuple(row) for row in await connection.fetch(_HOLDS)]
    topics, keys = {topic for topic, key in rows if key is None}, {(topic, key) for topic, key in rows if key is not None}
    return Holds(topics, keys, {(topic, int(why.rpartition("/")[2])) for topic, why in await connection.fetch(_AWAY)})


async def sent(connection: Connection, receipts: Iterable[Receipt], *, segments: Sequence[int] = (), apart: Sequence[int] = ()) -> None:
    """Remove these segments and these events apart, and keep for a day where what was acknowledged stands."""
    rows = [row for receipt in receipts for row in _by_segment(receipt)]
    columns = zip(*rows, strict=True) if rows else ((),) * 6
    await connection.execute(_SENT, *columns, segments, apart)


def _by_segment(receipt: Receipt) -> Iterator[tuple[int, str, int, int, bytes, bytes]]:
    """A row for each segment that has a part in it: places and ids packed, as there are so many of them."""
    at = 0
    for segment, group in groupby(map(place_of, receipt.numbers), key=itemgetter(0)):
        places = [place for _, place in group]
        end = at + len(places)
        event_ids = bytes.fromhex("".join(receipt.event_ids[at:end]).replace("-", ""))
        yield segment, receipt.topic, receipt.partition, receipt.offset + at, pack_places(f">{len(places)}H", *places), event_ids
        at = end


async def put_apart(connection: Connection, events: Sequence[tuple[Unsent, str | None]]) -> None:
    """Keep these events by themselves, or, where they are already, say anew why one is set aside: its key waits behind it."""
    await connection.execute(_PUT_APART, *zip(*((*event, why) for event, why in events), strict=True))


async def become_the_relay(connection: Connection) -> bool:
    """Whether this session is now the only one that relays; it stays so until it ends."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _RELAY))


async def homeless(connection: Connection) -> list[str]:
    """The topics that events were set aside for because there was no such topic."""
    return [row[0] for row in await connection.fetch(_ASIDE_TOPICS)]


async def found(connection: Connection, topics: Sequence[str]) -> None:
    """These topics are there now: what was set aside for them may go."""
    await connection.execute(_FOUND, topics)


async def probe(connection: Connection, partitions: Collection[Partition]) -> None:
    """Let the oldest event go that was set aside for each of these partitions: what comes of it tells whether it takes records again."""
    await connection.execute(_PROBE, *_worded(partitions))


async def returned(connection: Connection, partitions: Collection[Partition]) -> None:
    """These partitions take records again: what was set aside for them may go."""
    await connection.execute(_RETURNED, *_worded(partitions))


def _worded(partitions: Collection[Partition]) -> tuple[list[str], list[str]]:
    return [topic for topic, _ in partitions], [PARTITION_AWAY.format(number) for _, number in partitions]


async def ends(connection: Connection) -> dict[tuple[str, int], int]:
    """Where, by topic and partition, the log went on after the last event of which there is a receipt."""
    return {(row[0], row[1]): row[2] for row in await connection.fetch(_ENDS)}


async def forget_old(connection: Connection) -> None:
    """Let go of receipts older than a day."""
    await connection.execute(_FORGET)
