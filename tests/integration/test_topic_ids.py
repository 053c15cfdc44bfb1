"""Whoever asks what Kafka calls a topic by gets an answer, whoever else asks meanwhile."""

import asyncio
from concurrent.futures import Future
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaConnectionError
from confluent_kafka.admin import NewTopic

from hub.local.kafka import Kafka
from hub.operations.cluster import Cluster, client_config
from hub.stream import topic_ids
from hub.stream.topic_ids import TopicIds
from tests.support.kafka_clients import settings_of


async def test_those_who_ask_side_by_side_all_get_their_answer(kafka: Kafka) -> None:
    cluster, topic = Cluster(settings_of(kafka)), f"ids-{uuid4().hex[:8]}"
    cluster.settle_all(cluster.admin.create_topics([NewTopic(topic, 1, 1)]), "creating")
    ids = TopicIds(client_config(settings_of(kafka)))

    async def ask() -> list[dict[str, str]]:
        return [await ids([topic, "nowhere"]) for _ in range(10)]

    async with asyncio.timeout(30):
        told = await asyncio.gather(*(ask() for _ in range(5)))
    assert {tuple(answer) for answers in told for answer in answers} == {(topic,)}
    assert len({answer[topic] for answers in told for answer in answers}) == 1


async def test_an_answer_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def __init__(self, _: object) -> None: ...

        def describe_topics(self, *_: object, **__: object) -> dict[str, "Future[object]"]:
            return {"x": Future()}

    monkeypatch.setattr(topic_ids, "AdminClient", Silent)
    monkeypatch.setattr(topic_ids, "_PATIENCE_SECONDS", 0.1)
    with pytest.raises(KafkaConnectionError, match="x: no answer"):
        await TopicIds({})(["x"])
