"""Read the topics of a replay as one stream in the order of the broker's clock, each partition's own order kept."""

import heapq
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from contracts import topics
from hub.errors import HubError, Unavailable
from hub.state.offsets import TopicPartition
from hub.state.replayed import Bound
from hub.stream.header_names import tolerate
from hub.stream.record import Raw

_PATIENCE = 60.0
_POLL_MS = 500
_MEMORY = 64 * 1024 * 1024
_LEAST_FETCH, _MOST_FETCH = 32 * 1024, 1024 * 1024

_RANK = {topics.OEM_BASE.name: 0, topics.ACTS.name: 2, topics.TIMERS.name: 2}
"""At the same moment base data comes first; acts and timers come last: they speak of what the hub had read."""


@asynccontextmanager
async def log_reader(options: Mapping[str, Any], partitions: int) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer as the live ones have it, but without a group: it is given partitions, and commits nothing."""
    tolerate()
    fetch = max(_LEAST_FETCH, min(_MOST_FETCH, _MEMORY // max(1, partitions)))
    kafka = AIOKafkaConsumer(
        **options,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        max_partition_fetch_bytes=fetch,
    )
    await kafka.start()
    try:
        yield kafka
    finally:
        await kafka.stop()


async def bounds(
    kafka: AIOKafkaConsumer,
    live: Mapping[tuple[str, str, int], int],
    there: set[TopicPartition],
    begin: datetime | None,
    until: datetime | None,
) -> list[Bound]:
    """What to read for each consumer: from the log's start, or the first record at `begin`, up to the live offset or `until`.

    Raises HubError where the store is ahead of the log: then the topic is not the one that was folded.
    """
    handles = [KafkaPartition(*partition) for partition in sorted({(topic, at) for _, topic, at in live} & there)]
    begins, ends = await kafka.beginning_offsets(handles), await kafka.end_offsets(handles)
    firsts = await _at(kafka, handles, begin)
    lasts = await _at(kafka, handles, until)
    found = []
    for (consumer, topic, partition), next_offset in sorted(live.items()):
        handle = KafkaPartition(topic, partition)
        if handle not in begins:
            found.append(Bound(consumer, topic, partition, next_offset, next_offset, next_offset, next_offset))
            continue
        if next_offset > ends[handle]:
            raise HubError(
                f"{topic}[{partition}] ends at {ends[handle]}, and {consumer} has folded up to {next_offset}: the log is not the one"
                " that it folded (docs/operations.md, An impossible offset)"
            )
        start = max(begins[handle], firsts.get(handle, begins[handle]))
        stop = min(next_offset, lasts.get(handle, next_offset))
        found.append(Bound(consumer, topic, partition, begins[handle], start, max(start, stop), next_offset))
    return found


async def _at(kafka: AIOKafkaConsumer, handles: list[KafkaPartition], moment: datetime | None) -> dict[KafkaPartition, int]:
    """The first offset at or after a moment; the end where there is none yet."""
    if moment is None or not handles:
        return {}
    millis = int(moment.timestamp() * 1000)
    found = await kafka.offsets_for_times(dict.fromkeys(handles, millis))
    ends = await kafka.end_offsets(handles)
    return {handle: found[handle].offset if found.get(handle) else ends[handle] for handle in handles}


async def merged(kafka: AIOKafkaConsumer, spans: Mapping[TopicPartition, tuple[int, int]]) -> AsyncIterator[Raw]:
    """The records of every span (from, up to before), oldest first; raises Unavailable where none come any more."""
    stream = _Merge(kafka, {KafkaPartition(*partition): span for partition, span in spans.items() if span[0] < span[1]})
    await stream.begin()
    while (raw := await stream.next()) is not None:
        yield raw


class _Merge:
    """Holds the next records of every partition, so that the oldest of all is known."""

    def __init__(self, kafka: AIOKafkaConsumer, spans: Mapping[KafkaPartition, tuple[int, int]]) -> None:
        self._kafka, self._spans = kafka, spans
        self._queues: dict[KafkaPartition, deque[Raw]] = {handle: deque() for handle in spans}
        self._clocks: dict[KafkaPartition, int] = dict.fromkeys(spans, 0)
        self._heads: list[tuple[int, int, KafkaPartition]] = []
        self._lacking = set(spans)

    async def begin(self) -> None:
        self._kafka.assign(list(self._spans))
        for handle, (start, _) in self._spans.items():
            self._kafka.seek(handle, start)

    async def next(self) -> Raw | None:
        if self._lacking:
            await self._fill()
        if not self._heads:
            return None
        _, _, handle = heapq.heappop(self._heads)
        raw = self._queues[handle].popleft()
        if self._queues[handle]:
            self._put(handle)
        else:
            self._lacking.add(handle)
        return raw

    async def _fill(self) -> None:
        """Fetch until every partition has a record at hand or is read to its end."""
        heard = monotonic()
        while True:
            await self._close()
            if not self._lacking:
                return
            got: dict[KafkaPartition, list[Raw]] = await self._kafka.getmany(*self._lacking, timeout_ms=_POLL_MS)
            if got:
                heard = monotonic()
            elif monotonic() - heard > _PATIENCE:
                named = ", ".join(sorted({handle.topic for handle in self._lacking})[:3])
                raise Unavailable(f"Kafka gives no records of {named} any more")
            for handle, records in got.items():
                stop = self._spans[handle][1]
                self._queues[handle].extend(raw for raw in records if raw.offset < stop)
                if self._queues[handle]:
                    self._lacking.discard(handle)
                    self._put(handle)

    async def _close(self) -> None:
        """Let go of what is read to its end: also where the last offsets hold no record."""
        for handle in list(self._lacking):
            if await self._kafka.position(handle) >= self._spans[handle][1]:
                self._lacking.discard(handle)
                self._kafka.pause(handle)

    def _put(self, handle: KafkaPartition) -> None:
        """A sender's clock may go back, the order of its partition may not."""
        self._clocks[handle] = max(self._clocks[handle], self._queues[handle][0].timestamp)
        heapq.heappush(self._heads, (self._clocks[handle], _RANK.get(handle.topic, 1), handle))
