"""What comes twice, in the wrong order or corrected leads to the same states as what comes once, in order and right."""

from random import Random
from typing import Any

import pytest

from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from contracts.opportunities import OPPORTUNITY_OPENED
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, Record, in_parts, said, sales
from tests.support.engine import NOON
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
OTHER = "muc-02"
COUNT = 60
STATES = """
SELECT ref, status, sales_model, stage, amount_minor, opened_at, stage_since, closed_at, wins FROM opportunities
WHERE principal = $1 ORDER BY ref
"""


def test_late_repeated_and_shuffled_events_come_to_the_same(scene: Scene) -> None:
    chance = Random(7)
    straight, crooked = sales(COUNT), sales(COUNT, OTHER)
    crooked += chance.sample(crooked, COUNT)
    chance.shuffle(crooked)
    other = scene.add_dealer(OTHER)
    scene.start("crm-sync", batch_records=25).until_ready()
    scene.start("relay")
    for part in in_parts(crooked, 40):
        scene.send(part)
    scene.send(straight)
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    assert_once(scene, TOPIC, straight)
    assert_all_won(scene, COUNT, DEALER)
    assert_all_won(scene, COUNT, OTHER)
    assert scene.database.rows(STATES, f"dealer:{DEALER}") == scene.database.rows(STATES, f"dealer:{OTHER}")
    assert scene.database.value("SELECT count(*) FROM journal WHERE principal = $1", f"dealer:{OTHER}") == 3 * COUNT
    assert not scene.dead()
    assert not scene.waiting()


@pytest.mark.thorough
def test_a_correction_takes_the_place_of_what_it_corrects(scene: Scene) -> None:
    def opened(number: int, minor: int, **more: Any) -> dict[str, Any]:
        return {"opportunity": f"O-{number:05}", "stage": "prospecting", "amount": {"minor": minor, "currency": "EUR"}, **more}

    right = [said(OPPORTUNITY_OPENED, opened(n, 500), id=f"right-{n}") for n in range(5)]
    wrong = [said(OPPORTUNITY_OPENED, opened(n, 100), id=f"wrong-{n}", dealer=OTHER) for n in range(5)]
    mended = [said(OPPORTUNITY_OPENED, opened(n, 500, corrects=f"wrong-{n}"), id=f"mended-{n}", dealer=OTHER) for n in range(5)]
    later: list[Record] = [step for step in sales(5) if b"-0" not in (dict(step.headers)["ce_id"] or b"")[7:]]
    other_later = [step for step in sales(5, OTHER) if b"-0" not in (dict(step.headers)["ce_id"] or b"")[7:]]
    other = scene.add_dealer(OTHER)
    scene.start("crm-sync", batch_records=4).until_ready()
    scene.start("relay")
    scene.send(right + later)
    scene.send([mended[0], *wrong, *other_later, *mended[1:]])
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    assert_all_won(scene, 5, DEALER)
    assert {row["amount_minor"] for row in scene.database.rows(STATES, f"dealer:{OTHER}")} == {500}
    assert scene.database.rows(STATES, f"dealer:{DEALER}") == scene.database.rows(STATES, f"dealer:{OTHER}")


@pytest.mark.thorough
def test_an_id_used_again_for_something_else_is_refused(scene: Scene) -> None:
    def customer(name: str) -> Record:
        return said(CUSTOMER_RECORDED, {"customer": "K-1", "name": name}, id="c-1")

    scene.start("crm-sync").until_ready()
    scene.start("relay")
    scene.send([customer("First"), customer("First"), customer("Second")])
    scene.send([said(CUSTOMER_CHANGED, {"customer": "K-2", "name": "Held by nothing", "occurred_at": NOON.isoformat()}, id="c-2")])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    [letter] = scene.dead()
    assert (letter["reason"], letter["offset"]) == ("id_reuse", 2)
    assert scene.database.value("SELECT name FROM customers WHERE ref = 'K-1'") == "First"
    assert [row["awaited_ref"] for row in scene.waiting()] == ["K-2"]
