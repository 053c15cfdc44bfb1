"""What a fetch brought is read once, and let go of at once."""

import gc
from collections.abc import Iterator, Sequence
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


def fetched(kind: type[Any], headers: Sequence[tuple[str, bytes]] = ()) -> Any:
    tolerate()
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 100_000)
    for offset in range(3):
        builder.append(offset, 1_000 + offset, b"C1", b"{}", list(headers))
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


def test_headers_that_say_the_same_are_kept_once() -> None:
    said = ("ce_type", b"hub.customer.recorded.v1"), ("ce_source", b"/dealers/ber-01")
    first, *others = fetched(_Records, said)
    assert first.headers == said
    assert all(mine is theirs for other in others for mine, theirs in zip(first.headers, other.headers, strict=True))
