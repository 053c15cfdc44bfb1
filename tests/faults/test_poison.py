"""A dealer whose every record is poison stops its own partition, and nobody else's."""

import pytest

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sale, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
MOST = 40
COUNT = 300


def test_the_brake_stops_one_partition_and_the_others_go_on(scene: Scene) -> None:
    scene.is_cut_short = True
    poison = [record._replace(value=b'{"stage": ') for record in sales(COUNT // 3)]
    other = scene.add_dealer("muc-02")
    scene.start("relay")
    consumer = scene.start("crm-sync", brake_dead_in_a_row=MOST, batch_records=10).until_ready()
    scene.send(poison)
    scene.send(sales(50, "muc-02"))
    eventually(lambda: consumer.why_not_ready() == ["brake"], 40)
    scene.until_folded(other)
    scene.until_relayed()
    dead = scene.dead()
    assert MOST <= len(dead) < COUNT, "the topic was poured out"
    assert [letter["offset"] for letter in dead] == list(range(len(dead)))
    assert {(letter["topic"], letter["principal"]) for letter in dead} == {(TOPIC, f"dealer:{DEALER}")}
    assert scene.next_offset(TOPIC) == len(dead)
    assert len(scene.read(f"dealer.{DEALER}.feed")) == len(dead)
    assert consumer.is_alive()
    assert consumer.metric("hub_partitions_halted", reason="brake") == 1
    assert_all_won(scene, 50, "muc-02")


@pytest.mark.thorough
def test_poison_first_in_the_middle_and_last_costs_only_itself(scene: Scene) -> None:
    good = sales(20)
    lone = sale("O-poison")[0]
    bad = [lone._replace(value=value, key=f"P-{number}".encode()) for number, value in enumerate((None, b"", b"{", b"[]", b"x" * 2_001))]
    consumer = scene.start("crm-sync", max_record_bytes=2_000).until_ready()
    scene.start("relay")
    scene.send([bad[0], *good[:30], *bad[1:4], *good[30:], bad[4]])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_all_won(scene, 20, DEALER)
    assert [(letter["offset"], letter["reason"]) for letter in scene.dead()] == [
        (0, "envelope"),
        (31, "schema"),
        (32, "schema"),
        (33, "schema"),
        (64, "too_large"),
    ]
    assert len(scene.read(f"dealer.{DEALER}.feed")) == len(bad)
    assert consumer.is_ready()
