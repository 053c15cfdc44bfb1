"""Whoever asks what Kafka calls a topic by gets the answer that all clients get, whoever else asks meanwhile."""

import asyncio
from types import SimpleNamespace
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import TopicCollection
from confluent_kafka.admin import NewTopic

from hub.local.kafka import Kafka
from hub.operations.cluster import Cluster
from hub.stream.topic_ids import topic_ids
from hub.wiring import kafka_options
from tests.support.kafka_clients import settings_of


async def test_those_who_ask_side_by_side_all_hear_what_other_clients_hear(kafka: Kafka) -> None:
    cluster, name = Cluster(settings_of(kafka)), f"ids-{uuid4().hex[:8]}"
    topics = [f"{name}-{number}" for number in range(20)]
    cluster.settle_all(cluster.admin.create_topics([NewTopic(topic, 1, 1) for topic in topics]), "creating")
    heard = {topic: str(one.result().topic_id) for topic, one in cluster.admin.describe_topics(TopicCollection(topics)).items()}
    consumer = AIOKafkaConsumer(**kafka_options(settings_of(kafka)))
    await consumer.start()
    try:
        told = await asyncio.gather(*(topic_ids(consumer, [*topics, "nowhere"]) for _ in range(5)))
    finally:
        await consumer.stop()
    assert told == [heard] * 5


async def test_where_no_broker_is_known_that_is_an_error_of_kafka() -> None:
    nobody = SimpleNamespace(_client=SimpleNamespace(get_random_node=lambda: None))
    with pytest.raises(KafkaConnectionError, match="no broker is known"):
        await topic_ids(nobody, ["x"])
