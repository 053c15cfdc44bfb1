"""What a fetch brought is read once, and let go of at once."""

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ref

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_UNCOMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from hub.stream.fetched import Records
from hub.stream.header_names import _Fetched, _Records, tolerate


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def fetched(kind: type[Any]) -> Any:
    tolerate()
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 100_000)
    for offset in range(3):
        builder.append(offset, 1_000 + offset, b"C1", b"{}", [])
    return kind(TopicPartition("x", 0), _Fetched(bytes(builder.build())), [], 0, None, None, True, READ_UNCOMMITTED)


@pytest.mark.parametrize("kind", [Records, _Records])
@pytest.mark.usefixtures("no_collector")
def test_what_is_thrown_away_half_read_leaves_no_bytes_behind(kind: type[Any]) -> None:
    """A lane that has enough makes the client throw away and fetch again, many times a second."""
    records = fetched(kind)
    assert next(records).offset == 0
    left = ref(records), ref(records._records)
    del records
    assert [what() for what in left] == [None, None]


def test_a_fetch_is_read_to_its_end() -> None:
    records = fetched(_Records)
    assert [(one.offset, one.timestamp, one.key, one.value) for one in records] == [(n, 1_000 + n, b"C1", b"{}") for n in range(3)]
    assert records.next_fetch_offset == 3
