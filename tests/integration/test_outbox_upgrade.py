"""What the outbox of an earlier version holds, a row for each event, goes before anything that is said after the upgrade."""

from uuid import uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.state import migrations
from hub.state.engine import engine
from tests.support.desk import desk_at

_OLD = """
INSERT INTO outbox (consumer, topic, key, type, event_id, body, set_aside) VALUES ('crm-sync', $1, $2, 'hub.lead.updated.v1', $3, '{}', $4)
"""
_OLD_SENT = 'INSERT INTO outbox_sent (id, event_id, topic, partition, "offset") VALUES ($1, $2, $3, 2, 41)'


def upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_nothing_that_waits_is_lost_or_overtaken_by_the_upgrade(kafka: Kafka, postgres: Postgres) -> None:
    url = postgres.create_database("outbox_upgrade")
    store = engine(url)
    async with store.begin() as connection:
        await connection.run_sync(upgrade_to, "0003")
    await store.dispose()
    first, second, stuck, behind, gone = (uuid4() for _ in range(5))
    async with desk_at(kafka, url) as desk:
        for key, event, why in (("A", first, None), ("B", stuck, "MessageSizeTooLargeError"), ("A", second, None), ("B", behind, None)):
            await desk.connection.execute(_OLD, desk.topic, key, event, why)
        await desk.connection.execute(_OLD_SENT, 70_000, gone, desk.topic)
        await migrations.upgrade_async(url)
        third = await desk.write("A")
        assert list(await desk.left()) == [first, stuck, second, behind, third]
        await desk.send()
        assert await desk.log() == [("A", first), ("A", second), ("A", third)]
        assert await desk.left() == {stuck: "MessageSizeTooLargeError", behind: None}
        rows = await desk.connection.fetch('SELECT id, event_id, partition, "offset" FROM outbox_sent ORDER BY id')
        assert [row["event_id"] for row in rows] == [first, second, gone, third]
        assert tuple(rows[2]) == (70_000, gone, 2, 41)
