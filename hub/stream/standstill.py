"""Which of a group's partitions stand still: halted by themselves until somebody has looked, or paused by an operator."""

from collections.abc import Mapping
from time import time

from hub.state.offsets import Halt, Paused, TopicPartition
from hub.stream.brake import Brake
from hub.telemetry import Metrics, log


class Standstill:
    """Kept in step with the metrics; whoever lets a partition go gives its brake a new start too."""

    def __init__(self, consumer: str, brake: Brake, metrics: Metrics) -> None:
        self.halted: dict[TopicPartition, Halt] = {}
        self.paused: frozenset[TopicPartition] = frozenset()
        self._consumer, self._brake, self._metrics = consumer, brake, metrics

    def __contains__(self, partition: object) -> bool:
        return partition in self.halted or partition in self.paused

    def epochs(self, claimed: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """What stands still, with its epoch: it folds nothing, and so notices a new epoch only by looking."""
        return {partition: claimed[partition] for partition in self.paused | self.halted.keys() if partition in claimed}

    def halt(self, partition: TopicPartition, reason: str, **facts: int) -> None:
        """Stop one partition, loudly, once."""
        if partition not in self.halted:
            self.halted[partition] = Halt(reason, time())
            self._metrics.halted.labels(self._consumer, reason).inc()
            log.error("partition.halted", consumer=self._consumer, topic=partition[0], partition=partition[1], reason=reason, **facts)

    def let_go(self, partition: TopicPartition) -> None:
        """It may go on."""
        self._metrics.halted.labels(self._consumer, self.halted.pop(partition).reason).dec()
        self._brake.release(partition)

    def keep(self, assigned: set[TopicPartition]) -> None:
        """The others are somebody else's now."""
        for partition in self.halted.keys() - assigned:
            self.let_go(partition)
        self._pause(self.paused & assigned)

    def hear(self, paused: Paused, among: set[TopicPartition]) -> tuple[set[TopicPartition], set[TopicPartition]]:
        """What of these partitions is paused from now on; returns those that were not before, and those that no longer are."""
        now = {partition for partition in among if paused.covers(partition)}
        fresh, resumed = now - self.paused, (self.paused & among) - now
        self._pause((self.paused | fresh) - resumed)
        return fresh, set(resumed)

    def _pause(self, paused: frozenset[TopicPartition]) -> None:
        if paused != self.paused:
            log.warning("partitions.paused", consumer=self._consumer, count=len(paused))
        self.paused = paused
        self._metrics.paused.labels(self._consumer).set(len(paused))
