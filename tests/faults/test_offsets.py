"""Offsets that hold no record are counted; offsets that cannot be are never reset."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from contracts.base import COMPETITOR_RECORDED
from tests.faults.conftest import set_scene
from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, MODEL_KEY, Record, said, sale, sales, sales_model
from tests.support.eventually import eventually
from tests.support.processes import HubProcess
from tests.support.scene import Scene
from tests.support.stack import NewKafka

TOPIC = f"dealer.{DEALER}.events"
FOLDED = 30


@pytest.fixture
def quick_cleaner(new_kafka: NewKafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    """A broker that compacts as soon as it can."""
    kafka = new_kafka(properties={"log.cleaner.backoff.ms": "100", "log.cleaner.min.cleanable.ratio": "0.01"})
    with set_scene(kafka, database, tmp_path) as ready:
        yield ready


def test_a_compacted_gap_is_counted_and_passed(quick_cleaner: Scene) -> None:
    scene = quick_cleaner
    _configure(scene, "oem.base", {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "100"})
    model = sales_model()
    first = {"id": "northwind", "name": "Northwind"}
    scene.send([said(COMPETITOR_RECORDED, first, id="first", topic="oem.base", source="/oem", key="competitor/northwind@1900-01-01")])

    def edition(number: int) -> Record:
        headers = tuple((name, f"edition-{number}".encode() if name == "ce_id" else value) for name, value in model.headers)
        return model._replace(headers=headers)

    scene.send([edition(number) for number in range(50)])
    sent = 50  # of the same key, behind one of another: compaction leaves a gap between

    def has_gap() -> bool:
        nonlocal sent
        scene.send([edition(sent)])
        sent += 1
        offsets = [message.offset() or 0 for message in scene.read("oem.base")]
        return any(after - before > 1 for before, after in pairwise(offsets))

    eventually(has_gap, 30)
    consumer = scene.start("base-data").until_ready()
    scene.until_folded("oem.base", "base-data")
    left = len(scene.read("oem.base"))
    journalled = scene.database.value("SELECT count(*) FROM journal WHERE topic = 'oem.base' AND event_id <> 'model-1'")
    holes = scene.database.value("SELECT sum(holes) FROM consumer_offsets WHERE topic = 'oem.base'")
    assert left <= journalled < sent
    assert holes + journalled == scene.next_offset("oem.base", "base-data")
    assert consumer.metric("hub_holes_total") == holes
    assert scene.database.value("SELECT count(*) FROM base_data WHERE ref = $1", MODEL_KEY) == 1
    assert not scene.dead()


def test_a_transaction_that_was_aborted_did_not_happen_and_its_markers_are_holes(scene: Scene) -> None:
    scene.is_cut_short = True
    consumer = scene.start("crm-sync").until_ready()
    scene.start("relay")
    producer = Producer(scene.kafka.client_config() | {"transactional.id": "erp-of-ber-01", "log_level": 0})
    producer.init_transactions(10)
    for ref, is_meant in (("O-1", True), ("O-2", False), ("O-3", True)):
        producer.begin_transaction()
        for record in sale(ref):
            producer.produce(record.topic, record.value, record.key, headers=list(record.headers))
        if is_meant:
            producer.commit_transaction(10)
        else:
            producer.flush(10)
            producer.abort_transaction(10)
    scene.send(sale("O-4"))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_all_won(scene, 3, DEALER)
    holes = scene.database.value("SELECT holes FROM consumer_offsets WHERE topic = $1", TOPIC)
    assert holes == 3 + 3, "three markers and what was aborted"
    assert consumer.metric("hub_holes_total") == holes
    assert not scene.dead()


def test_a_topic_made_anew_halts_its_partition(scene: Scene) -> None:
    _fold_some(scene).terminate()
    _make_anew(scene)
    scene.send(sale("O-later"))
    consumer = scene.start("crm-sync")
    _assert_halted(scene, consumer, "offset_beyond_end")


def test_a_topic_made_anew_under_a_running_consumer_halts_its_partition(scene: Scene) -> None:
    consumer = _fold_some(scene)
    _make_anew(scene)
    scene.send(sale("O-later"))
    _assert_halted(scene, consumer, "offset_beyond_end")


def test_records_that_retention_took_before_they_were_folded_are_missed_aloud(scene: Scene) -> None:
    _fold_some(scene).terminate()
    scene.send(sales(10, first=FOLDED))
    _delete_up_to(scene, 3 * FOLDED + 12)
    consumer = scene.start("crm-sync")
    _assert_halted(scene, consumer, "records_lost")
    [halt] = consumer.events("partition.halted")
    assert (halt["next_offset"], halt["begin"], halt["end"]) == (3 * FOLDED, 3 * FOLDED + 12, 3 * FOLDED + 30)


def _fold_some(scene: Scene) -> HubProcess:
    scene.start("relay")
    consumer = scene.start("crm-sync").until_ready()
    scene.send(sales(FOLDED))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    return consumer


def _assert_halted(scene: Scene, consumer: HubProcess, reason: str) -> None:
    """This partition stands where it stood, loudly; everybody else's goes on."""
    scene.is_cut_short = True
    eventually(lambda: consumer.events("partition.halted"), 60)
    assert [halt["reason"] for halt in consumer.events("partition.halted")] == [reason]
    assert scene.next_offset(TOPIC) == 3 * FOLDED
    eventually(lambda: consumer.why_not_ready() == [reason])
    assert consumer.is_alive()
    assert consumer.metric("hub_partitions_halted", reason=reason) == 1
    other = scene.add_dealer("muc-02")
    scene.send(sales(5, "muc-02"))
    scene.until_folded(other)
    scene.until_relayed()
    assert_all_won(scene, 5, "muc-02")
    assert scene.next_offset(TOPIC) == 3 * FOLDED
    assert consumer.why_not_ready() == [reason]


def _make_anew(scene: Scene) -> None:
    scene.delete_topics(TOPIC)
    scene.make_topics(TOPIC)


def _delete_up_to(scene: Scene, offset: int) -> None:
    [deleted] = scene.admin.delete_records([TopicPartition(TOPIC, 0, offset)]).values()
    deleted.result(20)


def _configure(scene: Scene, topic: str, settings: dict[str, str]) -> None:
    entries = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in settings.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    [configured] = scene.admin.incremental_alter_configs([resource]).values()
    configured.result(20)
