"""A sender's transactions leave markers in the log, and what was taken back."""

from confluent_kafka import Producer

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sale
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"


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
