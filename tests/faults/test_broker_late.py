"""The broker is not there yet when the processes start."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


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
