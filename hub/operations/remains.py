"""What is really left to be read: behind the markers that Kafka's transactions leave, or what was taken back, there may be no record."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain, zip_longest
from time import monotonic
from typing import NamedTuple

from confluent_kafka import KafkaError, TopicPartition

from hub.operations.cluster import Cluster

_MOST = 1_000
_QUIET = timedelta(seconds=2)
_PATIENCE_SECONDS = 3.0


class Tail(NamedTuple):
    """What the log still has for a consumer that stands at `offset`."""

    topic: str
    partition: int
    offset: int


def tails(standing: Iterable[tuple[Tail, int, datetime]]) -> set[Tail]:
    """Those worth a look, of each its end and when it last moved: few offsets are left, and nobody has touched them for a moment."""
    now = datetime.now(UTC)
    return {tail for tail, end, moved_at in standing if 0 < end - tail.offset <= _MOST and now - moved_at > _QUIET}


def without_records(cluster: Cluster, looked_at: Iterable[Tail]) -> set[Tail]:
    """Those of these in which there is no record; one that nobody answers for within a moment counts as if there were."""
    places: dict[tuple[str, int], list[Tail]] = {}
    for tail in sorted(looked_at):
        places.setdefault((tail.topic, tail.partition), []).append(tail)
    turns = zip_longest(*places.values())  # a reader is at one offset of a partition at a time
    return set(chain.from_iterable(_look(cluster, [tail for tail in turn if tail]) for turn in turns))


def _look(cluster: Cluster, turn: list[Tail]) -> set[Tail]:
    open_ends, empty = {(tail.topic, tail.partition): tail for tail in turn}, set()
    with cluster.consumer() as consumer:
        consumer.assign([TopicPartition(*tail) for tail in turn])
        until = monotonic() + _PATIENCE_SECONDS
        while open_ends and monotonic() < until:
            for message in consumer.consume(_MOST, 0.3):
                tail, error = open_ends.pop((message.topic() or "", message.partition() or 0), None), message.error()
                if tail is not None and error is not None and error.code() == KafkaError._PARTITION_EOF:
                    empty.add(tail)
    return empty
