"""The broker dies under load, or is not there yet."""

from threading import Thread

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, in_parts, sales
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


def test_processes_wait_for_a_broker_that_comes_late(own_broker: Scene) -> None:
    scene, records = own_broker, sales(5)
    scene.send(records)
    scene.kafka.stop()
    hub = [scene.start(name) for name in ("crm-sync", "base-data", "relay", "clock")]
    for process in hub:
        eventually(process.is_alive, 40)
        eventually(process.why_not_ready, 40)
    scene.kafka.start()
    for process in hub:
        process.until_ready()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 5, DEALER)


def test_a_process_told_to_stop_while_the_broker_is_away_stops(own_broker: Scene) -> None:
    scene = own_broker
    hub = [scene.start(name) for name in ("crm-sync", "relay", "clock")]
    for process in hub:
        process.until_ready()
    scene.send(sales(5))
    scene.until_folded(TOPIC)
    scene.kafka.kill()  # before the consumer has told the broker how far it came
    eventually(lambda: not hub[0].is_ready())
    waiting = scene.start("crm-sync")
    eventually(waiting.is_alive, 40)
    try:
        assert [process.terminate() for process in (*hub, waiting)] == [0, 0, 0, 0]
        assert len(scene.crew.logs().splitlines()) < 100, "a lost broker floods the log"
    finally:
        scene.kafka.start()
    scene.start("relay")
    scene.until_relayed()
