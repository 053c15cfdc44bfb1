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
        described = await _described(options, list(topics))
        partitions = [TopicPartition(topic["topic"], partition["partition"]) for topic in described for partition in topic["partitions"]]
        if not partitions:
            return {}
        consumer.assign(partitions)  # all at once: a new assignment waits for the fetch that is under way for the one before
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for r in records:
                    log[r.topic].append(Stored(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers))
    for records in log.values():
        records.sort(key=lambda record: record[1:3])
    return {topic["topic"]: log[topic["topic"]] for topic in described}


async def _described(options: Mapping[str, Any], topics: list[str]) -> list[Any]:
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        return list(await admin.describe_topics(topics))
    finally:
        await admin.close()
