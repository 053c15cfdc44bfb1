"""A consumer's engine as its lanes run it, fed from memory: no broker, no process of its own."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bench.load import Load
from hub.settings import Settings
from hub.state.base import BaseDataCache
from hub.state.offsets import Offsets, TopicPartition
from hub.state.store import Connection
from hub.stream.batch import Batch
from hub.stream.consumer import Consumer
from hub.stream.record import Reader
from hub.stream.slips import Stored
from hub.stream.work import Work

BATCH = Settings.model_fields["batch_records"].default


class Engine:
    """What one lane does with batches, on whichever connection it is given."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._reader, self._offsets = Reader(consumer, 1_000_000), Offsets(consumer.name, "bench")
        self._batch = Batch(self._offsets, self.work(), self._reader, consumer.name)

    def work(self) -> Work:
        """The consumer's statements, for a connection that replays them."""
        return Work(self._consumer, BaseDataCache(self._consumer.using), timedelta(days=1))

    async def claim(self, connection: Connection, partition: TopicPartition) -> int:
        """Take a partition over from its start; the epoch under which it is applied."""
        claimed = await self._offsets.claim(connection, "bench", [partition])
        await self._offsets.start(connection, {partition: 0})
        return claimed[partition].epoch

    async def apply(self, connection: Connection, partition: TopicPartition, epoch: int, records: Sequence[Stored]) -> None:
        """One transaction."""
        await self._batch.apply(connection, {partition: [self._reader.judge(raw) for raw in records]}, {partition: epoch})


def logged(load: Load) -> dict[TopicPartition, list[Stored]]:
    """The load's records by partition, as Kafka would hand them over."""
    logs: dict[TopicPartition, list[Stored]] = defaultdict(list)
    now = int(time.time() * 1000)
    for topic, partition, key, value, headers in load.said():
        log = logs[topic, partition]
        log.append(Stored(topic, partition, len(log), now, key, value, headers))
    return logs


def batches(logs: dict[TopicPartition, list[Stored]]) -> Iterator[tuple[TopicPartition, Sequence[Stored]]]:
    """Batches as large as they may be, partition by partition."""
    for partition, log in logs.items():
        for start in range(0, len(log), BATCH):
            yield partition, log[start : start + BATCH]
