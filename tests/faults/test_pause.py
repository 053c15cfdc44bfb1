"""An operator's word makes every process of a consumer stand still, and go on, without a restart."""

import pytest
from confluent_kafka import TopicPartition

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.processes import HubProcess
from tests.support.scene import Scene
from tests.support.steering import Helm

TOPIC = f"dealer.{DEALER}.events"
MOST = 20


@pytest.fixture
def operator(scene: Scene) -> Helm:
    return Helm(scene)


def paused(*processes: HubProcess) -> float:
    return sum(process.metric("hub_partitions_paused") for process in processes)


def test_a_paused_topic_waits_in_every_process_and_after_restarts(scene: Scene, operator: Helm) -> None:
    other = scene.add_dealer("muc-02")
    first, second = scene.start("crm-sync").until_ready(), scene.start("crm-sync").until_ready()
    scene.start("relay")
    scene.send(sales(10))
    scene.until_folded(TOPIC)
    before = scene.next_offset(TOPIC)
    assert operator.pause(TOPIC).done == (f"crm-sync {TOPIC}: paused, 1 partitions, and any that come to it",)
    assert operator.pause(TOPIC).done == (), "paused twice is paused once"
    scene.send(sales(10, first=10))
    scene.send(sales(10, "muc-02"))
    scene.until_folded(other)
    assert scene.next_offset(TOPIC) == before
    eventually(lambda: paused(first, second) == 1)
    assert first.is_ready()
    assert second.is_ready()
    eventually(lambda: max(process.metric("hub_lag_seconds", topic=TOPIC) for process in (first, second)) == 0)  # it was told to wait
    first.kill()
    second.terminate()
    third = scene.start("crm-sync").until_ready()
    scene.send(sales(10, "muc-02", first=10))
    scene.until_folded(other)
    eventually(lambda: paused(third) == 1)
    assert scene.next_offset(TOPIC) == before
    [seen] = operator.sees()["paused"]
    assert (seen["topic"], seen["partition"], seen["why"]) == (TOPIC, None, "a test")
    assert "a test" in operator.types("status").stdout
    operator.resume(TOPIC)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert paused(third) == 0
    assert operator.sees()["paused"] == []
    assert_all_won(scene, 20, DEALER)


@pytest.mark.thorough
def test_a_paused_consumer_holds_also_what_comes_later_and_hears_that_it_may_go_on(scene: Scene, operator: Helm) -> None:
    consumer = scene.start("crm-sync").until_ready()
    scene.start("relay")
    operator.pause()
    later = scene.add_dealer("muc-02")
    scene.send(sales(5, "muc-02"))
    scene.send(sales(5))
    partitions = "SELECT count(*) FROM consumer_offsets WHERE consumer = 'crm-sync' AND topic <> 'hub.acts' AND owner NOT LIKE 'operator %'"
    eventually(lambda: scene.next_offset(later) == 0 and paused(consumer) == scene.database.value(partitions))
    assert scene.next_offset(TOPIC) == 0
    assert scene.database.value("SELECT count(*) FROM opportunities") == 0
    assert consumer.is_ready()
    told = operator.resume(TOPIC)
    assert told.done == ()
    assert "stays paused, as crm-sync is by" in told.notes[0]
    operator.resume()
    for topic in (TOPIC, later):
        scene.until_folded(topic)
    scene.until_relayed()
    assert_all_won(scene, 5, DEALER)
    assert_all_won(scene, 5, "muc-02")


@pytest.mark.thorough
def test_the_brake_is_released_without_a_restart_and_holds_again_where_poison_goes_on(scene: Scene, operator: Helm) -> None:
    scene.is_cut_short = True
    consumer = scene.start("crm-sync", brake_dead_in_a_row=MOST, batch_records=10).until_ready()
    scene.start("relay")
    poison = [record._replace(value=b"{", key=f"P-{number}".encode()) for number, record in enumerate(sales(20)[: 2 * MOST])]
    scene.send(poison)
    eventually(lambda: consumer.why_not_ready() == ["brake"], 40)
    [halt] = eventually(lambda: operator.sees()["halted"])
    assert (halt["topic"], halt["partition"], halt["reason"], halt["next_offset"]) == (TOPIC, 0, "brake", scene.next_offset(TOPIC))
    [released] = operator.resume(f"{TOPIC}:0").done
    assert "released; it was halted (brake) since" in released
    eventually(lambda: len(consumer.events("partition.halted")) == 2, 40)
    eventually(lambda: operator.sees()["halted"])
    scene.send(sales(5))
    operator.resume()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    eventually(consumer.is_ready)
    assert consumer.metric("hub_partitions_halted") == 0
    assert operator.sees()["halted"] == []
    assert_all_won(scene, 5, DEALER)
    assert len(consumer.events("process.started")) == 1


@pytest.mark.thorough
def test_what_the_log_no_longer_holds_is_not_released_by_going_on(scene: Scene, operator: Helm) -> None:
    scene.is_cut_short = True
    scene.start("relay")
    consumer = scene.start("crm-sync").until_ready()
    scene.send(sales(5))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    consumer.terminate()
    scene.send(sales(5, first=5))
    [deleted] = scene.admin.delete_records([TopicPartition(TOPIC, 0, 20)]).values()
    deleted.result(20)
    consumer = scene.start("crm-sync")
    eventually(lambda: operator.sees()["halted"], 40)
    told = operator.resume(TOPIC)
    assert told.done == ()
    assert told.notes == (
        f"{TOPIC}[0] stays halted (records_lost): its log does not go on from offset 15; hub offsets set decides from where to",
    )
    assert consumer.why_not_ready() == ["records_lost"]


def test_what_cannot_be_paused_is_told_by_its_name(scene: Scene, operator: Helm) -> None:
    for words, told in (
        (("crm-sync", "hub.acts", "--why", "a test"), "another topic: hub.acts cannot be paused"),
        (("crm-sync", "hub.crm", "--why", "a test"), "a topic that crm-sync reads"),
        (("crm-sink", "--why", "a test"), "CONSUMER: expected one of base-data, crm-sync"),
        (("crm-sync",), "--why: expected a reason"),
    ):
        assert told in str(operator.types("pause", *words).exception)
    assert operator.sees()["paused"] == []


def test_what_would_be_paused_is_told_to_programs(operator: Helm) -> None:
    told = operator.asks("pause", "crm-sync", TOPIC, "--dry-run")
    assert (told["consumer"], told["place"], told["is_dry"], told["notes"]) == ("crm-sync", TOPIC, True, [])
    assert (told["done"], told["would"][0].startswith(f"crm-sync {TOPIC}: paused, ")) == ([], True)
    assert operator.asks("resume", "crm-sync", "--dry-run")["would"] == []
