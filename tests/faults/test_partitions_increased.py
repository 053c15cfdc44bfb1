"""A topic gets more partitions while the hub runs, and a key's records may go on in another one."""

import pytest

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


def test_new_partitions_are_read_from_their_beginning(scene: Scene) -> None:
    records = sales(40)
    hub = [scene.start(name) for name in ("crm-sync", "crm-sync", "relay", "clock")]
    for process in hub:
        process.until_ready()
    scene.send(records[:60])
    scene.until_folded(TOPIC)
    scene.grow(TOPIC, 3)
    for number, record in enumerate(records[60:]):
        scene.send([record], partition=number % 3)

    ends = [scene.end_offset(TOPIC, number) for number in range(3)]

    def is_folded() -> bool:
        rows = scene.database.rows("SELECT partition, next_offset FROM consumer_offsets WHERE topic = $1 ORDER BY 1", TOPIC)
        return [row["next_offset"] for row in rows] == ends

    eventually(is_folded, 60)
    scene.until_relayed()
    for process in hub:
        process.until_ready()
    assert scene.database.value("SELECT count(*) FROM journal WHERE topic = $1", TOPIC) == len(records)
    assert_all_won(scene, 40, DEALER)
