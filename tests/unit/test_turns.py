"""Partitions take turns in a lane: a flood costs its own partition time, and the others at most a batch."""

from collections.abc import Sequence

import pytest

from hub.stream.slips import Stored
from hub.stream.turns import Turns

FLOOD, CALM, THIRD = ("dealer.flood.events", 0), ("dealer.calm.events", 0), ("dealer.third.events", 0)


def run(where: tuple[str, int], first: int, count: int) -> list[Stored]:
    return [Stored(*where, offset, 0, b"k", b"", ()) for offset in range(first, first + count)]


def counts(turns: Turns, most: int = 500) -> dict[tuple[str, int], int]:
    return {partition: len(records) for partition, records in turns.take(most).items()}


def test_who_comes_after_a_flood_is_in_the_next_batch() -> None:
    turns = Turns()
    turns.put(FLOOD, run(FLOOD, 0, 1500))
    turns.put(CALM, run(CALM, 7, 3))
    assert counts(turns) == {FLOOD: 497, CALM: 3}
    assert (turns.size, turns.size_of(FLOOD), turns.size_of(CALM)) == (1003, 1003, 0)


def test_what_some_leave_over_others_take_and_no_batch_is_smaller_than_it_need_be() -> None:
    turns = Turns()
    for where, count in ((FLOOD, 900), (CALM, 10), (THIRD, 300)):
        turns.put(where, run(where, 0, count))
    assert counts(turns) == {FLOOD: 245, CALM: 10, THIRD: 245}
    assert counts(turns) == {FLOOD: 445, THIRD: 55}
    assert counts(turns) == {FLOOD: 210}
    assert counts(turns) == {}
    assert turns.size == 0


def test_each_partition_comes_to_its_turn_though_there_are_more_than_a_batch_holds() -> None:
    turns = Turns()
    partitions = [(f"dealer.d-{number}.events", 0) for number in range(25)]
    for where in partitions:
        turns.put(where, run(where, 0, 4))
    seen = [set(counts(turns, 10)) for _ in range(3)]
    assert set.union(*seen) == set(partitions)


def test_records_keep_their_order_and_all_of_them_are_taken_once() -> None:
    turns, offsets = Turns(), dict[tuple[str, int], list[int]]()
    for first in range(0, 60, 20):
        turns.put(FLOOD, run(FLOOD, first, 20))
        turns.put(CALM, run(CALM, first, 20))
    while batch := turns.take(7):
        for where, records in batch.items():
            offsets.setdefault(where, []).extend(record.offset for record in records)
    assert offsets == {FLOOD: list(range(60)), CALM: list(range(60))}


@pytest.mark.parametrize("firsts", [(0, 11), (0, 10, 21)])
def test_what_is_missing_between_two_polls_begins_a_batch_of_its_own(firsts: Sequence[int]) -> None:
    turns = Turns()
    for first in firsts:
        turns.put(FLOOD, run(FLOOD, first, 10))
    turns.put(CALM, run(CALM, 0, 10))
    offsets = [record.offset for record in turns.take(500)[FLOOD]]
    assert offsets == list(range(10 * (len(firsts) - 1)))
    assert [record.offset for record in turns.take(500)[FLOOD]] == list(range(firsts[-1], firsts[-1] + 10))


def test_what_was_dropped_is_gone_and_nothing_else() -> None:
    turns = Turns()
    turns.put(FLOOD, run(FLOOD, 0, 100))
    turns.put(CALM, run(CALM, 0, 5))
    turns.drop({FLOOD, THIRD})
    assert turns.size == 5
    assert counts(turns) == {CALM: 5}
