"""The records in the broker: topics made anew, and filled before the clock runs."""

from collections.abc import Iterable, Mapping, Sequence
from time import sleep
from typing import Protocol

from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from bench.house import House
from bench.load import Load, Record, as_flat_record
from contracts import topics
from hub.operations.cluster import Cluster, client_config
from hub.operations.topic_facts import reaches
from hub.operations.topics import apply_catalogue

FLAT_TOPIC, SMALL_TOPIC = "bench.flat", "bench.small"


class Spoken(Protocol):
    """What is said, and in which topics of how many partitions."""

    @property
    def places(self) -> Mapping[str, int]: ...

    def said(self) -> Iterable[Record]: ...


_TIMES = {"message.timestamp.type": "LogAppendTime"}


class Log:
    """One broker's topics."""

    def __init__(self, house: House) -> None:
        self._settings = house.settings("postgresql://nobody@127.0.0.1:1/none")
        self._cluster = Cluster(self._settings)
        self._held: Spoken | None = None
        self._flat: Load | None = None
        self._names: list[str] = []
        apply_catalogue(self._settings, lambda *_: None)

    def hold(self, load: Spoken) -> None:
        """Have this load in the topics and no other, as the hub reads every partner's topic that it finds."""
        if self._held != load:
            self.empty(load)
            self.publish(load)
            self._held = load

    def hold_flat(self, load: Load) -> None:
        """The same of the flat topic, which nobody else reads."""
        if self._flat != load:
            self.fresh({FLAT_TOPIC: load.dealers})
            self.publish_flat(load, FLAT_TOPIC)
            self._flat = load

    def empty(self, load: Spoken) -> None:
        """Have the load's topics, with nothing in them, and no other."""
        self.remove(self._names)
        self._held, self._names = None, list(load.places)
        self.fresh(load.places)

    def fresh(self, places: Mapping[str, int]) -> None:
        """Empty topics of these names, with so many partitions each."""
        self.remove(places)
        if FLAT_TOPIC in places:
            self._flat = None
        wanted = [NewTopic(name, partitions, 1, config=_TIMES) for name, partitions in places.items()]
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

    def publish(self, load: Spoken) -> None:
        """All that is said in the load."""
        producer = self.producer()
        for record in load.said():
            send(producer, *record)
        producer.flush()

    def publish_flat(self, load: Load, topic: str) -> None:
        """Every event of the load as a flat row, a partition for each dealer."""
        producer = self.producer()
        for event in load:
            send(producer, topic, event.dealer, event.ref.encode(), as_flat_record(load, event), [])
        producer.flush()

    def count(self, name: str) -> int:
        """How many records a topic has ever taken."""
        return self.count_all([name])[name]

    def count_all(self, names: Sequence[str]) -> dict[str, int]:
        """The same of many."""
        known = self._cluster.metadata().topics
        found = reaches(self._cluster, {name: len(known[name].partitions) for name in names})
        return {name: sum(part.end for part in found[name]) for name in names}


def dealers_topics(load: Load) -> list[str]:
    """The topics that the load speaks in."""
    return list(load.places)


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
