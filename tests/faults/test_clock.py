"""A clock comes to harm between what it says and what it lets go of: each reminder leaves once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from contracts.base import SERVICE_PLAN_RECORDED
from contracts.vehicles import VEHICLE_HANDED_OVER
from tests.support.dealing import DEALER, said
from tests.support.eventually import eventually
from tests.support.scene import Scene, header

COUNT = 40
_PLAN = {"id": "annual", "name": "Annual", "months": 12}
_DUE = "SELECT count(*) FROM timers WHERE due_at <= now()"


def cars_that_are_due(scene: Scene) -> None:
    """So many cars whose first step has come, folded by a consumer that then ends: nobody hears a clock yet."""
    scene.make_topics("hub.reminders")
    _, listener = [scene.start(name).until_ready() for name in ("base-data", "reminders")]
    key = "service_plan/annual@1900-01-01"
    scene.send([said(SERVICE_PLAN_RECORDED, _PLAN, id="plan", topic="oem.base", source="/oem", key=key)])
    scene.until_folded("oem.base", "base-data")
    then = (datetime.now(UTC) - timedelta(days=350)).isoformat()
    cars = [{"vin": f"WVWZZZ1JZ{n:08}", "customer": f"C{n}", "service_plans": ["annual"], "occurred_at": then} for n in range(COUNT)]
    scene.send([said(VEHICLE_HANDED_OVER, car, id=f"handed-over-{car['vin']}") for car in cars])
    scene.until_folded(f"dealer.{DEALER}.events", "reminders")
    assert scene.database.value(_DUE) == COUNT
    assert listener.terminate() == 0


def times_said(scene: Scene) -> Counter[str]:
    """How often each timer stands in the log, by its id."""
    return Counter(header(message, "ce_id") for message in scene.read("hub.timers"))


def assert_each_reminded_once(scene: Scene) -> None:
    """One delivery, one notice to the dealer, one event, and the next step to come, for each car."""
    scene.until_folded("hub.timers", "reminders")
    scene.until_relayed()
    keys = [row["dedupe_key"].split("/")[1] for row in scene.database.rows("SELECT dedupe_key FROM deliveries")]
    assert (len(keys), len(set(keys))) == (COUNT, COUNT)
    for topic in ("hub.reminders", f"dealer.{DEALER}.feed"):
        told = [header(message, "ce_type") for message in scene.read(topic)]
        assert told == ["hub.reminder.due.v1"] * COUNT, topic
    assert (scene.database.value("SELECT count(*) FROM timers"), scene.database.value(_DUE)) == (COUNT, 0)


@pytest.mark.thorough
def test_a_clock_killed_between_saying_and_letting_go_is_said_again_and_counts_once(bare_scene: Scene) -> None:
    scene = bare_scene
    cars_that_are_due(scene)
    victim = scene.start("clock", at="killed-before-letting-go")
    eventually(lambda: not victim.is_running, 40)
    assert (set(times_said(scene).values()), scene.database.value(_DUE)) == ({1}, COUNT)
    scene.start("clock")
    eventually(lambda: scene.database.value(_DUE) == 0, 40)
    assert (set(times_said(scene).values()), len(times_said(scene))) == ({2}, COUNT)
    for name in ("reminders", "relay"):
        scene.start(name)
    assert_each_reminded_once(scene)


@pytest.mark.thorough
@pytest.mark.parametrize("point", ["frozen-before-saying", "frozen-before-letting-go"])
def test_a_clock_frozen_until_another_has_said_it_all_says_or_takes_nothing_that_counts(bare_scene: Scene, point: str) -> None:
    """By the time it comes back all is folded, and the next steps are set."""
    scene = bare_scene
    cars_that_are_due(scene)
    zombie = scene.start("clock", at=point)
    eventually(zombie.is_frozen, 40)
    scene.start("clock")  # before anybody folds what the frozen one may have said: it would find nothing due
    eventually(lambda: scene.database.value(_DUE) == 0, 40)
    for name in ("reminders", "relay"):
        scene.start(name)
    assert_each_reminded_once(scene)
    zombie.thaw()
    eventually(lambda: set(times_said(scene).values()) == {2}, 40)
    zombie.until_ready()
    assert_each_reminded_once(scene)
