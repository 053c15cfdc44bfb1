"""The embedded stack keeps its promises: nobody gets in unasked, nothing is lost by a kill, nothing is left running."""

import asyncpg
from confluent_kafka.admin import AdminClient, NewTopic

from hub.local.kafka import Kafka
from tests.support.stack import NewKafka


async def test_a_fresh_database_has_every_table(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM information_schema.tables WHERE table_schema NOT LIKE 'pg_%'") > 10
    finally:
        await connection.close()


def test_a_killed_broker_comes_back_with_its_topics_on_the_same_port(new_kafka: NewKafka) -> None:
    broker: Kafka = new_kafka()
    before = broker.bootstrap
    admin = AdminClient(broker.client_config())
    admin.create_topics([NewTopic("kept", 3, 1)])["kept"].result()
    broker.kill()
    broker.start()
    assert broker.bootstrap == before
    assert "kept" in AdminClient(broker.client_config()).list_topics(timeout=5).topics
