"""What the relay does with events that cannot go: their key waits, nobody else does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import NewTopic

from hub.local.kafka import Kafka
from hub.operations.cluster import Cluster
from hub.producers.relay import Relay, Spoilt
from hub.settings import Settings
from hub.state import outbox
from hub.state.connect import connect
from hub.state.segments import Said
from hub.state.store import Connection
from hub.telemetry import Metrics
from hub.wiring import kafka_options, make_producer
from tests.support.kafka_clients import settings_of
from tests.support.log_reader import read_log

TYPE = "hub.customer.updated.v1"


class Desk:
    """An outbox with a relay that sends when it is told to."""

    def __init__(self, connection: Connection, settings: Settings, topic: str) -> None:
        self.connection, self.settings, self.topic = connection, settings, topic
        self.metrics = Metrics()
        self.relay = Relay(lambda: None, lambda: None, self.metrics)  # type: ignore[arg-type,return-value] # run by hand
        self.producer: AIOKafkaProducer = None

    async def write(self, key: str, body: bytes = b"{}", topic: str = "") -> UUID:
        [event] = await self.say((key, body, topic))
        return event

    async def say(self, *said: tuple[str, bytes, str]) -> list[UUID]:
        """What one batch says: key, body and topic of each event."""
        events = [Said(topic or self.topic, key, TYPE, uuid4(), None, body) for key, body, topic in said]
        await outbox.insert(self.connection, "crm-sync", events)
        return [event.event_id for event in events]

    async def send(self) -> int:
        """Until nothing more can go, by a new producer where one is spoilt."""
        before = self._sent()
        while True:
            try:
                if not (await self.relay.relay_once(self.connection, self.producer)).is_more:
                    return self._sent() - before
            except Spoilt:
                await self.renew()

    def _sent(self) -> int:
        return int(self.metrics.registry.get_sample_value("hub_outbox_sent_total") or 0)

    async def renew(self) -> None:
        """Another producer, as the relay takes one after each failure."""
        if self.producer is not None:
            await self.producer.stop()
        self.producer = make_producer(self.settings)
        await self.producer.start()

    async def left(self) -> dict[UUID, str | None]:
        why = dict(await self.connection.fetch("SELECT id, set_aside FROM outbox_apart"))
        return {event.event_id: why.get(event.id) for event in await outbox.unsent(self.connection)}

    async def sent(self) -> list[UUID]:
        return [row[0] for row in await self.connection.fetch('SELECT event_id FROM outbox_sent ORDER BY partition, "offset"')]

    async def log(self, topic: str = "") -> list[tuple[str, UUID]]:
        """Key and id of every record of a topic."""
        records = (await read_log(kafka_options(self.settings), [topic or self.topic]))[topic or self.topic]
        return [((record.key or b"").decode(), UUID((dict(record.headers)["ce_id"] or b"").decode())) for record in records]


@asynccontextmanager
async def desk_at(kafka: Kafka, database: str, **config: str) -> AsyncIterator[Desk]:
    settings = settings_of(kafka)
    cluster = Cluster(settings)
    topic = f"relay-{uuid4().hex[:8]}"
    cluster.settle_all(cluster.admin.create_topics([NewTopic(topic, 1, 1, config=config)]), "creating")
    desk = Desk(await connect(database, name="test"), settings, topic)
    await desk.renew()
    yield desk
    await desk.producer.stop()
    await desk.connection.close()


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
