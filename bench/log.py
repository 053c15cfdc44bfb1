"""The records in the broker: topics made anew, and filled before the clock runs."""

from collections.abc import Iterable, Sequence
from time import sleep

from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from bench.house import House
from bench.load import Load, as_flat_record, as_hub_record
from contracts import topics
from hub.operations.cluster import Cluster, client_config
from hub.operations.topic_facts import reaches
from hub.operations.topics import apply_catalogue

FLAT_TOPIC, SMALL_TOPIC = "bench.flat", "bench.small"
Record = tuple[str, int, bytes, bytes, list[tuple[str, bytes]]]
"""Topic, partition, key, value, headers."""

_TIMES = {"message.timestamp.type": "LogAppendTime"}


class Log:
    """One broker's topics."""

    def __init__(self, house: House) -> None:
        self._settings = house.settings("postgresql://nobody@127.0.0.1:1/none")
        self._cluster = Cluster(self._settings)

        self._held: set[tuple[Load, bool]] = set()
        self._names: list[str] = []
        apply_catalogue(self._settings, lambda *_: None)

    def hold(self, load: Load, *, is_flat_too: bool = False) -> None:
        """Have this load in the topics and no other, as the hub reads every dealer's topic that it finds."""
        if (load, False) not in self._held:
            self.empty(load)
            self.publish(load)
            self._held = {(load, False)}
        if is_flat_too and (load, True) not in self._held:
            self.fresh([FLAT_TOPIC], load.dealers)
            self.publish_flat(load, FLAT_TOPIC)
            self._held.add((load, True))

    def empty(self, load: Load) -> None:
        """Have the load's topics, with nothing in them, and no other."""
        self.remove(self._names)
        self._held, self._names = set(), dealers_topics(load)
        self.fresh(self._names)

    def fresh(self, names: Sequence[str], partitions: int = 1) -> None:
        """Empty topics of these names."""
        self.remove(names)
        wanted = [NewTopic(name, partitions, 1, config=_TIMES) for name in names]
        self._cluster.settle_all(self._cluster.admin.create_topics(wanted), "creating")

    def remove(self, names: Iterable[str]) -> None:
        """No topics of these names."""
        gone = set(names) & set(self._cluster.metadata().topics)
        if gone:
            self._cluster.settle_all(self._cluster.admin.delete_topics(sorted(gone)), "deleting")
        while gone & set(self._cluster.metadata().topics):
            sleep(0.1)  # the broker forgets a topic some time after it said so

    def producer(self, **options: object) -> Producer:
        """A producer as the contenders' senders would use it."""
        quick = {
            "acks": "all",
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 5,
            "queue.buffering.max.messages": 500_000,
        }
        return Producer(client_config(self._settings) | quick | options)

    def publish(self, load: Load) -> None:
        """Every event of the load, as dealers say it."""
        producer = self.producer()
        for event in load:
            topic, key, value, headers = as_hub_record(load, event)
            send(producer, topic, 0, key, value, headers)
        producer.flush()

    def publish_flat(self, load: Load, topic: str) -> None:
        """Every event of the load as a flat row, a partition for each dealer."""
        producer = self.producer()
        for event in load:
            send(producer, topic, event.dealer, event.ref.encode(), as_flat_record(load, event), [])
        producer.flush()

    def count(self, name: str) -> int:
        """How many records a topic has ever taken."""
        partitions = len(self._cluster.metadata().topics[name].partitions)
        return sum(part.end for part in reaches(self._cluster, {name: partitions})[name])


def dealers_topics(load: Load) -> list[str]:
    """The topics that the load speaks in."""
    return [load.topic(dealer) for dealer in range(load.dealers)]


def told_topic() -> str:
    """Where the hub tells of customers."""
    return topics.CRM.name


def send(producer: Producer, topic: str, partition: int, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
    """Hand a record over, waiting for room."""
    while True:
        try:
            producer.produce(topic, value, key, partition, headers=list(headers))
        except BufferError:
            producer.poll(0.05)
        else:
            return
