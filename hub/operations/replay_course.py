"""Fold a consumer's log into a schema beside, up to where the live consumer stands, and on from there as often as it is asked to."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer

from hub.consumers import CONSUMERS
from hub.errors import HubError, InputError
from hub.operations.cluster import Cluster
from hub.operations.replay_fold import Refolding
from hub.operations.replay_log import bounds, merged
from hub.settings import Settings
from hub.state.offsets import TopicPartition
from hub.state.replayed import Beside, Bound, Stands
from hub.stream.consumer import Consumer

_BASE = CONSUMERS["base-data"]

OnProgress = Callable[[int, int], None]
"""Called with the records read so far, and how many offsets there are to be read."""


class Window(NamedTuple):
    """Which records are folded again, by the broker's clock: from `begin` on, and before `until`; None sets no limit."""

    begin: datetime | None = None
    until: datetime | None = None


def chain_of(name: str) -> list[Consumer]:
    """A consumer below the one whose base data it looks into; raises InputError for a name that is none."""
    consumer = CONSUMERS.get(name)
    if consumer is None:
        raise InputError("CONSUMER", f"one of {', '.join(CONSUMERS)}", name)
    return [_BASE, consumer] if consumer.using else [consumer]


class Course:
    """The way of a chain of consumers through the log; `bounds` tells what of each partition is folded, `records` how many were."""

    def __init__(
        self,
        room: Beside,
        chain: Sequence[Consumer],
        cluster_id: str,
        settings: Settings,
        kafka: AIOKafkaConsumer,
        on_progress: OnProgress,
        folded: Sequence[Bound] = (),
    ) -> None:
        self.records = 0
        self._room, self._chain, self._settings, self._kafka, self._on_progress = room, chain, settings, kafka, on_progress
        self._cluster_id = cluster_id
        self._bounds = {_place(bound): bound for bound in folded}
        self._folding: Refolding | None = None

    @property
    def bounds(self) -> list[Bound]:
        """What of each partition is folded, by consumer."""
        return [self._bounds[place] for place in sorted(self._bounds)]

    def left(self, live: Stands) -> int:
        """How many offsets the live consumers are ahead."""
        return sum(offset - self._bounds[place].stop if place in self._bounds else offset for place, offset in live.items())

    async def go(self, live: Stands, window: Window = Window()) -> None:  # noqa: B008 - it cannot be changed
        """Fold for the first time, as far as the live consumers have come or the window lets."""
        await self._fold(await self._look(live, window))

    async def on(self, live: Stands) -> None:
        """Fold on from where this stands; raises HubError where the log no longer has what lies between."""
        found = []
        for bound in await self._look(live, Window()):
            known = self._bounds.get(_place(bound))
            stood = known.stop if known else 0
            if bound.start > stood and bound.next_offset > stood:
                raise HubError(
                    f"{bound.topic}[{bound.partition}] begins at {bound.start}, and is folded up to {stood}: what lies between is missing"
                )
            if bound.next_offset < stood:
                raise HubError(
                    f"{bound.topic}[{bound.partition}]: {bound.consumer} stands at {bound.next_offset}, and stood at {stood} before"
                )
            found.append(bound._replace(start=stood))
        await self._fold(found)

    async def _look(self, live: Stands, window: Window) -> list[Bound]:
        metadata = await asyncio.to_thread(Cluster(self._settings).metadata)
        there = {(topic, at) for topic, told in metadata.topics.items() for at in told.partitions}
        return await bounds(self._kafka, live, there, window.begin, window.until)

    async def _fold(self, found: list[Bound]) -> None:
        folding = self._folding = self._folding or self._make()
        await folding.begin(found)
        spans = _spans(found)
        total = self.records + sum(stop - start for start, stop in spans.values())
        async for raw in merged(self._kafka, spans):
            await folding.take(raw)
            self.records += 1
            self._on_progress(self.records, total)
        await folding.flush()
        for bound in found:
            known = self._bounds.get(_place(bound))
            self._bounds[_place(bound)] = bound._replace(start=known.start, log_start=known.log_start) if known else bound
        await self._room.note(self.bounds)

    def _make(self) -> Refolding:
        """The consumer's fold, above that of the base data it looks into."""
        folding: Refolding | None = None
        for consumer in self._chain:
            folding = Refolding(self._room, consumer, self._cluster_id, self._settings, below=folding)
        assert folding is not None  # noqa: S101 - there is one consumer at least
        return folding


def _place(bound: Bound) -> tuple[str, str, int]:
    return bound.consumer, bound.topic, bound.partition


def _spans(found: list[Bound]) -> dict[TopicPartition, tuple[int, int]]:
    """Each partition once, as far as any of the consumers reads it."""
    spans: dict[TopicPartition, tuple[int, int]] = {}
    for bound in found:
        if bound.start < bound.stop:
            start, stop = spans.get((bound.topic, bound.partition), (bound.start, bound.stop))
            spans[bound.topic, bound.partition] = min(start, bound.start), max(stop, bound.stop)
    return spans
