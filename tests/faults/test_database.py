"""The database server dies under load, is not there yet, or is cut off in the middle of a commit."""

from threading import Thread

import pytest

from hub.local.postgres import Postgres
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, in_parts, sales
from tests.support.eventually import eventually
from tests.support.proxy import Break, Proxy
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 300


def test_an_immediate_restart_costs_nothing(own_database: Scene, own_postgres: Postgres) -> None:
    scene, records = own_database, sales(COUNT)
    hub = [scene.start("crm-sync", batch_records=20), scene.start("relay"), scene.start("clock")]
    for process in hub:
        process.until_ready()
    sender = Thread(target=lambda: [scene.send(part) for part in in_parts(records, 30)])
    sender.start()
    eventually(lambda: scene.next_offset(TOPIC) >= 90)
    own_postgres.stop("immediate")
    for process in hub:
        eventually(lambda process=process: process.why_not_ready(), 30)
        assert process.is_alive()
    assert "database" in hub[0].why_not_ready()
    assert [process.probe("/metrics")[0] for process in hub] == [200, 200, 200]
    own_postgres.start()
    sender.join()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    for process in hub:
        process.until_ready()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)


def test_processes_wait_for_a_database_that_comes_late(own_database: Scene, own_postgres: Postgres) -> None:
    scene, records = own_database, sales(5)
    scene.send(records)
    own_postgres.stop()
    hub = [scene.start(name) for name in ("crm-sync", "relay", "clock")]
    for process in hub:
        eventually(process.why_not_ready, 40)
        assert process.is_alive()
    own_postgres.start()
    for process in hub:
        process.until_ready()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 5, DEALER)


@pytest.mark.parametrize("lost", ["answer", "question"])
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
