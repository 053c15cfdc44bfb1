"""A process frozen past its session comes back believing that its partitions are still its own."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 60


@pytest.mark.parametrize(
    ("point", "patience_ms", "noticed"),
    [
        pytest.param("frozen-before-lock@2", 60_000, "partition.fenced", id="its transaction lives on"),
        pytest.param(
            "frozen-before-commit@2",
            5_000,
            "database.away",
            marks=pytest.mark.thorough,
            id="the server ended its transaction, which held the row",
        ),
    ],
)
def test_a_zombie_is_refused(scene: Scene, point: str, patience_ms: int, noticed: str) -> None:
    records = sales(COUNT)
    scene.send(records)
    scene.start("relay")
    zombie = scene.start("crm-sync", at=point, lanes=1, batch_records=50, idle_in_transaction_ms=patience_ms)
    eventually(zombie.is_frozen, 40)
    heir = scene.start("crm-sync")
    scene.until_folded(TOPIC)
    assert zombie.is_frozen()
    assert not zombie.events(noticed)
    zombie.thaw()
    eventually(lambda: zombie.events(noticed))
    eventually(zombie.is_ready)
    late = sales(COUNT, first=COUNT)
    scene.send(late)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert heir.is_alive()
    assert zombie.is_alive()
    assert_once(scene, TOPIC, records + late)
    assert_all_won(scene, 2 * COUNT, DEALER)
