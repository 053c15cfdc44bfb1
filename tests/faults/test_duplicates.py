"""The same event again: in its batch, in the next, to another process days later, on another partition."""

import json

import pytest

from contracts.leads import LEAD_RECEIVED
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, said, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene, header

TOPIC = f"dealer.{DEALER}.events"
COUNT = 20
_FOLDED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets WHERE consumer = 'crm-sync' AND topic = 'oem.crm'"


def test_an_event_said_again_and_again_counts_once(scene: Scene) -> None:
    records = sales(COUNT)
    hub = scene.start("crm-sync", batch_records=2 * COUNT).until_ready()
    scene.start("relay")
    scene.send([twice for record in records for twice in (record, record)])
    scene.until_folded(TOPIC)
    scene.send(records)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    told = [header(message, "ce_id") for message in scene.read("hub.crm")]
    hub.terminate()
    scene.start("crm-sync")  # days later: nobody remembers but the journal
    scene.send(reversed(records))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)
    assert [header(message, "ce_id") for message in scene.read("hub.crm")] == told
    assert not scene.dead()


@pytest.mark.thorough
def test_an_event_on_two_partitions_counts_once(scene: Scene) -> None:
    def lead(number: int) -> dict[str, str]:
        return {"lead": f"L-{number}", "name": "Invented Person"}

    records = [said(LEAD_RECEIVED, lead(number), id=f"l-{number}", topic="oem.crm", source="/oem/crm") for number in range(COUNT)]
    for process in [scene.start("crm-sync", batch_records=5), scene.start("crm-sync", batch_records=5)]:
        process.until_ready()
    scene.start("relay")
    for partition in range(4):
        scene.send(records, partition=partition)
    eventually(lambda: scene.database.value(_FOLDED) == 4 * COUNT, 40)
    scene.until_relayed()
    assert scene.database.value("SELECT count(*) FROM leads") == COUNT
    assert scene.database.value("SELECT count(*) FROM journal WHERE topic = 'oem.crm'") == COUNT
    told = [json.loads(message.value() or b"")["subject"] for message in scene.read("hub.crm")]
    assert len(told) == len(set(told)) == COUNT
    assert not scene.dead()
