"""A member comes or goes every three seconds for a minute: the group is hardly ever at rest."""

import itertools
from threading import Event, Thread

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, Record, in_parts, sales
from tests.support.eventually import eventually
from tests.support.processes import HubProcess
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
COUNT = 300
INTERVAL, STORM = 3.0, 20
"""Seconds between two changes, and how many changes there are."""


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_storm_of_rebalances_loses_nothing_and_doubles_nothing(scene: Scene) -> None:
    records = sales(COUNT)
    scene.start("relay")
    scene.start("crm-sync").until_ready()
    is_over = Event()

    def speak() -> None:
        for part in itertools.takewhile(lambda _: not is_over.wait(INTERVAL / 2), in_parts(records, len(records) // (2 * STORM))):
            scene.send(part)
            sent.extend(part)

    sent: list[Record] = []
    sender = Thread(target=speak)
    sender.start()
    members: list[HubProcess] = []
    for turn in range(STORM):
        if turn % 3 == 2:
            members.pop(0).terminate() if turn % 2 else members.pop(0).kill()
        else:
            members.append(scene.start("crm-sync"))
        is_over.wait(INTERVAL)
    is_over.set()
    sender.join()
    scene.send(records[len(sent) :])
    scene.until_folded(TOPIC, seconds=120)
    scene.until_relayed()
    eventually(lambda: all(member.is_ready() for member in members), 60)
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, COUNT, DEALER)
