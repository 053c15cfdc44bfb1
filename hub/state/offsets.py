"""How far each consumer has folded each partition, and who may go on from there."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from contracts.topics import ACTS
from hub.state.store import Connection
from hub.state.together import Asked, Part, done_to, nothing

TopicPartition = tuple[str, int]


class Claimed(NamedTuple):
    """`epoch` is the fencing token of this claim; `next_offset` is where folding goes on, None where it never began.

    `topic_id` is the topic of that name in which the offset counts, None where nobody has asked yet.
    """

    epoch: int
    next_offset: int | None
    topic_id: str | None = None


class Span(NamedTuple):
    """Records of one partition: where the first stands, where the next one would, and how many holes lie between them."""

    first: int
    after: int
    holes: int


class Locked(NamedTuple):
    """A partition as its batch found it; where `is_moved` the offset stands behind the batch already.

    `edition` tells the row from any later one. Where `is_stale` it was written while its lock was waited for: all else that was asked
    along with it was seen as it was before.
    """

    epoch: int
    next_offset: int
    is_moved: bool
    edition: str
    is_stale: bool


OPERATOR = "operator "
"""How the owner's name begins where an operator's order has taken a partition out of its owner's hands."""

EVERYWHERE, EVERY = "", -1
"""The topic, and the partition, of a pause that leaves it open."""


class Paused(NamedTuple):
    """What is paused of one consumer; acts go on, so that it can still be told something."""

    scopes: frozenset[TopicPartition] = frozenset()

    def covers(self, partition: TopicPartition) -> bool:
        """Whether the partition itself, its topic or the whole consumer is paused."""
        topic = partition[0]
        return topic != ACTS.name and not self.scopes.isdisjoint({partition, (topic, EVERY), (EVERYWHERE, EVERY)})


class Halt(NamedTuple):
    """Why a partition stands still, and since when by the clock."""

    reason: str
    since: float


_CLAIM = """
INSERT INTO consumer_offsets AS o (consumer, cluster_id, topic, partition, next_offset, epoch, owner)
SELECT $1, $2, p.topic, p.partition, -1, 1, $3 FROM unnest($4::text[], $5::int[]) AS p (topic, partition)
ORDER BY p.topic COLLATE "C", p.partition
ON CONFLICT (consumer, cluster_id, topic, partition)
DO UPDATE SET epoch = o.epoch + 1, owner = EXCLUDED.owner, halted = NULL, halted_at = NULL
RETURNING topic, partition, epoch, next_offset, topic_id
"""

_START = """
UPDATE consumer_offsets AS o SET next_offset = n.next_offset
FROM unnest($3::text[], $4::int[], $5::bigint[]) AS n (topic, partition, next_offset)
WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = n.topic AND o.partition = n.partition AND o.next_offset = -1
"""

_KNOW = """
UPDATE consumer_offsets AS o SET topic_id = n.topic_id
FROM unnest($3::text[], $4::int[], $5::bigint[], $6::text[]) AS n (topic, partition, epoch, topic_id)
WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = n.topic AND o.partition = n.partition AND o.epoch = n.epoch
"""

# Where the records follow what was folded, the offset moves in the same round trip: until the commit nobody else sees it.
# What is locked cannot slip away, so nobody asks what has moved: a join with it would compare each partition with all others.
_LOCK = Part(
    """
locked AS (
    SELECT o.*, s.first, s.after, s.holes
    FROM unnest((SELECT $3::text[]), (SELECT $4::int[]), (SELECT $5::bigint[]), (SELECT $6::bigint[]), (SELECT $7::bigint[]))
        AS s (topic, partition, first, after, holes) CROSS JOIN LATERAL (
        SELECT o.topic, o.partition, o.epoch, greatest(o.next_offset, 0) AS next_offset, o.xmin::text AS edition FROM consumer_offsets o
        WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = s.topic AND o.partition = s.partition FOR UPDATE) AS o
), moved AS (
    UPDATE consumer_offsets AS o SET next_offset = l.after, holes = o.holes + l.holes, moved_at = now() FROM locked l
    WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = l.topic AND o.partition = l.partition AND l.next_offset = l.first
)
""",
    """
SELECT l.topic, l.partition, l.epoch, l.next_offset, l.next_offset = l.first, l.edition, l.edition <> (
    SELECT o.xmin::text FROM consumer_offsets o
    WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = l.topic AND o.partition = l.partition)
FROM locked l
""",
)

_LOOK = Part(
    "",
    """
SELECT o.topic, o.partition, o.epoch, greatest(o.next_offset, 0), false, o.edition, false
FROM unnest((SELECT $3::text[]), (SELECT $4::int[])) AS s (topic, partition) CROSS JOIN LATERAL (
    SELECT o.*, o.xmin::text AS edition FROM consumer_offsets o
    WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = s.topic AND o.partition = s.partition) AS o
""",
)

_MOVE = done_to(
    "moved",
    """
UPDATE consumer_offsets AS o SET next_offset = n.after, holes = o.holes + n.holes, moved_at = now()
FROM unnest((SELECT $3::text[]), (SELECT $4::int[]), (SELECT $5::bigint[]), (SELECT $6::bigint[]), (SELECT $7::text[]))
    AS n (topic, partition, after, holes, edition)
WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = n.topic AND o.partition = n.partition AND o.xmin::text = n.edition
""",
    8,
)

_ADVANCE = """
UPDATE consumer_offsets AS o SET next_offset = n.next_offset, holes = o.holes + n.holes, moved_at = now()
FROM unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[]) AS n (topic, partition, next_offset, holes)
WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = n.topic AND o.partition = n.partition
"""

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended(concat('others ', current_schema(), ' ', $1::text), 0))"
# A new edition of each row, as it was. In the order in which batches lock them.
_TOUCH = """
UPDATE consumer_offsets AS o SET moved_at = o.moved_at FROM (
    SELECT cluster_id, topic, partition FROM consumer_offsets WHERE consumer = $1 AND topic = ANY($2::text[])
    ORDER BY topic COLLATE "C", partition FOR UPDATE) AS l
WHERE o.consumer = $1 AND o.cluster_id = l.cluster_id AND o.topic = l.topic AND o.partition = l.partition
"""

_HALT = """
UPDATE consumer_offsets SET halted = $6, halted_at = to_timestamp($7)
WHERE consumer = $1 AND cluster_id = $2 AND topic = $3 AND partition = $4 AND epoch = $5
"""

_PAUSES = "SELECT topic, partition FROM pauses WHERE consumer = $1"

_ORDERED = """
SELECT o.topic, o.partition, o.epoch FROM consumer_offsets o
JOIN unnest($3::text[], $4::int[]) AS p (topic, partition) ON o.topic = p.topic AND o.partition = p.partition
WHERE o.consumer = $1 AND o.cluster_id = $2 AND starts_with(o.owner, $5)
"""


class Offsets:
    """One consumer's offsets on one Kafka cluster."""

    def __init__(self, consumer: str, cluster_id: str) -> None:
        self._key = consumer, cluster_id

    async def claim(self, connection: Connection, owner: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Claimed]:
        """Take partitions over (T0): whoever held them before is fenced off by the new epoch."""
        rows = await connection.fetch(_CLAIM, *self._key, owner, *_columns(partitions))
        return {(r[0], r[1]): Claimed(r[2], None if r[3] < 0 else r[3], r[4]) for r in rows}

    async def start(self, connection: Connection, starts: Mapping[TopicPartition, int]) -> None:
        """Begin partitions that were never folded at these offsets."""
        await connection.execute(_START, *self._key, *_columns(list(starts)), list(starts.values()))

    async def know(self, connection: Connection, topics: Mapping[TopicPartition, tuple[int, str]]) -> None:
        """Keep under which id, seen at which epoch, the topic of each partition is known from now on."""
        epochs, ids = zip(*topics.values(), strict=True)
        await connection.execute(_KNOW, *self._key, *_columns(list(topics)), epochs, ids)

    async def lock(self, connection: Connection, spans: Mapping[TopicPartition, Span]) -> dict[TopicPartition, Locked]:
        """Lock the rows of a batch, in order, so that two batches cannot lock each other out, and move on those that stand where it begins.

        Whoever finds that the batch may not be applied rolls back. The others move on by `advance`.
        """
        return await self.locking(spans).alone(connection) if spans else {}

    def locking(self, spans: Mapping[TopicPartition, Span]) -> Asked[dict[TopicPartition, Locked]]:
        """As `lock`, to be asked together with what else there is to ask."""
        ordered = sorted(spans.items())
        columns = _columns([partition for partition, _ in ordered])
        return Asked(_LOCK, (*self._key, *columns, *zip(*(span for _, span in ordered), strict=True)), _locked)

    def looking(self, partitions: Sequence[TopicPartition]) -> Asked[dict[TopicPartition, Locked]]:
        """Where these stand and under which epoch, without a lock."""
        return Asked(_LOOK, (*self._key, *_columns(partitions)), _locked)

    def moving(self, moves: Mapping[TopicPartition, tuple[int, int]], found: Mapping[TopicPartition, Locked]) -> Asked[None]:
        """What is to be done to `advance` partitions whose rows are the very ones that were found.

        DivisionByZeroError tells that one was moved on or claimed since, or that `await_others` was called.
        """
        columns = zip(*((*move, found[partition].edition) for partition, move in moves.items()), strict=True)
        return Asked(_MOVE, (*self._key, *_columns(list(moves)), *columns, len(moves)), nothing)

    async def advance(self, connection: Connection, moves: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Move on: per partition the next offset and how many holes were passed."""
        await connection.execute(
            _ADVANCE, *self._key, *_columns(list(moves)), [move[0] for move in moves.values()], [move[1] for move in moves.values()]
        )

    async def halt(self, connection: Connection, partition: TopicPartition, epoch: int, halt: Halt) -> None:
        """Let others see that a partition stands still, unless somebody else has claimed it; a claim takes that back."""
        await connection.execute(_HALT, *self._key, *partition, epoch, *halt)

    async def pauses(self, connection: Connection) -> Paused:
        """What operators have paused."""
        return Paused(frozenset((row[0], row[1]) for row in await connection.fetch(_PAUSES, self._key[0])))

    async def ordered(self, connection: Connection, epochs: Mapping[TopicPartition, int]) -> set[TopicPartition]:
        """Those of these partitions whose epoch an operator has moved on since, and nobody has claimed."""
        rows = await connection.fetch(_ORDERED, *self._key, *_columns(list(epochs)), OPERATOR)
        return {(row[0], row[1]) for row in rows if row[2] != epochs[row[0], row[1]]}


async def await_others(connection: Connection, consumer: str, topics: Sequence[str]) -> bool:
    """Wait until all that is under way of these topics is committed; what has only looked by now has to wait for us, and look again.

    False where somebody else does so: they would wait for us as well.
    """
    if not await connection.fetchval(_ALONE, consumer):
        return False
    await connection.execute(_TOUCH, consumer, topics)
    return True


def _locked(rows: Sequence[Any]) -> dict[TopicPartition, Locked]:
    return {(row[0], row[1]): Locked(row[2], row[3], row[4], row[5], row[6]) for row in rows}


def _columns(partitions: Sequence[TopicPartition]) -> tuple[list[str], list[int]]:
    return [topic for topic, _ in partitions], [partition for _, partition in partitions]
