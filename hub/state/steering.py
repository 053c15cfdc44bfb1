"""What operators order of a consumer's partitions: to pause, to resume, to go on from another offset.

Whoever owns a partition is fenced off by a new epoch, and finds the order when it claims anew: when an order returns,
no batch that began before it can commit any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hub.state.offsets import EVERY, EVERYWHERE, OPERATOR, Paused, TopicPartition
from hub.state.store import Connection

RELEASABLE = ("brake", "unknown_error")
"""Halts that an operator may lift as they are; the others need another offset."""

_WITHIN = "consumer = $1 AND ($2 = '' OR topic = $2) AND ($3 < 0 OR partition = $3)"
_ROWS = (
    "SELECT topic, partition, next_offset, epoch, owner, holes, moved_at, halted, halted_at FROM consumer_offsets"  # noqa: S608 - names of our own
    f" WHERE {_WITHIN} AND cluster_id = $4 ORDER BY topic, partition"
)
_TAKE = """
UPDATE consumer_offsets AS o SET epoch = o.epoch + 1, owner = $5, halted = NULL, halted_at = NULL
FROM unnest($3::text[], $4::int[]) AS p (topic, partition)
WHERE o.consumer = $1 AND o.cluster_id = $2 AND o.topic = p.topic AND o.partition = p.partition
"""
_MOVE = """
INSERT INTO consumer_offsets AS o (consumer, cluster_id, topic, partition, next_offset, epoch, owner)
SELECT $1, $2, m.topic, m.partition, m.becomes, 1, $3
FROM unnest($4::text[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[]) AS m (topic, partition, was, becomes, epoch)
ORDER BY m.topic, m.partition
ON CONFLICT (consumer, cluster_id, topic, partition)
DO UPDATE SET next_offset = EXCLUDED.next_offset, epoch = o.epoch + 1, owner = EXCLUDED.owner,
    halted = NULL, halted_at = NULL, topic_id = NULL, moved_at = now()
WHERE EXISTS (
    SELECT FROM unnest($4::text[], $5::int[], $6::bigint[], $8::bigint[]) AS m (topic, partition, was, epoch)
    WHERE m.topic = o.topic AND m.partition = o.partition AND o.next_offset = m.was AND o.epoch = coalesce(m.epoch, o.epoch))
RETURNING topic, partition
"""
_PAUSE = "INSERT INTO pauses (consumer, topic, partition, who, why) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
_RESUME = f"DELETE FROM pauses WHERE {_WITHIN}"  # noqa: S608 - names of our own
_PAUSES = "SELECT consumer, topic, partition, who, why, since FROM pauses WHERE $1 = '' OR consumer = $1 ORDER BY 1, 2, 3"
_JUMP = """
UPDATE consumer_offsets
SET epoch = greatest(epoch, extract(epoch FROM clock_timestamp())::bigint) + 1, owner = $2, halted = NULL, halted_at = NULL
WHERE cluster_id = $1
"""


class Scope(NamedTuple):
    """A consumer as a whole, one of its topics, or one partition; `EVERYWHERE` and `EVERY` stand for what comes later too."""

    consumer: str
    topic: str = EVERYWHERE
    partition: int = EVERY

    def __str__(self) -> str:
        place = "" if self.partition == EVERY else f"[{self.partition}]"
        return f"{self.consumer} {self.topic}{place}" if self.topic else self.consumer

    def covers(self, topic: str, partition: int) -> bool:
        """Whether that partition is part of it."""
        return self.topic in {EVERYWHERE, topic} and self.partition in {EVERY, partition}


class Pause(NamedTuple):
    """What is paused, by whom, why and since when."""

    scope: Scope
    who: str
    why: str
    since: datetime


class Standing(NamedTuple):
    """How far one partition is folded and under whose claim; `halted` says why it stands still, if it does by itself."""

    topic: str
    partition: int
    next_offset: int
    epoch: int
    owner: str
    holes: int
    moved_at: datetime
    halted: str | None
    halted_at: datetime | None

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


class Move(NamedTuple):
    """One partition's next offset as an operator sets it; another offset or `epoch` by then than was seen means no.

    No epoch is asked of what stands still: its owner may claim it anew, and does not fold.
    """

    topic: str
    partition: int
    was: int
    becomes: int
    epoch: int | None


def is_paused(scopes: Sequence[Scope], topic: str, partition: int) -> bool:
    """Whether one of these pauses of a consumer holds that partition."""
    return Paused(frozenset((scope.topic, scope.partition) for scope in scopes)).covers((topic, partition))


async def pauses(connection: Connection, consumer: str = "") -> list[Pause]:
    """Everything that is paused, of one consumer or of all."""
    return [Pause(Scope(*row[:3]), *row[3:]) for row in map(tuple, await connection.fetch(_PAUSES, consumer))]


async def standings(connection: Connection, scope: Scope, cluster_id: str) -> list[Standing]:
    """The partitions in a scope that were ever claimed."""
    return [Standing(*row) for row in map(tuple, await connection.fetch(_ROWS, *scope, cluster_id))]


async def pause(connection: Connection, scope: Scope, cluster_id: str, who: str, why: str, partitions: Sequence[TopicPartition]) -> None:
    """Note a pause, and take these partitions, which it covers, out of their owners' hands."""
    async with connection.transaction():
        await connection.execute(_PAUSE, *scope, who, why)
        await _take(connection, scope.consumer, cluster_id, who, partitions)


async def resume(connection: Connection, scope: Scope, cluster_id: str, who: str, partitions: Sequence[TopicPartition]) -> None:
    """Lift every pause in a scope, and let go of these partitions, which are halted."""
    async with connection.transaction():
        await connection.execute(_RESUME, *scope)
        await _take(connection, scope.consumer, cluster_id, who, partitions)


async def _take(connection: Connection, consumer: str, cluster_id: str, who: str, partitions: Sequence[TopicPartition]) -> None:
    for topic, partition in sorted(partitions):  # one after another in a batch's order of locks, or both would wait for each other
        await connection.execute(_TAKE, consumer, cluster_id, [topic], [partition], f"{OPERATOR}{who}")


async def move(connection: Connection, consumer: str, cluster_id: str, who: str, moves: Sequence[Move]) -> set[TopicPartition]:
    """Set next offsets under new epochs; returns the partitions that were set: others were claimed since they were looked at."""
    columns = list(zip(*sorted(moves, key=lambda move: move[:2]), strict=True))
    rows = await connection.fetch(_MOVE, consumer, cluster_id, f"{OPERATOR}{who}", *columns)
    return {(row[0], row[1]) for row in rows}


async def jump(connection: Connection, cluster_id: str, who: str) -> int:
    """Give every partition an epoch that no process can have had, whatever it was given after a backup; returns how many.

    Epochs follow the clock from here on: a second restore of the same backup comes later, and claims come more seldom than seconds.
    """
    return int((await connection.execute(_JUMP, cluster_id, f"{OPERATOR}{who}")).rpartition(" ")[2])
