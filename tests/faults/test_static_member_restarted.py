"""An instance that has a name is restarted within its session: nobody else has to stop for it."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.processes import HubProcess
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
NAMES = ("one", "two")
LONG_MS = 30_000
"""More than a restart takes, however slow the machine."""


@pytest.mark.thorough
def test_a_restart_within_the_session_moves_no_partition(scene: Scene) -> None:
    records = sales(40)
    scene.start("relay")
    instances = [_start(scene, name) for name in NAMES]
    for instance in instances:
        instance.until_ready()
    scene.send(records[:60])
    scene.until_folded(TOPIC)
    eventually(lambda: all(_is_settled(scene, instance) for instance in instances), 60)
    for restarted, other in ((0, 1), (1, 0)):
        claims, partitions = instances[other].events("partitions.claimed"), _partitions(scene, instances[restarted])
        assert partitions
        assert instances[restarted].terminate() == 0
        instances[restarted] = _start(scene, NAMES[restarted]).until_ready()
        eventually(lambda back=instances[restarted]: _is_settled(scene, back))
        assert _partitions(scene, instances[restarted]) == partitions
        assert instances[other].events("partitions.claimed") == claims, "the other one had to claim its partitions anew"
    scene.send(records[60:])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 40, DEALER)


def _start(scene: Scene, name: str) -> HubProcess:
    return scene.start("crm-sync", group_instance=name, session_timeout_ms=LONG_MS)


def _is_settled(scene: Scene, instance: HubProcess) -> bool:
    """Whether what it said last that it claimed is what it has."""
    claims = instance.events("partitions.claimed")
    return bool(claims) and claims[-1]["count"] == len(_partitions(scene, instance))


def _partitions(scene: Scene, instance: HubProcess) -> list[tuple[str, int]]:
    """What an instance has claimed last."""
    found = "SELECT topic, partition FROM consumer_offsets WHERE consumer = 'crm-sync' AND split_part(owner, '/', 2) = $1 ORDER BY 1, 2"
    return [(row["topic"], row["partition"]) for row in scene.database.rows(found, str(instance.pid))]
