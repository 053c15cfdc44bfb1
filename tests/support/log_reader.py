"""Read whole topics as they stand, for a checker that compares them with the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.stream.slips import Stored


async def read_log(options: Mapping[str, Any], topics: Iterable[str]) -> dict[str, list[Stored]]:
    """Every record of these topics up to their present ends, in offset order by partition; `options` are aiokafka's."""
    log: dict[str, list[Stored]] = defaultdict(list)
    async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
        for topic in await _described(options, list(topics)):
            name = topic["topic"]
            partitions = [TopicPartition(name, partition["partition"]) for partition in topic["partitions"]]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    log[name] += [Stored(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in records]
            log[name].sort(key=lambda record: record[1:3])
    return dict(log)


async def _described(options: Mapping[str, Any], topics: list[str]) -> list[Any]:
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        return list(await admin.describe_topics(topics))
    finally:
        await admin.close()
