"""What was fetched of a partition for which there was no room is kept, and taken as soon as there is."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.local.kafka import Kafka
from hub.stream import polling
from hub.stream.polling import Poller, look_again
from hub.wiring import kafka_options
from tests.support.eventually import eventually_async
from tests.support.kafka_clients import settings_of


async def test_a_poll_under_way_takes_what_was_fetched_as_soon_as_there_is_room(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PATIENCE_SECONDS", 3600)
    options, topic = kafka_options(settings_of(kafka)), f"polled-{uuid4().hex}"
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(**options) as producer:
        for number in range(3):
            await producer.send_and_wait(topic, b"%d" % number)
    partition = TopicPartition(topic, 0)
    partition, room = TopicPartition(topic, 0), {topic: True}
    async with AIOKafkaConsumer(**options, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        poller = Poller(consumer, lambda p: room[p[0]])

        def take(most: int) -> "asyncio.Task[Mapping[TopicPartition, Sequence[ConsumerRecord]]]":
            return asyncio.create_task(poller.poll(timeout_ms=0, max_records=most))

        taken = list((await take(1))[partition])
        room[topic], fetched = False, consumer._fetcher._records[partition]
        polled = take(10)
        await eventually_async(lambda: asyncio.sleep(0, consumer._fetcher._fetch_waiters))
        room[topic] = True
        look_again(consumer)
        taken += (await polled)[partition]
    assert [record.value for record in taken] == [b"0", b"1", b"2"]
    assert not fetched.has_more(), "it was thrown away, and fetched once more"
