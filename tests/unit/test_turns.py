"""Partitions take turns: a flood costs its own partition time, who is slow has nobody with it, and no partition is in two hands."""

import asyncio
from collections.abc import Sequence

import pytest

from hub.stream.company import LONG_SECONDS
from hub.stream.slips import Stored
from hub.stream.turns import Turns

FLOOD, CALM, THIRD = ("dealer.flood.events", 0), ("dealer.calm.events", 0), ("dealer.third.events", 0)


def run(where: tuple[str, int], first: int, count: int) -> list[Stored]:
    return [Stored(*where, offset, 0, b"k", b"", ()) for offset in range(first, first + count)]


def queued(lanes: int = 1, most: int = 500, **counts: int) -> Turns:
    """A queue with so many records of each dealer."""
    turns = Turns(lanes, most)
    for dealer, count in counts.items():
        turns.put((f"dealer.{dealer}.events", 0), run((f"dealer.{dealer}.events", 0), 0, count))
    return turns


def counts(turns: Turns, lane: int = 0) -> dict[str, int]:
    """What the lane takes next, by dealer; it stays in its hands."""
    return {topic.split(".")[1]: len(records) for (topic, _), records in turns.take(lane).items()}


def next_counts(turns: Turns) -> dict[str, int]:
    """What the only lane takes next; it is given back at once."""
    taken = counts(turns)
    turns.give_back(0)
    return taken


def test_who_comes_with_a_flood_is_not_in_one_batch_with_it() -> None:
    turns = queued(flood=1500, calm=3, third=4)
    assert [next_counts(turns) for _ in range(4)] == [{"flood": 500}, {"calm": 3, "third": 4}, {"flood": 500}, {"flood": 500}]
    assert turns.size == 0


def test_whoever_is_behind_a_flood_in_the_queue_leaves_it_for_the_next_batch() -> None:
    turns = queued(calm=3, flood=1500, third=4)
    assert [next_counts(turns) for _ in range(2)] == [{"calm": 3, "third": 4}, {"flood": 500}]


def test_each_partition_comes_to_its_turn_though_there_are_more_than_a_batch_holds() -> None:
    turns = queued(most=10, **{f"d-{number}": 4 for number in range(25)})
    seen = [set(next_counts(turns)) for _ in range(13)]
    assert set.union(*seen) == {f"d-{number}" for number in range(25)}
    assert turns.size == 0


def test_a_thousand_partitions_that_say_little_share_batches() -> None:
    turns = queued(lanes=3, **{f"d-{number}": 1 for number in range(1000)})
    assert [len(counts(turns, lane)) for lane in range(3)] == [333, 333, 334]


def test_free_lanes_share_what_is_much_and_leave_to_one_what_is_little() -> None:
    turns = queued(lanes=3, a=200, b=200, c=200)
    assert [counts(turns, lane) for lane in range(3)] == [{"a": 200}, {"b": 200}, {"c": 200}]
    turns = queued(lanes=3, a=2, b=2, c=2)
    assert counts(turns) == {"a": 2, "b": 2, "c": 2}


def test_records_keep_their_order_and_all_of_them_are_taken_once() -> None:
    turns, offsets = Turns(1, 7), dict[tuple[str, int], list[int]]()
    for first in range(0, 60, 20):
        turns.put(FLOOD, run(FLOOD, first, 20))
        turns.put(CALM, run(CALM, first, 20))
    while turns.size:
        for where, records in turns.take(0).items():
            offsets.setdefault(where, []).extend(record.offset for record in records)
        turns.give_back(0)
    assert offsets == {FLOOD: list(range(60)), CALM: list(range(60))}


def test_who_has_more_waiting_than_all_others_together_is_in_no_batch_with_them() -> None:
    turns = queued(calm=20, flood=60, third=30)
    assert [next_counts(turns) for _ in range(2)] == [{"calm": 20, "third": 30}, {"flood": 60}]
    turns = queued(flood=60, calm=20, third=30)
    assert [next_counts(turns) for _ in range(2)] == [{"flood": 60}, {"calm": 20, "third": 30}]
    turns = queued(flood=25, calm=1)
    assert next_counts(turns) == {"flood": 25, "calm": 1}


async def test_what_a_lane_has_in_hand_no_other_takes_more_of() -> None:
    turns = queued(lanes=2, calm=3)
    assert counts(turns, 0) == {"calm": 3}
    turns.put(CALM, run(CALM, 3, 2))
    assert not turns.take(1)
    turns.give_back(0)
    async with asyncio.timeout(5):
        await turns.wait(1)
    assert [record.offset for record in turns.take(1)[CALM]] == [3, 4]


async def test_of_free_lanes_the_first_looks_first() -> None:
    turns, looked = Turns(3, 500), list[int]()

    async def look(lane: int) -> None:
        await turns.wait(lane)
        looked.append(lane)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for lane in (1, 2, 0):
            tasks.create_task(look(lane))
        await asyncio.sleep(0)
        turns.put(CALM, run(CALM, 0, 1))
    assert looked == [0, 1, 2]


async def test_little_waits_for_the_end_of_as_little_and_is_taken_with_what_came_meanwhile() -> None:
    turns = queued(lanes=2, a=1)
    assert counts(turns, 0) == {"a": 1}
    turns.put(CALM, run(CALM, 0, 2))
    assert not turns.take(1)
    turns.put(THIRD, run(THIRD, 0, 3))
    assert not turns.take(1)
    turns.give_back(0)
    assert counts(turns, 1) == {"calm": 2, "third": 3}


async def test_little_waits_no_longer_than_the_other_should_have_taken() -> None:
    now = [0.0]
    turns = Turns(2, 500, lambda: now[0])
    turns.put(CALM, run(CALM, 0, 2))
    assert counts(turns, 0) == {"calm": 2}
    turns.put(THIRD, run(THIRD, 0, 3))
    assert not turns.take(1)
    now[0] = LONG_SECONDS
    async with asyncio.timeout(5):
        await turns.wait(1)
    assert counts(turns, 1) == {"third": 3}


@pytest.mark.parametrize(("in_hand", "waiting"), [(1, 33), (33, 1), (500, 1)], ids=["much", "behind much", "behind a flood"])
def test_what_is_much_does_not_wait_and_nobody_waits_for_whoever_says_much(in_hand: int, waiting: int) -> None:
    turns = queued(lanes=2, flood=in_hand)
    assert counts(turns, 0) == {"flood": in_hand}
    turns.put(CALM, run(CALM, 0, waiting))
    assert counts(turns, 1) == {"calm": waiting}


def test_nobody_waits_for_the_slow_and_the_slow_for_nobody() -> None:
    turns = queued(lanes=3, flood=1)
    slow(turns, "flood", "third")
    assert counts(turns, 0) == {"flood": 1}
    turns.put(CALM, run(CALM, 0, 1))
    assert counts(turns, 1) == {"calm": 1}
    turns.put(THIRD, run(THIRD, 0, 1))
    assert counts(turns, 2) == {"third": 1}


@pytest.mark.parametrize("firsts", [(0, 11), (0, 10, 21)])
def test_what_is_missing_between_two_polls_begins_a_batch_of_its_own(firsts: Sequence[int]) -> None:
    turns = Turns(1, 500)
    for first in firsts:
        turns.put(FLOOD, run(FLOOD, first, 10))
    turns.put(CALM, run(CALM, 0, 10))
    for offsets in (range(10 * (len(firsts) - 1)), range(firsts[-1], firsts[-1] + 10)):
        assert [record.offset for record in turns.take(0)[FLOOD]] == list(offsets)
        turns.give_back(0)


def test_what_was_dropped_is_gone_and_nothing_else() -> None:
    turns = queued(flood=100, calm=5)
    turns.drop({FLOOD, THIRD})
    assert turns.size == 5
    assert counts(turns) == {"calm": 5}


def test_what_was_dropped_out_of_a_lanes_hands_it_may_not_try_again_until_it_takes_it_anew() -> None:
    turns = queued(lanes=2, flood=10)
    turns.take(0)
    assert not turns.was_dropped(FLOOD)
    turns.drop({FLOOD})
    assert turns.was_dropped(FLOOD)
    turns.put(FLOOD, run(FLOOD, 0, 10))
    assert not turns.take(1)  # the transaction under way may still end
    turns.give_back(0)
    assert counts(turns, 1) == {"flood": 10}
    assert not turns.was_dropped(FLOOD)


def slow(turns: Turns, *dealers: str) -> None:
    """As if transactions of these had been slow, one by one."""
    for _ in range(15):
        turns.company.note([], 20, 0.005)
    for dealer in dealers:
        turns.company.note([(f"dealer.{dealer}.events", 0)], 20, 0.4)


def test_who_is_slow_goes_alone_and_the_others_together() -> None:
    turns = queued(calm=3, flood=4, third=5)
    slow(turns, "flood")
    assert [next_counts(turns) for _ in range(2)] == [{"calm": 3, "third": 5}, {"flood": 4}]


def test_of_the_slow_no_more_is_taken_than_is_soon_done() -> None:
    turns = queued(flood=40)
    slow(turns, "flood")
    assert [next_counts(turns) for _ in range(4)] == [{"flood": 12}] * 3 + [{"flood": 4}]


def test_the_slow_do_not_take_the_last_lane_however_many_they_are() -> None:
    turns = queued(lanes=3, a=5, b=5, c=5, d=5)
    slow(turns, "a", "b", "c", "d")
    assert [counts(turns, lane) for lane in (0, 1)] == [{"a": 5}, {"b": 5}]
    assert not turns.take(2)
    turns.put(CALM, run(CALM, 0, 1))
    assert counts(turns, 2) == {"calm": 1}
    turns.give_back(0)
    assert counts(turns, 0) == {"c": 5}


def test_who_may_be_slow_is_no_reason_to_keep_the_last_lane_free() -> None:
    turns = queued(lanes=2, a=5, b=5)
    slow(turns, "a")
    turns.company.note([("dealer.b.events", 0), CALM], 20, 2.0)
    assert [counts(turns, lane) for lane in (0, 1)] == [{"a": 5}, {"b": 5}]


def test_where_there_is_one_lane_the_slow_have_their_turns_in_it() -> None:
    turns = queued(a=5, b=5)
    slow(turns, "a", "b")
    assert [next_counts(turns) for _ in range(2)] == [{"a": 5}, {"b": 5}]


def test_a_lane_keeps_waiting_what_is_behind_its_hands_or_all_it_could_take() -> None:
    turns = queued(lanes=2, flood=700, calm=3)
    assert counts(turns, 0) == {"flood": 500}
    assert (turns.waiting_for(0), turns.waiting_for(1)) == (200, 3)
    assert counts(turns, 1) == {"calm": 3}
    assert (turns.waiting_for(0), turns.waiting_for(1)) == (200, 0)


def test_it_has_enough_of_one_at_a_batch_and_of_all_at_four_a_lane() -> None:
    turns = queued(lanes=2, most=10, flood=9, calm=60)
    assert not turns.has_enough(FLOOD)
    assert not turns.is_full
    turns.put(FLOOD, run(FLOOD, 9, 11))
    assert turns.has_enough(FLOOD)
    assert not turns.has_enough(THIRD)
    assert turns.is_full
