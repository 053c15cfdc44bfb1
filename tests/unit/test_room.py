"""Where the queue is full nothing more is fetched, and saying so costs once a poll."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from hub.stream.group import Group
from hub.stream.turns import Turns


@pytest.mark.parametrize(("count", "times"), [(3, 0), (4, 1), (20, 1)])
def test_a_poll_that_fills_the_queue_pauses_all_once_however_many_partitions_it_brought(count: int, times: int) -> None:
    paused: list[Collection[tuple[str, int]]] = []
    group: Any = Group.__new__(Group)
    group._turns, group._pause = Turns(1, 1), paused.append
    group.epochs = {("x", partition): 1 for partition in range(30)}
    group.still, group._leaving, group._ages, group._is_stopping = set(), set(), {}, False
    group.take([SimpleNamespace(topic="x", partition=partition, timestamp=0) for partition in range(count)])
    assert paused == [group.epochs] * times
