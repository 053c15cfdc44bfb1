"""What a fetch brought, as tuples of what a record is judged by: aiokafka's own objects take three times the memory."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka.consumer import fetcher


class Fetched(NamedTuple):
    """A record as Kafka hands it over; `timestamp` is the broker's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Records(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    """The records of one partition that a fetch brought."""

    def _consumer_record(self, partition: Any, record: Any) -> Fetched:  # noqa: ANN401 - aiokafka's
        return Fetched(partition[0], partition[1], record.offset, record.timestamp, record.key, record.value, tuple(record.headers))
