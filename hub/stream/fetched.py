"""What a fetch brought, as tuples of what a record is judged by: aiokafka's own objects take three times the memory."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from weakref import proxy

from aiokafka.consumer.fetcher import PartitionRecords  # its own, which `header_names` puts another in the place of


class Fetched(NamedTuple):
    """A record as Kafka hands it over; `timestamp` is the broker's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Records(PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    """The records of one partition that a fetch brought, with its megabyte of bytes: gone at once where they are thrown away half read.

    aiokafka's reading holds on to what it reads for: a circle, and nobody looks for circles for hours in a process that makes few.
    """

    def __init__(self, *fetched: Any, **how: Any) -> None:  # noqa: ANN401 - aiokafka's
        super().__init__(*fetched, **how)
        self._headers: dict[tuple[str, bytes | None], tuple[str, bytes | None]] = {}

    def _unpack_records(self) -> Iterator[Fetched]:
        return iter(PartitionRecords._unpack_records(proxy(self)))

    def _consumer_record(self, partition: Any, record: Any) -> Fetched:  # noqa: ANN401 - aiokafka's
        alike = self._headers.setdefault  # most headers say the same in every record of a sender: they are kept once
        said = record.headers
        headers = tuple(map(alike, said, said))
        return Fetched(partition[0], partition[1], record.offset, record.timestamp, record.key, record.value, headers)
