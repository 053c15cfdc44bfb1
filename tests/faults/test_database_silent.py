"""The line to the database stands, and nothing passes: no error ever comes of that by itself."""

import pytest

from hub.local.postgres import Postgres
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.proxy import Proxy
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


def test_a_database_that_says_nothing_more_is_given_up_and_asked_anew(scene: Scene, postgres: Postgres) -> None:
    records = sales(40)
    with Proxy(postgres.port) as proxy:
        through = scene.database.url.replace(f":{postgres.port}/", f":{proxy.port}/")
        patience = {"database_url": through, "command_timeout_ms": 2_000}
        hub = [scene.start("crm-sync", **patience), scene.start("relay", **patience), scene.start("clock", **patience)]
        for process in hub:
            process.until_ready()
        scene.send(records[:60])
        scene.until_folded(TOPIC)
        scene.until_relayed()
        proxy.speaks.clear()
        scene.send(records[60:])
        for process in hub:
            eventually(process.why_not_ready, 30)
            assert process.is_alive()
        proxy.speaks.set()
        for process in hub:
            process.until_ready()
        scene.until_folded(TOPIC)
        scene.until_relayed()
        assert_once(scene, TOPIC, records)
        assert_all_won(scene, 40, DEALER)
        assert [process.terminate() for process in hub] == [0, 0, 0]


def test_a_consumer_with_nothing_to_do_notices_too(scene: Scene, postgres: Postgres) -> None:
    with Proxy(postgres.port) as proxy:
        through = scene.database.url.replace(f":{postgres.port}/", f":{proxy.port}/")
        consumer = scene.start("crm-sync", database_url=through, command_timeout_ms=2_000).until_ready()
        proxy.speaks.clear()
        eventually(lambda: "database" in consumer.why_not_ready(), 30)
        assert consumer.is_alive()
        proxy.speaks.set()
        consumer.until_ready()
