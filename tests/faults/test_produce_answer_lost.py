"""The broker has written what was sent, and its answer never comes: the sender cannot know, and sends again."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.proxy import Break, Proxy
from tests.support.scene import Scene, header

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


@pytest.mark.parametrize("lost", ["answer", "question"])
def test_what_was_written_before_the_line_broke_is_there_once(behind_a_line: tuple[Scene, Proxy], lost: Break) -> None:
    (scene, line), records = behind_a_line, sales(40)
    scene.start("crm-sync").until_ready()
    relay = scene.start("relay", kafka_bootstrap=line.bootstrap).until_ready()
    scene.send(records[:60])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    line.arm(lost)
    scene.send(records[60:])
    scene.until_folded(TOPIC)
    eventually(lambda: line.broken)
    scene.until_relayed()
    relay.until_ready()
    told = [header(message, "ce_id") for message in scene.read("hub.crm")]
    assert len(told) == len(set(told)), "the broker knows what an idempotent producer repeats"
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 40, DEALER)
