"""The outbox: what the hub says on Kafka, written with the state that it tells of, sent by the relay."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.state.store import Connection

CHANNEL = "hub_outbox"
"""NOTIFY channel: there is something to send."""

_INSERT = """
INSERT INTO outbox (consumer, topic, key, type, event_id, subject, body)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::bytea[])
"""
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', '')"
_OLDEST = """
SELECT id, consumer, topic, key, type, event_id, subject, body, time FROM outbox o
WHERE set_aside IS NULL AND NOT EXISTS (
    SELECT FROM outbox s
    WHERE s.set_aside IS NOT NULL AND s.topic = o.topic AND (s.key = o.key OR s.set_aside = 'unknown_topic') AND s.id < o.id)
ORDER BY id LIMIT $1
"""
_SENT = """
WITH gone AS (DELETE FROM outbox USING unnest($1::bigint[], $2::int[], $3::bigint[]) AS s (id, partition, sent_offset)
              WHERE outbox.id = s.id RETURNING outbox.id, outbox.event_id, outbox.topic, s.partition, s.sent_offset)
INSERT INTO outbox_sent (id, event_id, topic, partition, "offset") SELECT * FROM gone
"""
_SET_ASIDE = "UPDATE outbox SET set_aside = n.why FROM unnest($1::bigint[], $2::text[]) AS n (id, why) WHERE outbox.id = n.id"
_FOUND = "UPDATE outbox SET set_aside = NULL WHERE set_aside = 'unknown_topic' AND topic = ANY($1::text[])"
_ASIDE_TOPICS = "SELECT DISTINCT topic FROM outbox WHERE set_aside = 'unknown_topic'"
_FORGET = "DELETE FROM outbox_sent WHERE sent_at < now() - interval '1 day'"


UNKNOWN_TOPIC = "unknown_topic"
"""Set aside until the topic is made; all that is for the topic waits behind it."""

_RELAY = 0x6875625F72656C61  # 'hub_rela': one relay at a time


class Unsent(NamedTuple):
    """One event that is to leave."""

    id: int
    consumer: str
    topic: str
    key: str
    type: str
    event_id: UUID
    subject: str | None
    body: bytes
    time: datetime


class Said(NamedTuple):
    """One event as a batch emits it; its id never changes, so that a repeated send is recognised."""

    topic: str
    key: str
    type: str
    event_id: UUID
    subject: str | None
    body: bytes


async def insert(connection: Connection, consumer: str, said: Sequence[Said]) -> None:
    """Write what a batch says, in its order, and wake the relay once."""
    await connection.execute(_INSERT, consumer, *zip(*said, strict=True))
    await connection.execute(_NOTIFY)


async def oldest(connection: Connection, limit: int) -> list[Unsent]:
    """The oldest unsent events, but none behind one of its key that was set aside.

    A row is found by being there, never by being newer than the last one: ids are taken before
    commit, so a lower id may appear after a higher one.
    """
    return [Unsent(*row) for row in await connection.fetch(_OLDEST, limit)]


async def sent(connection: Connection, receipts: Sequence[tuple[int, int, int]]) -> None:
    """Remove what was acknowledged (id, partition, offset), and keep where it went for a day."""
    await connection.execute(_SENT, *zip(*receipts, strict=True))


async def set_aside(connection: Connection, reasons: Sequence[tuple[int, str]]) -> None:
    """These can never be sent as they are; their key waits behind them."""
    await connection.execute(_SET_ASIDE, *zip(*reasons, strict=True))


async def become_the_relay(connection: Connection) -> bool:
    """Whether this session is now the only one that relays; it stays so until it ends."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _RELAY))


async def homeless(connection: Connection) -> list[str]:
    """The topics that rows were set aside for because there was no such topic."""
    return [row[0] for row in await connection.fetch(_ASIDE_TOPICS)]


async def found(connection: Connection, topics: Sequence[str]) -> None:
    """These topics are there now: what was set aside for them may go."""
    await connection.execute(_FOUND, topics)


async def forget_old(connection: Connection) -> None:
    """Let go of receipts older than a day."""
    await connection.execute(_FORGET)
