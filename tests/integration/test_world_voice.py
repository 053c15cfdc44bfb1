"""What a world says arrives on a real broker in each dealer's own order."""

import json
from time import monotonic

import typer
from confluent_kafka import TopicPartition
from typer.testing import CliRunner

from hub.cli.simulate import _make_topics, simulate
from hub.local.kafka import Kafka
from hub.operations.cluster import Cluster
from hub.wiring import make_producer
from hub.world.faults import Faults
from hub.world.speech import Utterance
from hub.world.voice import Voice
from hub.world.world import World
from tests.support.kafka_clients import environment_of, settings_of

Record = tuple[bytes | None, bytes | None]


def read(kafka: Kafka, topic: str) -> list[Record]:
    """All records of a topic of one partition."""
    consumer = Cluster(settings_of(kafka)).consumer()
    consumer.assign([TopicPartition(topic, 0, 0)])
    records: list[Record] = []
    while True:
        message = consumer.poll(10)
        if message is None or message.error():
            consumer.close()
            return records
        records.append((message.key(), message.value()))


async def test_each_dealer_s_order_is_kept(bare_kafka: Kafka) -> None:
    world = World(5, seed=1, faults=Faults(bad=0.1))
    settings = settings_of(bare_kafka)
    _make_topics(settings, {"dealer": world.dealer_ids})
    producer = make_producer(settings)
    await producer.start()
    said: list[Utterance] = list(world.utterances(3_000))
    try:
        assert await Voice(producer, monotonic).publish(said) == 3_000
    finally:
        await producer.stop()
    for topic in world.topics:
        assert read(bare_kafka, topic) == [(one.key, one.value) for one in said if one.topic == topic]


def test_the_command_says_all_that_it_counts(bare_kafka: Kafka) -> None:
    alone = typer.Typer()
    alone.command()(simulate)
    shell = CliRunner(env=environment_of(settings_of(bare_kafka)))
    told = shell.invoke(alone, ["--dealers", "3", "--rate", "300", "--seed", "5", "--for", "2s", "--json"])
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    assert answer["comparison"] is None
    assert 450 < answer["told"]["records"] < answer["records"]
    dealers = sum(len(read(bare_kafka, topic)) for topic in World(3, seed=5).topics)
    assert 450 < dealers <= answer["records"], "ERP and carriers speak too"
