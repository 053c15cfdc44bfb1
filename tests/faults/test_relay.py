"""The relay comes to harm between what Kafka acknowledged and what the outbox forgets."""

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, in_parts, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene, header

TOPIC = f"dealer.{DEALER}.events"
COUNT = 100


def test_a_relay_killed_between_acknowledgement_and_receipt_sends_again_under_the_same_ids(scene: Scene) -> None:
    scene.send(sales(COUNT))
    scene.start("crm-sync")
    victim = scene.start("relay", at="killed-before-receipt")
    eventually(lambda: not victim.is_running, 40)
    scene.until_folded(TOPIC)
    acknowledged = [header(message, "ce_id") for message in scene.read("hub.crm")]
    assert acknowledged, "the relay died before it had sent anything"
    assert scene.database.value("SELECT count(*) FROM outbox_sent") == 0
    scene.start("relay")
    scene.until_relayed()
    seen = [header(message, "ce_id") for message in scene.read("hub.crm")]
    assert len(seen) - len(set(seen)) == len(acknowledged)
    assert_all_won(scene, COUNT, DEALER)


def test_a_spare_relay_waits_and_takes_over(scene: Scene) -> None:
    first = scene.start("relay", at="killed-before-receipt@3").until_ready()
    eventually(lambda: _holders(scene) == 1)
    spare = scene.start("relay").until_ready()
    scene.start("crm-sync", batch_records=30).until_ready()
    for part in in_parts(sales(COUNT), 60):
        scene.send(part)
        scene.until_folded(TOPIC)
    eventually(lambda: not first.is_running, 40)
    assert _holders(scene) <= 1
    scene.until_relayed()
    assert spare.metric("hub_outbox_sent_total") > 0
    assert_all_won(scene, COUNT, DEALER)


def _holders(scene: Scene) -> int:
    return int(
        scene.database.value(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )
