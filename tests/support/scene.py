"""A broker, a database and hub processes on them, for tests in which one of these comes to harm."""

from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import Consumer as KafkaReader
from confluent_kafka import KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, OffsetSpec

from contracts import topics
from hub.consumers import CONSUMERS
from hub.local.kafka import Kafka
from hub.operations import topic_plan
from hub.operations.cluster import Cluster
from hub.operations.topics import create
from hub.stream.consumer import Consumer
from hub.wiring import kafka_options
from tests.support.database import Database
from tests.support.dealing import Record, sales_model
from tests.support.engine import CLUSTER, Engine, Log
from tests.support.eventually import eventually
from tests.support.kafka_clients import environment_of, settings_of
from tests.support.processes import Crew, HubProcess

HUB_TOPICS = ("oem.base", "oem.crm", "hub.acts", "hub.timers", "hub.crm")
SESSION_MS = 4_000
CALM_SECONDS = 60.0


class Scene:
    """Everything a test of faults acts on; `crew` starts processes that know this broker and this database."""

    def __init__(self, kafka: Kafka, database: Database, crew: Crew) -> None:
        self.kafka, self.database, self.crew = kafka, database, crew
        self.admin = self._make_admin()
        self._producer: Producer | None = None
        self._is_base_data_laid_down = False
        self.is_cut_short = False
        self.max_record_bytes = 1_000_000

    @staticmethod
    def environment(kafka: Kafka, url: str) -> dict[str, str]:
        """What every hub process of a scene is told: few patience, so that a test need not have much."""
        return environment_of(settings_of(kafka)) | {
            "HUB_DATABASE_URL": url,
            "HUB_SESSION_TIMEOUT_MS": str(SESSION_MS),
            "HUB_METADATA_MAX_AGE_MS": "1000",
            "HUB_IDLE_IN_TRANSACTION_MS": "5000",
            "HUB_LOCK_TIMEOUT_MS": "2000",
            "HUB_CLOCK_INTERVAL_MS": "200",
        }

    def clear(self) -> None:
        """Take away the topics that an earlier scene left on this broker."""
        self.delete_topics(*self.topics())

    def delete_topics(self, *names: str) -> None:
        """Take topics away."""
        for deleted in self.admin.delete_topics(list(names)).values() if names else ():
            deleted.result(20)

    def make_topics(self, *names: str) -> None:
        """Make topics as the catalogue words them."""
        found = [(name, topics.find(name)) for name in names]
        wanted = [topic_plan.of_catalogue(topic, name, 1) for name, topic in found if topic]
        assert len(wanted) == len(names), names
        create(Cluster(settings_of(self.kafka)), wanted, lambda _: None)

    def grow(self, topic: str, partitions: int) -> None:
        """Give a topic more partitions; the next one who sends or asks knows them."""
        [grown] = self.admin.create_partitions([NewPartitions(topic, partitions)]).values()
        grown.result(20)
        self._producer, self.admin = None, self._make_admin()

    def _make_admin(self) -> AdminClient:
        return AdminClient(self.kafka.client_config() | {"log_level": 0})

    def add_dealer(self, dealer: str) -> str:
        """A dealer's topics; the name of the one it writes."""
        self.make_topics(topics.DEALER_EVENTS.of(dealer), topics.DEALER_FEED.of(dealer))
        return topics.DEALER_EVENTS.of(dealer)

    def lay_down_base_data(self) -> None:
        """The sales model is in the store before anything else happens, without a process."""

        async def fold() -> None:
            record = sales_model()
            log = Log()
            log.write(record.topic, record.value, key=record.key, headers=record.headers)
            async with Engine(self.database.url, CONSUMERS["base-data"]) as engine:
                await engine.apply(log.records[record.topic, 0])

        self.database.run(fold())
        self._is_base_data_laid_down = True

    def start(self, name: str, **settings: Any) -> HubProcess:
        """Start a process of this scene (`at=` a point of `crashing`)."""
        self.max_record_bytes = settings.get("max_record_bytes", self.max_record_bytes)
        return self.crew.start(name, **settings)

    def consumers(self) -> list[Consumer]:
        """Those that ran, and whose journal holds nothing but what is in the log."""
        ran = {process.name for process in self.crew.processes} - ({"base-data"} if self._is_base_data_laid_down else set())
        return [consumer for name, consumer in CONSUMERS.items() if name in ran]

    def topics(self) -> list[str]:
        """All topics but Kafka's own."""
        return [name for name in self.admin.list_topics(timeout=10).topics if not name.startswith("__")]

    def reader_options(self) -> dict[str, Any]:
        """How aiokafka's clients reach the broker."""
        return kafka_options(settings_of(self.kafka))

    def send(self, records: Iterable[Record], *, partition: int = -1) -> None:
        """Send as partners do, and wait until the broker has them."""
        if self._producer is None:
            self._producer = Producer(self.kafka.client_config() | {"enable.idempotence": True, "linger.ms": 5, "log_level": 0})
        failures: list[KafkaError] = []
        for record in records:
            self._producer.produce(
                record.topic,
                record.value,
                record.key,
                partition,
                headers=list(record.headers),
                on_delivery=lambda error, _: failures.append(error) if error else None,
            )
            self._producer.poll(0)
        assert self._producer.flush(60) == 0
        assert not failures, failures[0]

    def read(self, topic: str) -> list[Message]:
        """All records of a topic, by partition and offset."""
        config = self.kafka.client_config() | {"group.id": "nobody", "enable.auto.commit": "false", "enable.partition.eof": "true"}
        consumer = KafkaReader(config | {"auto.offset.reset": "earliest", "isolation.level": "read_uncommitted"})
        try:
            partitions = consumer.list_topics(topic, 10).topics[topic].partitions
            consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
            found: list[Message] = []
            open_ends = len(partitions)
            while open_ends:
                message = consumer.poll(10)
                assert message is not None, f"{topic}: the broker does not answer"
                if (error := message.error()) is None:
                    found.append(message)
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    open_ends -= 1
        finally:
            consumer.close()
        return sorted(found, key=lambda one: (one.partition() or 0, one.offset() or 0))

    def end_offset(self, topic: str, partition: int = 0) -> int:
        """The offset that the next record will have."""
        [asked] = self.admin.list_offsets({TopicPartition(topic, partition): OffsetSpec.latest()}, request_timeout=10).values()
        return int(asked.result(20).offset)

    def next_offset(self, topic: str, consumer: str = "crm-sync", partition: int = 0) -> int:
        """How far a partition is folded; -1 before it was claimed."""
        found = "SELECT next_offset FROM consumer_offsets WHERE consumer = $1 AND topic = $2 AND partition = $3 AND cluster_id <> $4"
        rows = self.database.rows(found, consumer, topic, partition, CLUSTER)
        return int(rows[0]["next_offset"]) if rows else -1

    def until_folded(self, topic: str, consumer: str = "crm-sync", seconds: float = CALM_SECONDS) -> None:
        """Wait until the store has all that the topic has."""
        partitions = self.admin.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {number: self.end_offset(topic, number) for number in partitions}
        eventually(lambda: all(self.next_offset(topic, consumer, number) >= end for number, end in ends.items() if end), seconds)

    def until_relayed(self, seconds: float = CALM_SECONDS) -> None:
        """Wait until nothing is left to be sent."""
        eventually(lambda: self.database.value("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_apart)") == 0, seconds)

    def dead(self) -> list[dict[str, Any]]:
        """Dead letters, in the order of the log."""
        return self.database.rows('SELECT * FROM dead_letters ORDER BY topic, partition, "offset"')

    def waiting(self) -> list[dict[str, Any]]:
        """Records that wait."""
        return self.database.rows('SELECT * FROM waiting ORDER BY topic, partition, "offset"')


def header(message: Message, name: str) -> str:
    """A header of a record, as text."""
    found: Sequence[tuple[str, Any]] = message.headers() or ()
    return next(value.decode() for key, value in found if key == name)
