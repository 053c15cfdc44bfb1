"""A dead letter is redriven late, after newer news of its subject, twice, and by a process that is killed over it."""

import pytest

from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from tests.support.dealing import DEALER, Record, said
from tests.support.engine import NOON
from tests.support.eventually import eventually
from tests.support.scene import Scene
from tests.support.steering import Helm

TOPIC = f"dealer.{DEALER}.events"
WHY = ("--why", "larger records are taken now", "--yes")

pytestmark = pytest.mark.thorough


def test_late_twice_and_through_a_kill_it_counts_once_and_moves_nothing_back(scene: Scene) -> None:
    operator = Helm(scene)
    small = scene.start("crm-sync", max_record_bytes=2_000).until_ready()
    scene.start("relay")
    stale = word(2, phone="+49 30 23125 2")
    scene.send([word(1, name="Ada"), stale._replace(value=(stale.value or b"") + b" " * 3_000), word(3, name="Cleo", is_all=True)])
    scene.until_folded(TOPIC)
    [letter] = scene.dead()
    assert (letter["reason"], names(scene)) == ("too_large", ["Cleo"])
    small.terminate()

    victim = scene.start("crm-sync", max_record_bytes=1_000_000, at="killed-before-commit").until_ready()
    redrive = ("dead-letters", "redrive", str(letter["id"]), *WHY, "--no-wait")
    operator.types(*redrive)
    eventually(lambda: not victim.is_running, 40)
    assert [row["state"] for row in scene.dead()] == ["open"]
    operator.types(*redrive)
    scene.start("crm-sync").until_ready()
    scene.until_folded("hub.acts")
    scene.until_relayed()
    assert [row["state"] for row in scene.dead()] == ["redriven"]
    assert names(scene) == ["Cleo"]
    assert sorted(effect["effect"] for effect in scene.database.rows("SELECT effect FROM act_effects")) == ["already dealt with", "taken"]
    assert scene.database.value("SELECT count(*) FROM journal WHERE topic = $1", TOPIC) == 3


def word(revision: int, *, is_all: bool = False, **fields: str) -> Record:
    """What the dealer says of one customer, as its so-many-th word."""
    lineage = CUSTOMER_RECORDED if is_all or revision == 1 else CUSTOMER_CHANGED
    body = {"customer": "C-1", "occurred_at": NOON.isoformat(), "revision": revision, **fields}
    return said(lineage, body, id=f"customer-{revision}")


def names(scene: Scene) -> list[str]:
    return [row["name"] for row in scene.database.rows("SELECT name FROM customers")]
