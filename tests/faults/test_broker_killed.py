"""The broker is killed under load, and comes back."""

from threading import Thread

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, in_parts, sales
from tests.support.driver import Driver
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 300


def test_a_killed_broker_costs_nothing(own_broker: Scene) -> None:
    scene, records = own_broker, sales(COUNT)
    hub = [scene.start(name) for name in ("crm-sync", "relay", "clock")]
    for process in hub:
        process.until_ready()
    sender = Thread(target=lambda: [scene.send(part) for part in in_parts(records, 30)])
    sender.start()
    eventually(lambda: scene.next_offset(TOPIC) >= 90)
    scene.kafka.kill()
    eventually(lambda: not hub[0].is_ready())
    assert all(process.is_alive() for process in hub)
    scene.kafka.start()
    sender.join()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    for process in hub:
        process.until_ready()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)


@pytest.mark.thorough
def test_several_instances_survive_it_while_a_world_speaks(bare_own_broker: Scene) -> None:
    scene = bare_own_broker
    with Driver(scene, batch_records=50) as driver:
        driver.speak(400)
        driver.until_folded(100)
        scene.kafka.kill()
        for process in (*driver.of("crm-sync"), *driver.of("base-data")):
            eventually(process.why_not_ready, 60)
        scene.kafka.start()
        driver.speak(400)
