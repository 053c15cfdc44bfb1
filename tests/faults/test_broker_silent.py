"""One process is cut off from the broker, and nobody else is: its connections stand, and nothing passes."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.proxy import Proxy
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"


@pytest.mark.thorough
def test_a_consumer_cut_off_from_the_broker_is_red_and_another_takes_over(behind_a_line: tuple[Scene, Proxy]) -> None:
    (scene, line), records = behind_a_line, sales(40)
    scene.start("relay")
    cut_off = scene.start("crm-sync", kafka_bootstrap=line.bootstrap).until_ready()
    scene.send(records[:60])
    scene.until_folded(TOPIC)
    line.speaks.clear()
    heir = scene.start("crm-sync")
    scene.send(records[60:])
    scene.until_folded(TOPIC)
    eventually(lambda: cut_off.why_not_ready() == ["broker"], 30)
    assert cut_off.is_alive()
    heir.until_ready()
    line.speaks.set()
    cut_off.until_ready()
    late = sales(5, first=40)
    scene.send(late)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records + late)
    assert_all_won(scene, 45, DEALER)


@pytest.mark.thorough
def test_senders_cut_off_from_the_broker_are_red_and_say_everything_afterwards(behind_a_line: tuple[Scene, Proxy]) -> None:
    (scene, line), records = behind_a_line, sales(40)
    relay = scene.start("relay", kafka_bootstrap=line.bootstrap).until_ready()
    scene.start("crm-sync").until_ready()
    line.speaks.clear()
    scene.send(records)
    scene.until_folded(TOPIC)
    eventually(relay.why_not_ready, 60)
    line.speaks.set()
    relay.until_ready()
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 40, DEALER)
