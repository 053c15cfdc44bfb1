"""An outbox with a relay that sends when it is told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

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
from tests.support.eventually import eventually_async
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
        """One event that is all that its batch says."""
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

    async def make(self, topic: str, partitions: int = 1, **config: str) -> None:
        """A topic, and the broker knows of it."""
        cluster = Cluster(self.settings)
        cluster.settle_all(cluster.admin.create_topics([NewTopic(topic, partitions, 1, config=config)]), "creating")

        async def is_there() -> bool:
            return topic in (await self.producer.client.fetch_all_metadata()).topics()

        await eventually_async(is_there)

    async def left(self) -> dict[UUID, str | None]:
        """What has not gone, in its order, and why it is set aside."""
        why = dict(await self.connection.fetch("SELECT id, set_aside FROM outbox_apart"))
        return {event.event_id: why.get(event.id) for event in await outbox.unsent(self.connection)}

    async def sent(self) -> list[UUID]:
        """What has gone, as the receipts tell, in the order of the log."""
        return [row[0] for row in await self.connection.fetch('SELECT event_id FROM outbox_sent ORDER BY partition, "offset"')]

    async def log(self, topic: str = "") -> list[tuple[str, UUID]]:
        """Key and id of every record of a topic."""
        records = (await read_log(kafka_options(self.settings), [topic or self.topic]))[topic or self.topic]
        return [((record.key or b"").decode(), UUID((dict(record.headers)["ce_id"] or b"").decode())) for record in records]


@asynccontextmanager
async def desk_at(kafka: Kafka, database: str, partitions: int = 1, **config: str) -> AsyncIterator[Desk]:
    """A desk with a topic of its own."""
    settings = settings_of(kafka)
    desk = Desk(await connect(database, name="test"), settings, f"relay-{uuid4().hex[:8]}")
    await desk.renew()
    await desk.make(desk.topic, partitions, **config)
    yield desk
    await desk.producer.stop()
    await desk.connection.close()
