"""A sender's transactions leave markers in the log, and what was taken back."""

import pytest
from confluent_kafka import Producer
from pydantic import SecretStr

from hub.operations import offsets
from hub.operations.status import status
from hub.state.steering import Scope
from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sale
from tests.support.eventually import eventually
from tests.support.kafka_clients import settings_of
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


def test_a_transaction_that_was_aborted_did_not_happen_and_its_markers_are_holes(scene: Scene) -> None:
    scene.is_cut_short = True
    consumer = scene.start("crm-sync").until_ready()
    scene.start("relay")
    _sell(scene, ("O-1", True), ("O-2", False), ("O-3", True))
    scene.send(sale("O-4"))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_all_won(scene, 3, DEALER)
    holes = scene.database.value("SELECT holes FROM consumer_offsets WHERE topic = $1", TOPIC)
    assert holes == 3 + 3, "three markers and what was aborted"
    assert consumer.metric("hub_holes_total") == holes
    assert not scene.dead()


def test_a_marker_at_the_very_end_is_nothing_to_wait_for(scene: Scene) -> None:
    scene.is_cut_short = True
    consumer = scene.start("crm-sync").until_ready()
    scene.start("relay")
    _sell(scene, ("O-1", True), ("O-2", False))
    eventually(lambda: scene.database.value("SELECT count(*) FROM journal WHERE topic = $1", TOPIC) == 3)
    eventually(lambda: consumer.metric("hub_records_total", outcome="handled") == 3)
    assert scene.next_offset(TOPIC) == 3 < scene.end_offset(TOPIC)
    eventually(lambda: consumer.metric("hub_lag_records", topic=TOPIC) == 0)
    settings = settings_of(scene.kafka).model_copy(update={"database_url": SecretStr(scene.database.url)})
    eventually(lambda: next(one.lag for one in scene.database.run(status(settings)).consumers if one.consumer == "crm-sync") == 0)
    [place] = scene.database.run(offsets.show(settings, [Scope("crm-sync", TOPIC)]))
    assert (place.next_offset, place.lag) == (3, 0)
    scene.send(sale("O-3"))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_all_won(scene, 2, DEALER)


def _sell(scene: Scene, *sales: tuple[str, bool]) -> None:
    """One transaction each, which the sender means, or takes back when all of it is written."""
    producer = Producer(scene.kafka.client_config() | {"transactional.id": "erp-of-ber-01", "log_level": 0})
    producer.init_transactions(10)
    for ref, is_meant in sales:
        producer.begin_transaction()
        for record in sale(ref):
            producer.produce(record.topic, record.value, record.key, headers=list(record.headers))
        if is_meant:
            producer.commit_transaction(10)
        else:
            producer.flush(10)
            producer.abort_transaction(10)
