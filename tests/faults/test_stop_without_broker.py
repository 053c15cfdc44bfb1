"""SIGTERM while the broker is away."""

import pytest

from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"


@pytest.mark.thorough
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
