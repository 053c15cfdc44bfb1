"""SIGTERM with work in flight: what has begun is finished, the rest is left to the next process."""

from time import monotonic

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import SESSION_MS, Scene

pytestmark = pytest.mark.thorough

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


def test_a_consumer_that_still_waits_for_its_group_can_be_stopped(scene: Scene) -> None:
    frozen = scene.start("crm-sync", session_timeout_ms=30_000).until_ready()
    frozen.freeze()
    joining = scene.start("crm-sync")
    eventually(joining.is_alive, 40)
    eventually(lambda: _state(scene) == "PREPARING_REBALANCING", 20)
    began = monotonic()
    assert joining.terminate() == 0
    assert monotonic() - began < 5
    frozen.thaw()
    scene.send(sales(5))
    scene.until_folded(TOPIC)
    scene.start("relay")
    scene.until_relayed()
    assert_all_won(scene, 5, DEALER)


def _state(scene: Scene) -> str:
    [described] = scene.admin.describe_consumer_groups(["crm-sync"]).values()
    return str(described.result(10).state.name)
