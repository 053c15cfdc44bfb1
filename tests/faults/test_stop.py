"""SIGTERM with work in flight: what has begun is finished, the rest is left to the next process."""

from time import monotonic

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import SESSION_MS, Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 400


def test_a_stopped_consumer_ends_at_once_and_loses_nothing(scene: Scene) -> None:
    records = sales(COUNT)
    scene.send(records)
    relay = scene.start("relay")
    stopped = scene.start("crm-sync", lanes=1, batch_records=5)
    eventually(lambda: scene.next_offset(TOPIC) >= 50, 40)
    began = monotonic()
    assert stopped.terminate() == 0
    assert monotonic() - began < 5
    assert scene.next_offset(TOPIC) < len(records), "nothing was in flight"
    heir = scene.start("crm-sync")
    eventually(lambda: heir.events("partitions.claimed"), 10 + SESSION_MS / 1000)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert relay.terminate() == 0
    assert heir.terminate() == 0
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)
