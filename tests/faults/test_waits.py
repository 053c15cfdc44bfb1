"""Records that wait: for base data that comes late, and for news that never comes."""

import json

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sale, sales, sales_model
from tests.support.eventually import eventually
from tests.support.scene import Scene, header

TOPIC = f"dealer.{DEALER}.events"
FEED = f"dealer.{DEALER}.feed"
COUNT = 20


def test_opportunities_wait_for_the_sales_model_they_follow(bare_scene: Scene) -> None:
    scene, records = bare_scene, sales(COUNT)
    for name in ("crm-sync", "base-data", "relay", "clock"):
        scene.start(name).until_ready()
    scene.send(records)
    scene.until_folded(TOPIC)
    assert {(row["kind"], row["awaited_ref"]) for row in scene.waiting()} == {("sales_model", "standard")}
    assert len(scene.waiting()) == len(records)
    scene.send([sales_model()])
    eventually(lambda: not scene.waiting(), 40)
    scene.until_folded("hub.timers")
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)
    assert {header(message, "ce_type") for message in scene.read("hub.timers")} == {"hub.wait.answered.v1"}
    assert not scene.dead()


@pytest.mark.thorough
def test_a_wait_that_nobody_ends_is_ended_once_by_however_many_clocks(scene: Scene) -> None:
    lonely = sale("O-lonely")[1]
    for name in ("crm-sync", "relay", "clock", "clock"):
        scene.start(name, wait_seconds=2).until_ready()
    scene.send([lonely, *sale("O-1")])
    scene.until_folded(TOPIC)
    eventually(scene.dead, 40)
    scene.until_relayed()
    eventually(lambda: scene.read(FEED))
    scene.until_folded("hub.timers")
    [letter] = scene.dead()
    assert (letter["reason"], letter["key"], letter["offset"]) == ("wait_expired", "O-lonely", 0)
    assert len({header(message, "ce_id") for message in scene.read("hub.timers")}) == 1
    [rejection] = scene.read(FEED)
    body = json.loads(rejection.value() or b"")
    assert (body["reason"], body["event_id"], body["offset"]) == ("wait_expired", "O-lonely-1", 0)
    assert not scene.waiting()
    assert_all_won(scene, 1, DEALER)


@pytest.mark.thorough
def test_a_timer_that_fired_twice_has_one_effect(scene: Scene) -> None:
    scene.start("crm-sync", wait_seconds=2).until_ready()
    relay = scene.start("relay").until_ready()
    scene.send([sale("O-lonely")[1]])
    scene.until_folded(TOPIC)
    first, second = scene.start("clock", wait_seconds=2), scene.start("clock", wait_seconds=2)
    eventually(scene.dead, 40)
    [timer, *_] = scene.read("hub.timers")
    again = timer.headers() or []
    scene.send([sale("O-1")[0]._replace(topic="hub.timers", key=timer.key(), value=timer.value(), headers=tuple(again))])
    scene.until_folded("hub.timers")
    scene.until_relayed()
    assert len(scene.dead()) == 1
    assert len(scene.read(FEED)) == 1
    assert all(process.is_ready() for process in (relay, first, second))
