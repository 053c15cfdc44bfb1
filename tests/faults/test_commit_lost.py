"""The line to the database breaks in the middle of a commit: nobody knows whether it took place."""

import pytest

from hub.local.postgres import Postgres
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.proxy import Break, Proxy
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 300


@pytest.mark.parametrize("lost", ["answer", pytest.param("question", marks=pytest.mark.thorough)])
def test_a_connection_lost_during_commit_is_settled_by_reading_again(scene: Scene, postgres: Postgres, lost: Break) -> None:
    records = sales(COUNT)
    with Proxy(postgres.port) as proxy:
        through = scene.database.url.replace(f":{postgres.port}/", f":{proxy.port}/")
        scene.start("relay")
        consumer = scene.start("crm-sync", database_url=through, batch_records=50, lanes=1).until_ready()
        scene.send(records[:90])
        scene.until_folded(TOPIC)
        proxy.arm(lost)
        scene.send(records[90:])
        scene.until_folded(TOPIC)
        scene.until_relayed()
        assert proxy.broken == 1
        eventually(lambda: consumer.metric("hub_batch_retries_total", reason="later") >= 1)
        assert_once(scene, TOPIC, records)
        assert_all_won(scene, COUNT, DEALER)
        consumer.terminate()
