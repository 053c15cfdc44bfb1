"""kill -9 of a consumer at the two moments that matter: just before its commit and just after."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 200


@pytest.mark.parametrize(
    ("point", "is_kept"), [pytest.param("killed-before-commit@2", False, marks=pytest.mark.thorough), ("killed-after-commit@2", True)]
)
def test_a_killed_consumer_loses_nothing_and_doubles_nothing(scene: Scene, point: str, *, is_kept: bool) -> None:
    records = sales(COUNT)
    scene.send(records)
    scene.start("relay")
    victim = scene.start("crm-sync", at=point, batch_records=100)
    eventually(lambda: not victim.is_running, 40)
    assert victim.exit_code == -9
    assert scene.next_offset(TOPIC) == (200 if is_kept else 100)
    scene.start("crm-sync")
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)
