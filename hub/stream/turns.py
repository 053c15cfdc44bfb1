"""What polls brought, until a lane takes it: partitions take turns, and each is in the hands of one lane at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from time import monotonic

from hub.state.offsets import TopicPartition
from hub.stream.company import LONG_SECONDS, Company
from hub.stream.record import Raw

_FEW = 32
"""So few records are one batch, even where lanes are free, and wait for the end of one that is as small: a transaction has its price."""


class Turns:
    """The queue of all lanes of a group, which are known here by their numbers.

    Whichever lane is free takes the next batch. What a lane has in hand of a partition is committed, or given up, before
    another can take more of it: so each partition's records are folded in their order. `gaps` are the partitions that were
    fetched again because something was missing, and where what was fetched began.
    """

    def __init__(self, lanes: int, most_records: int, clock: Callable[[], float] = monotonic) -> None:
        self.size = 0
        self.company = Company()
        self.gaps: dict[TopicPartition, int] = {}
        self._most = most_records
        self._runs: dict[TopicPartition, deque[Sequence[Raw]]] = {}
        self._hands: dict[int, Collection[TopicPartition]] = {}
        self._slow: set[int] = set()
        self._soon: dict[int, float] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._clock = clock
        self._dropped: set[TopicPartition] = set()
        self._wakes = [asyncio.Event() for _ in range(lanes)]

    @property
    def is_full(self) -> bool:
        """Whether four batches a lane wait already: memory is bounded, however many partitions there are."""
        return self.size >= 4 * self._most * len(self._wakes)

    def has_enough(self, partition: TopicPartition) -> bool:
        """Whether a batch of this partition alone waits already: its flood must not keep the others from being fetched."""
        return self.size_of(partition) >= self._most

    def size_of(self, partition: TopicPartition) -> int:
        """How many records of a partition are queued."""
        return sum(len(run) for run in self._runs.get(partition, ()))

    def waiting_for(self, lane: int) -> int:
        """How many records wait for this lane: behind those that it has in hand, or, where its hands are empty, all that it may take."""
        return sum(map(self.size_of, self._hands.get(lane) or self._ready()))

    def put(self, partition: TopicPartition, records: Sequence[Raw]) -> None:
        """Queue what a poll brought of a partition; the caller polls no more of one that `has_enough`, and pauses all while `is_full`."""
        self._runs.setdefault(partition, deque()).append(records)
        self.size += len(records)
        self._wake()

    def drop(self, partitions: set[TopicPartition]) -> None:
        """Forget what is queued of these; what a lane has of them in hand it must not try again."""
        for partition in partitions & self._runs.keys():
            self.size -= self.size_of(partition)
            del self._runs[partition]
        self._dropped |= partitions

    def was_dropped(self, partition: TopicPartition) -> bool:
        """Whether a partition was dropped since it was taken."""
        return partition in self._dropped

    async def wait(self, lane: int) -> None:
        """Until there may be something to take."""
        await self._wakes[lane].wait()

    def take(self, lane: int) -> dict[TopicPartition, list[Raw]]:
        """The next batch, empty where nothing may be taken; nobody else has more of its partitions until it is given back."""
        ready = self._ready()
        chosen = [] if self._is_soon_taken(ready) else self._choose(ready)
        if not chosen:
            self._wakes[lane].clear()
            return {}
        self._hands[lane] = chosen
        self._dropped.difference_update(chosen)
        taken = {partition: self._pull(partition) for partition in chosen}
        if self.company.is_slow(chosen[0]):
            self._slow.add(lane)
        elif sum(map(len, taken.values())) <= _FEW:
            self._soon[lane] = self._clock() + LONG_SECONDS
        return taken

    def give_back(self, lane: int) -> None:
        """The lane is done with what it took."""
        del self._hands[lane]
        self._slow.discard(lane)
        self._soon.pop(lane, None)
        self._wake()

    def _is_soon_taken(self, ready: Sequence[TopicPartition]) -> bool:
        """Whether little waits, and a lane will soon be done with as little: it takes this along with what comes meanwhile.

        If that lane is not, the others look again when it should have been.
        """
        if not ready or self.company.is_slow(ready[0]) or sum(map(self.size_of, ready)) > _FEW:
            return False
        now = self._clock()
        left = max(self._soon.values(), default=now) - now
        if left <= 0:
            return False
        if self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_later(left, self._look)
        return True

    def _look(self) -> None:
        self._alarm = None
        self._wake()

    def _choose(self, ready: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Whoever has waited longest, with those who may be in one transaction with it.

        Free lanes share what waits. A partition that does not fit in whole, or has more than all others together, waits for a
        lane of its own: nobody is in one transaction with a flood.
        """
        if not ready:
            return []
        total, free = sum(map(self.size_of, ready)), len(self._wakes) - len(self._hands)
        room, flood = min(self._most, max(_FEW, total // free)), max(_FEW, total // 2)
        company = self.company.most(ready[0])
        chosen: list[TopicPartition] = []
        for partition in ready:
            if room <= 0 or len(chosen) == company:
                break
            size = self.size_of(partition)
            if self.company.most(partition) == company and (size <= min(room, flood) or not chosen):
                chosen.append(partition)
                room -= size if size <= flood else room
        return chosen

    def _ready(self) -> list[TopicPartition]:
        """What a lane may take now, whoever has waited longest first. The slow never take the last lane, unless it is the only one."""
        held, has_room = self._held(), len(self._slow) < max(1, len(self._wakes) - 1)
        return [partition for partition in self._runs if partition not in held and (has_room or not self.company.is_slow(partition))]

    def _held(self) -> set[TopicPartition]:
        return set().union(*self._hands.values())

    def _pull(self, partition: TopicPartition) -> list[Raw]:
        """A batch of its records that follow each other: what is missing between two polls must show as a gap of its own."""
        runs, pulled = self._runs.pop(partition), list[Raw]()
        most = min(self._most, self.company.most_records(partition))
        while runs and len(pulled) < most and (not pulled or runs[0][0].offset == pulled[-1].offset + 1):
            run, room = runs.popleft(), most - len(pulled)
            pulled += run[:room]
            if len(run) > room:
                runs.appendleft(run[room:])
        if runs:
            self._runs[partition] = runs  # at the end: whoever has more waits until the others had their turn
        self.size -= len(pulled)
        return pulled

    def _wake(self) -> None:
        """Let all lanes look, the first of them first: one connection that is warm does the work of little."""
        for wake in self._wakes:
            wake.set()
