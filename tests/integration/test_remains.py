"""What Kafka's transactions leave in the log is nothing that anybody is behind by."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from hub.local.kafka import Kafka
from hub.operations.cluster import Cluster
from hub.operations.remains import Tail, tails, without_records
from tests.support.kafka_clients import settings_of


def test_markers_and_what_was_taken_back_are_no_records_and_a_record_behind_them_is_one(kafka: Kafka) -> None:
    cluster, topic = Cluster(settings_of(kafka)), f"remains-{uuid4().hex[:8]}"
    cluster.settle_all(cluster.admin.create_topics([NewTopic(topic, 2, 1)]), "creating")
    producer = Producer(kafka.client_config() | {"transactional.id": topic, "log_level": 0})
    producer.init_transactions(10)
    for partition, is_meant in ((0, True), (0, False), (1, True), (1, False), (1, True)):
        producer.begin_transaction()
        producer.produce(topic, b"x", partition=partition)
        producer.flush(10)
        if is_meant:
            producer.commit_transaction(10)
        else:
            producer.abort_transaction(10)
    at = {offset: Tail(topic, partition, offset) for partition, offset in ((0, 0), (0, 1), (1, 2))}
    assert without_records(cluster, [*at.values(), Tail(topic, 1, 5)]) == {at[1], Tail(topic, 1, 5)}
    assert without_records(cluster, []) == set()


def test_only_what_stands_still_shortly_before_the_end_is_looked_at() -> None:
    now, tail = datetime.now(UTC), Tail("x", 0, 7)
    assert tails([(tail, 8, now - timedelta(seconds=5))]) == {tail}
    for end, ago in ((8, 0), (7, 5), (5_000, 5)):
        assert tails([(tail, end, now - timedelta(seconds=ago))]) == set()
