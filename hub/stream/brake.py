"""The brake: a topic that turns to poison is not poured into the dead letters."""

from collections import defaultdict

from hub.state.offsets import TopicPartition
from hub.stream.outcome import Applied, Outcome


class Brake:
    """Counts dead letters in a row per partition; good news lets go, too many in a row stop the partition.

    It counts in memory: a restarted process tries again.
    """

    def __init__(self, most_in_a_row: int) -> None:
        self._most = most_in_a_row
        self._row: dict[TopicPartition, int] = defaultdict(int)

    def note(self, applied: Applied) -> list[TopicPartition]:
        """Take in a committed batch; returns the partitions that must stop now."""
        if Outcome.DEAD not in applied.outcomes.values() and not any(self._row.values()):
            return []
        stopped = []
        for (topic, partition, _), outcome in sorted(applied.outcomes.items()):
            where = topic, partition
            if outcome is Outcome.DEAD:
                self._row[where] += 1
                if self._row[where] == self._most:
                    stopped.append(where)
            elif outcome in {Outcome.HANDLED, Outcome.WAITING, Outcome.IGNORED}:
                self._row[where] = 0
        return stopped

    def release(self, partition: TopicPartition) -> None:
        """Start counting anew."""
        self._row.pop(partition, None)
