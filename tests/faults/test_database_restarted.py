"""The database server breaks off everything under load, and comes back."""

from threading import Thread

import pytest

from hub.local.postgres import Postgres
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, in_parts, sales
from tests.support.driver import Driver
from tests.support.eventually import eventually
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


@pytest.mark.thorough
def test_several_instances_survive_it_while_a_world_speaks(bare_own_database: Scene, own_postgres: Postgres) -> None:
    with Driver(bare_own_database, batch_records=50) as driver:
        driver.speak(400)
        driver.until_folded(100)
        own_postgres.stop("immediate")
        driver.speak(200)
        for process in driver.hub:
            eventually(process.why_not_ready, 60)
        own_postgres.start()
        driver.speak(200)
