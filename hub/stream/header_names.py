"""Read records whose header names are not UTF-8: aiokafka's own reader fails the whole poll for one of them.

The record would be fetched again for ever, and with it die the polls of every other partition, so one sender could
stall all. Only a batch that failed is read this way, in Python; bytes that are no UTF-8 come out as they are written in Python.
"""

from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.record.util import decode_varint_py

from hub.stream.fetched import Records

_MAGIC_AT = 16
_HAS_HEADERS = 2


def tolerate() -> None:
    """From now on every consumer of this process reads such records."""
    fetcher.MemoryRecords, fetcher.PartitionRecords = _Fetched, _Records


class _Fetched(MemoryRecords):  # type: ignore[misc] # aiokafka has no types
    """What one fetch brought for a partition, with its bytes at hand for a second reading."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _Records(Records):
    """A fetch's records; goes on from the record that failed by the reader that does not fail."""

    _records: Any

    def __next__(self) -> Any:  # noqa: ANN401 - a record
        try:
            return super().__next__()
        except UnicodeDecodeError:
            self._records = _Rest(self._records.data, self.next_fetch_offset)
            self._records_iterator = self._unpack_records()
            return super().__next__()


class _Rest(_MemoryRecordsPy):  # type: ignore[misc] # aiokafka has no types
    """The batches of a fetch that hold something from an offset on."""

    def __init__(self, data: bytes, start: int) -> None:
        super().__init__(data)
        self.data = data
        while self._next_slice is not None and _Batch(self._next_slice).next_offset <= start:
            self._cache_next()

    def next_batch(self) -> Any:  # noqa: ANN401 - a batch of either format
        if self._next_slice is None or self._next_slice[_MAGIC_AT] < _HAS_HEADERS:
            return super().next_batch()
        batch = _Batch(self._next_slice)
        self._cache_next()
        return batch


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc] # aiokafka has no types
    _buffer: Any

    def _read_msg(self, _decode_varint: object = None) -> Any:  # noqa: ANN401 - a record
        if not isinstance(self._buffer, _Buffer):
            self._buffer = _Buffer(self._buffer)
        return super()._read_msg(decode_varint_py)  # the compiled one takes a plain bytearray only


class _Buffer(bytearray):
    def __getitem__(self, where: Any) -> Any:  # noqa: ANN401 - an index or a slice
        got = super().__getitem__(where)
        return _Text(got) if isinstance(where, slice) else got


class _Text(bytes):
    def decode(self, *_: str) -> str:
        return super().decode("utf-8", "backslashreplace")
