"""What the relay does with events that cannot go: their key waits, nobody else does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import NewTopic

from hub.local.kafka import Kafka
from hub.operations.cluster import Cluster
from hub.producers.relay import Relay
from hub.state.connect import connect
from hub.state.store import Connection
from hub.telemetry import Metrics
from hub.wiring import make_producer
from tests.support.kafka_clients import settings_of

TYPE = "hub.customer.updated.v1"


class Desk:
    """An outbox with a relay that sends when it is told to."""

    def __init__(self, connection: Connection, producer: AIOKafkaProducer, topic: str) -> None:
        self.connection, self.producer, self.topic = connection, producer, topic
        self.relay = Relay(lambda: None, lambda: producer, Metrics())  # type: ignore[arg-type,return-value] # run by hand

    async def write(self, key: str, body: bytes = b"{}", topic: str = "") -> UUID:
        event = uuid4()
        await self.connection.execute(
            "INSERT INTO outbox (consumer, topic, key, type, event_id, body) VALUES ('crm-sync', $1, $2, $3, $4, $5)",
            topic or self.topic,
            key,
            TYPE,
            event,
            body,
        )
        return event

    async def send(self) -> int:
        return await self.relay.relay_once(self.connection, self.producer)

    async def left(self) -> dict[UUID, str | None]:
        return {row[0]: row[1] for row in await self.connection.fetch("SELECT event_id, set_aside FROM outbox")}

    async def sent(self) -> list[UUID]:
        return [row[0] for row in await self.connection.fetch('SELECT event_id FROM outbox_sent ORDER BY partition, "offset"')]


@asynccontextmanager
async def desk_at(kafka: Kafka, database: str) -> AsyncIterator[Desk]:
    settings = settings_of(kafka)
    cluster = Cluster(settings)
    topic = f"relay-{uuid4().hex[:8]}"
    cluster.settle_all(cluster.admin.create_topics([NewTopic(topic, 1, 1)]), "creating")
    connection = await connect(database, name="test")
    async with make_producer(settings) as producer:
        yield Desk(connection, producer, topic)
    await connection.close()


@pytest.fixture
async def desk(kafka: Kafka, database: str) -> AsyncIterator[Desk]:
    async with desk_at(kafka, database) as found:
        yield found


async def test_what_follows_an_event_that_can_never_be_sent_waits_behind_it_and_other_keys_go(desk: Desk) -> None:
    before = await desk.write("A")
    too_large = await desk.write("A", b"x" * 2_000_000)
    behind = await desk.write("A")
    other = await desk.write("B")
    await desk.send()
    assert await desk.sent() == [before, other]
    assert await desk.left() == {too_large: "MessageSizeTooLargeError", behind: None}
    await desk.send()
    assert await desk.left() == {too_large: "MessageSizeTooLargeError", behind: None}


async def test_a_topic_that_is_not_there_holds_up_nobody_else_and_gets_its_events_once_it_is_made(desk: Desk, kafka: Kafka) -> None:
    nowhere = f"dealer.{uuid4().hex[:8]}.feed"
    early = await desk.write("A", topic=nowhere)
    other = await desk.write("A")
    await desk.send()
    late = await desk.write("B", topic=nowhere)
    await desk.send()
    assert await desk.sent() == [other]
    assert await desk.left() == {early: "unknown_topic", late: None}

    cluster = Cluster(settings_of(kafka))
    cluster.settle_all(cluster.admin.create_topics([NewTopic(nowhere, 1, 1)]), "creating")
    await desk.relay.sweep(desk.connection, desk.producer)
    await desk.send()
    assert await desk.left() == {}
    assert sorted(await desk.sent()) == sorted([other, early, late])


async def test_a_receipt_says_where_an_event_went(desk: Desk) -> None:
    event = await desk.write("A")
    assert await desk.send() == 1
    rows = await desk.connection.fetch('SELECT event_id, topic, partition, "offset" FROM outbox_sent')
    assert [tuple(row) for row in rows] == [(event, desk.topic, 0, 0)]
