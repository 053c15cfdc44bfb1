"""A lane's queue, in which partitions take turns: nobody waits behind another's flood."""

from collections import deque
from collections.abc import Sequence

from hub.state.offsets import TopicPartition
from hub.stream.record import Raw


class Turns:
    """What polls brought, by partition, each partition's in its order."""

    def __init__(self) -> None:
        self.size = 0
        self._runs: dict[TopicPartition, deque[Sequence[Raw]]] = {}

    def put(self, partition: TopicPartition, records: Sequence[Raw]) -> None:
        """Queue what one poll brought of a partition."""
        self._runs.setdefault(partition, deque()).append(records)
        self.size += len(records)

    def size_of(self, partition: TopicPartition) -> int:
        """How many records of a partition are queued."""
        return sum(len(run) for run in self._runs.get(partition, ()))

    def drop(self, partitions: set[TopicPartition]) -> None:
        """Forget what is queued of these."""
        for partition in partitions & self._runs.keys():
            self.size -= self.size_of(partition)
            del self._runs[partition]

    def take(self, most: int) -> dict[TopicPartition, list[Raw]]:
        """The next batch: of each partition an equal share, and of what some leave over the others' more.

        A partition's records follow each other in it: what is missing between two polls must show as a gap of its own.
        Whoever has more goes to the end of the queue, so that all come to their turn however many there are.
        """
        taken: dict[TopicPartition, list[Raw]] = {}
        room, turn = most, list(self._runs)
        while room and turn:
            share, again = max(1, room // len(turn)), []
            for partition in turn:
                if not room:
                    break
                found = self._next(partition, min(share, room), taken.get(partition))
                taken.setdefault(partition, []).extend(found)
                room -= len(found)
                if found and partition in self._runs:
                    again.append(partition)
            turn = again
        for partition in taken:
            if partition in self._runs:
                self._runs[partition] = self._runs.pop(partition)
        self.size -= most - room
        return taken

    def _next(self, partition: TopicPartition, most: int, before: Sequence[Raw] | None) -> Sequence[Raw]:
        runs = self._runs[partition]
        run = runs[0]
        if before and run[0].offset != before[-1].offset + 1:
            return ()
        if len(run) > most:
            runs[0] = run[most:]
            return run[:most]
        runs.popleft()
        if not runs:
            del self._runs[partition]
        return run
