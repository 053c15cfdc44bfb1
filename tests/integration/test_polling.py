"""What was fetched of a partition for which there was no room is kept, taken as soon as there is, and in nobody's way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.local.kafka import Kafka
from hub.stream import polling
from hub.stream.polling import Poller, look_again
from hub.wiring import kafka_options
from tests.support.eventually import eventually_async
from tests.support.kafka_clients import settings_of


@pytest.fixture
def topic() -> str:
    return f"polled-{uuid4().hex}"


@pytest.fixture
async def producer(kafka: Kafka, topic: str) -> AsyncIterator[AIOKafkaProducer]:
    options = kafka_options(settings_of(kafka))
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    async with AIOKafkaProducer(**options) as producer:
        yield producer


async def test_a_poll_under_way_takes_what_was_fetched_as_soon_as_there_is_room(
    kafka: Kafka, topic: str, producer: AIOKafkaProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PATIENCE_SECONDS", 3600)
    for number in range(3):
        await producer.send_and_wait(topic, b"%d" % number, partition=0)
    partition, room, taken = TopicPartition(topic, 0), {topic: True}, list[Any]()

    def take_one(records: Sequence[Any]) -> None:
        taken.extend(records)
        room[topic] = False

    async with AIOKafkaConsumer(**kafka_options(settings_of(kafka)), auto_offset_reset="earliest") as consumer:
        poller = Poller(consumer, lambda p: room[p[0]], take_one, 1)
        consumer.assign([partition])
        await eventually_async(lambda: asyncio.sleep(0, taken))
        assert [record.value for record in taken] == [b"0"], "handed over by the fetch itself, as much as may be"
        fetched = consumer._fetcher._records[partition]
        polled = asyncio.create_task(poller.poll(timeout_ms=0, max_records=10))
        await eventually_async(lambda: asyncio.sleep(0, consumer._fetcher._fetch_waiters))
        room[topic] = True
        look_again(consumer)
        taken += (await polled)[partition]
    assert [record.value for record in taken] == [b"0", b"1", b"2"]
    assert not fetched.has_more(), "it was thrown away, and fetched once more"


async def test_what_is_left_of_one_partition_does_not_keep_others_from_being_fetched(
    kafka: Kafka, topic: str, producer: AIOKafkaProducer
) -> None:
    full, other, heard = TopicPartition(topic, 0), TopicPartition(topic, 1), list[Any]()
    async with AIOKafkaConsumer(**kafka_options(settings_of(kafka)), auto_offset_reset="earliest") as consumer:
        consumer._fetcher._prefetch_backoff = 3600.0  # aiokafka's own way, made so long that nobody can sit it out
        Poller(consumer, lambda p: p == other, heard.extend, 10)
        consumer.assign([full, other])
        await producer.send_and_wait(topic, b"too much", partition=full.partition)
        await eventually_async(lambda: asyncio.sleep(0, full in consumer._fetcher._records))
        await producer.send_and_wait(topic, b"on time", partition=other.partition)
        await eventually_async(lambda: asyncio.sleep(0, heard))
    assert [record.value for record in heard] == [b"on time"]
