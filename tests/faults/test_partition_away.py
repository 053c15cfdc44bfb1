"""A partition has no leader: what is said elsewhere goes on, and its own events go, in order, once it has one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import NewPartitions

from hub.local.kafka import Kafka
from hub.local.ports import free_port
from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 50

pytestmark = pytest.mark.thorough


@pytest.fixture
def others() -> Iterator[list[Kafka]]:
    """More brokers, which outlive the scene: its log is read to the end."""
    started: list[Kafka] = []
    yield started
    for broker in started:
        broker.kill()


def test_other_partitions_go_on_while_one_has_no_leader(others: list[Kafka], own_broker: Scene, tmp_path: Path) -> None:
    scene = own_broker
    scene.start("crm-sync").until_ready()  # Kafka's own topics are made now, on the broker that stays
    second = second_broker(scene.kafka, tmp_path / "second")
    others.append(second)
    second.start()
    away = add_partition(scene, "hub.crm", broker=2)
    second.kill()
    eventually(lambda: leader(scene, "hub.crm", away) == -1, 30)
    relay = scene.start("relay").until_ready()
    for turn in range(3):
        if turn == 2:  # another relay knows it from the store
            relay.kill()
            relay = scene.start("relay").until_ready()
        scene.send(sales(COUNT, first=turn * COUNT))
        scene.until_folded(TOPIC)
        eventually(lambda: only_left(scene) == {f"partition_away/{away}"}, 60 if turn == 0 else 20)
        assert relay.is_ready()
    second.start()
    scene.until_relayed(120)
    assert_all_won(scene, 3 * COUNT, DEALER)
    assert any(message.partition() == away for message in scene.read("hub.crm"))


def second_broker(first: Kafka, folder: Path) -> Kafka:
    """A broker that only serves, in the cluster of the first, which leads it."""
    told, cluster = properties(first.data / "server.properties"), properties(first.data / "storage/meta.properties")
    storage, port = folder / "storage", free_port()
    storage.mkdir(parents=True)
    (storage / "meta.properties").write_text(f"version=1\ncluster.id={cluster['cluster.id']}\nnode.id=2\n")
    own = {
        "process.roles": "broker",
        "node.id": "2",
        "controller.quorum.voters": told["controller.quorum.voters"],
        "listeners": f"CLIENT://127.0.0.1:{port}",
    }
    return Kafka(folder, password=first.password, port=port, properties=own)


def properties(file: Path) -> dict[str, str]:
    """What a file of Java's properties says."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if not line.startswith("#"))


def add_partition(scene: Scene, topic: str, broker: int) -> int:
    """One more partition, which that broker alone holds; its number."""
    number = len(scene.admin.list_topics(topic, 10).topics[topic].partitions)
    [grown] = scene.admin.create_partitions([NewPartitions(topic, number + 1, replica_assignment=[[broker]])]).values()
    grown.result(20)
    eventually(lambda: leader(scene, topic, number) == broker)
    return number


def leader(scene: Scene, topic: str, partition: int) -> int:
    """The broker that leads a partition; -1 where none does."""
    found = scene.admin.list_topics(topic, 10).topics[topic].partitions
    return int(found[partition].leader) if partition in found else -1


def only_left(scene: Scene) -> set[str]:
    """Why what has not left has not; empty as well where there is still something in the outbox that may go."""
    if scene.database.value("SELECT count(*) FROM outbox"):
        return set()
    return {row["set_aside"] for row in scene.database.rows("SELECT DISTINCT set_aside FROM outbox_apart")}
