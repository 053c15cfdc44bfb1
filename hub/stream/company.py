"""Who may be in a transaction with whom: all that are in it wait for its end, so whoever is slow goes alone."""

import sys
from collections import deque
from collections.abc import Collection
from statistics import median

from hub.state.offsets import TopicPartition
from hub.telemetry import log

LONG_SECONDS = 0.015
"""What takes less keeps nobody waiting for long, whoever is in it."""
_SLOW_TIMES, _CLEAR_TIMES = 4, 2
"""What costs so many times as much as usual is slow, and is so until it costs no more than so many times as much."""
_BESIDES = 30
"""A transaction of one record costs about as much as this one and so many more would in a large one."""
_LATEST = 15
"""What the latest so many transactions cost is usual."""
_SLOW_SECONDS = 0.25
"""About as long a transaction of a slow one takes: to fold all that waits of it at once would keep the other lanes from the processor."""


class Company:
    """How many partitions may be in a transaction, by the partitions that may be in it.

    Which of them made a transaction slow nobody can see. So all of them get half the company, until whoever is slow is alone; one
    transaction that costs what is usual clears all that were in it. Slow is what costs more than the others do: where the database
    is slow for everybody, nobody is, and batches stay as large as they are.
    """

    def __init__(self) -> None:
        self._most: dict[TopicPartition, int] = {}
        self._slow: dict[TopicPartition, float] = {}
        self._costs: deque[float] = deque(maxlen=_LATEST)

    def most(self, partition: TopicPartition) -> int:
        """How many partitions may be in a transaction that this one is in."""
        return self._most.get(partition, sys.maxsize)

    def is_slow(self, partition: TopicPartition) -> bool:
        """Whether this one was slow all alone."""
        return partition in self._slow

    def most_records(self, partition: TopicPartition) -> int:
        """How many records of this one may be in a transaction, whatever else bounds it."""
        seconds = self._slow.get(partition)
        return sys.maxsize if seconds is None else max(1, int(_SLOW_SECONDS / seconds))

    def note(self, partitions: Collection[TopicPartition], records: int, seconds: float) -> None:
        """Take in how long a transaction took that so many records of these partitions were in."""
        cost = seconds / (records + _BESIDES)
        usual = median(self._costs or [cost])
        self._costs.append(cost)
        if seconds > LONG_SECONDS and cost > _SLOW_TIMES * usual:
            log.debug("batch.slow", partitions=len(partitions), records=records, seconds=round(seconds, 3))
            self._most |= dict.fromkeys(partitions, max(1, len(partitions) // 2))
            if len(partitions) == 1:
                self._slow |= dict.fromkeys(partitions, seconds / records)
        elif cost <= _CLEAR_TIMES * usual:
            for partition in partitions:
                self._most.pop(partition, None)
                self._slow.pop(partition, None)
        else:  # what it costs by now: else one bad moment would bound it for as long as it is no better than this
            self._slow |= dict.fromkeys(self._slow.keys() & set(partitions), seconds / records)
