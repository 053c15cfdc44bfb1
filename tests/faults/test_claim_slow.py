"""Kafka has given a partition and delivers from it; the database has not yet said where to go on."""

from types import SimpleNamespace
from typing import Any

import pytest

from hub.local.postgres import Postgres
from hub.stream.group import Group
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.proxy import Proxy
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


def test_what_comes_before_the_claim_is_folded_after_it(scene: Scene, postgres: Postgres) -> None:
    records, others = sales(40), sales(5, "muc-02")
    with Proxy(postgres.port) as proxy:
        through = scene.database.url.replace(f":{postgres.port}/", f":{proxy.port}/")
        scene.start("relay")
        consumer = scene.start("crm-sync", database_url=through, command_timeout_ms=60_000).until_ready()
        scene.send(records[:60])
        scene.until_folded(TOPIC)
        proxy.speaks.clear()
        other = scene.add_dealer("muc-02")
        scene.send(others)
        eventually(lambda: {TOPIC, other} <= _assigned(scene), 60)
        scene.send(records[60:])
        assert consumer.is_alive()
        assert (scene.next_offset(TOPIC), scene.next_offset(other)) == (60, -1)
        proxy.speaks.set()
        scene.until_folded(TOPIC)
        scene.until_folded(other)
        scene.until_relayed()
        consumer.until_ready()
        assert_once(scene, TOPIC, records)
        assert_once(scene, other, others)
        assert_all_won(scene, 40, DEALER)
        assert_all_won(scene, 5, "muc-02")
        consumer.terminate()


def test_a_record_that_is_delivered_before_the_claim_is_left_for_later() -> None:
    """It is fetched again: a claim begins with a seek."""
    given: list[object] = []
    group: Any = Group.__new__(Group)
    group._turns = SimpleNamespace(put=lambda *what: given.append(what), is_full=False)
    group.epochs, group.still, group._leaving, group._ages, group._is_stopping = {}, set(), set(), {}, False
    raw = SimpleNamespace(topic="x", partition=0, timestamp=0)
    group.take([raw])
    assert not given
    group.epochs["x", 0] = 1
    group.take([raw])
    assert given == [(("x", 0), [raw])]


def _assigned(scene: Scene) -> set[str]:
    """The topics of which the group's members have partitions."""
    [described] = scene.admin.describe_consumer_groups(["crm-sync"]).values()
    return {place.topic for member in described.result(10).members for place in member.assignment.topic_partitions}
