"""A dealer that speaks for another, or under another's names, changes nothing of it, and the other hears nothing of that."""

import json

import pytest

from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, Record, said, sales
from tests.support.scene import Scene, header

OTHER = "muc-02"
TOPIC = f"dealer.{DEALER}.events"


@pytest.mark.thorough
def test_a_dealer_that_claims_to_be_another_is_refused(scene: Scene) -> None:
    def customer(name: str, event: str, **how: str) -> Record:
        return said(CUSTOMER_RECORDED, {"customer": "K-1", "name": name}, id=event, **how)

    other = scene.add_dealer(OTHER)
    scene.start("crm-sync").until_ready()
    scene.start("relay")
    scene.send([customer("The true one", "c-1", dealer=OTHER, topic=other)])
    claims = {
        "another's source": customer("Forged", "c-2", source=f"/dealers/{OTHER}"),
        "another's source and id": customer("Forged", "c-1", source=f"/dealers/{OTHER}"),
        "the OEM's source": customer("Forged", "c-3", source="/oem"),
        "the hub's source": customer("Forged", "c-4", source="/hub/crm-sync"),
    }
    scene.send(claims.values())
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    assert [(letter["principal"], letter["reason"]) for letter in scene.dead()] == [(f"dealer:{DEALER}", "principal_mismatch")] * len(
        claims
    )
    assert scene.database.rows("SELECT principal, name FROM customers") == [{"principal": f"dealer:{OTHER}", "name": "The true one"}]
    assert len(scene.read(f"dealer.{DEALER}.feed")) == len(claims)
    assert not scene.read(f"dealer.{OTHER}.feed")


def test_two_dealers_that_use_the_same_ids_and_references_do_not_meet(scene: Scene) -> None:
    other = scene.add_dealer(OTHER)
    scene.start("crm-sync", batch_records=7).until_ready()
    scene.start("relay")
    mine, theirs = sales(20), sales(20, OTHER)  # the same references, and the same event ids
    scene.send([step for pair in zip(mine, theirs, strict=True) for step in pair])
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    for dealer in (DEALER, OTHER):
        assert_all_won(scene, 20, dealer)
    scene.send([said(CUSTOMER_RECORDED, {"customer": "K-1", "name": "Mine alone"}, id="k-1", source="/crm")])
    scene.send([said(CUSTOMER_CHANGED, {"customer": "K-1", "phone": "0"}, id="k-1", source="/crm", dealer=OTHER)])
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    assert not scene.dead()
    assert [(row["principal"], row["awaited_ref"]) for row in scene.waiting()] == [(f"dealer:{OTHER}", "K-1")]
    assert scene.database.value("SELECT count(*) FROM journal WHERE event_id = 'k-1'") == 2
    told = [message for message in scene.read("hub.crm") if header(message, "ce_type").startswith("hub.customer")]
    assert {json.loads(message.value() or b"")["subject"] for message in told} == {f"{DEALER}/K-1"}
