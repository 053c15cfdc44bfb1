"""Fold a log again in its own order, by the live engine, into the schema of a replay."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import time

from contracts import envelope as cloudevents
from contracts.timers import WAIT_ANSWERED, WaitAnswered
from hub.settings import Settings
from hub.state.base import BaseDataCache
from hub.state.offsets import Offsets, TopicPartition
from hub.state.replayed import Beside, Bound
from hub.state.segments import Unsent
from hub.stream.batch import Batch
from hub.stream.consumer import CONTROL, Consumer
from hub.stream.outcome import Applied
from hub.stream.record import Good, Ignored, Judged, Raw, Reader
from hub.stream.slips import Stored
from hub.stream.work import Work

_BATCH = 500
_OWNER = "replay"


class Refolding:
    """One consumer's fold, batch by batch on one connection; `below` is the one that folds the base data it looks into.

    What speaks of the hub's own doings (an act, a wait that ended) begins a batch: the hub had committed what it speaks
    of. A wait ends when the log says so: its time is counted from the broker's clock, not from the day of the replay.
    """

    def __init__(self, beside: Beside, consumer: Consumer, cluster_id: str, settings: Settings, below: "Refolding | None" = None) -> None:
        self.consumer, self._below = consumer, below
        self._beside, self._connection = beside, beside.connection
        self._reader = Reader(consumer, settings.max_record_bytes)
        self._offsets = Offsets(consumer.name, cluster_id)
        self._base = BaseDataCache(consumer.using)
        self._work = Work(consumer, self._base, timedelta(seconds=settings.wait_seconds))
        self._batch = Batch(self._offsets, self._work, self._reader, consumer.name)
        self._spans: dict[TopicPartition, tuple[int, int]] = {}
        self._epochs: dict[TopicPartition, int] = {}
        self._taken: dict[TopicPartition, list[Judged]] = {}
        self._count, self._oldest = 0, 0
        self._has_news = False
        self._answered = 0

    async def begin(self, bounds: Sequence[Bound]) -> None:
        """Claim the partitions, and start where the bounds do; what the schema was told before counts as heard."""
        if self._below is not None:
            await self._below.begin(bounds)
        self._answered = await self._beside.last_said()
        mine = [bound for bound in bounds if bound.consumer == self.consumer.name]
        self._spans = {(bound.topic, bound.partition): (bound.start, bound.stop) for bound in mine}
        async with self._connection.transaction():
            claimed = await self._offsets.claim(self._connection, _OWNER, sorted(self._spans))
            await self._offsets.start(self._connection, {partition: span[0] for partition, span in self._spans.items()})
        self._epochs = {partition: claim.epoch for partition, claim in claimed.items()}

    async def take(self, raw: Raw) -> None:
        """Take one record of the stream, or pass it over where it is none of this consumer's."""
        if self._below is not None and self._below.wants(raw):
            judged = self._below.judge(raw)
            if self._count and _folds(self._below.consumer, judged):
                await self.flush()
            await self._below.add(raw, judged)
        if self.wants(raw):
            await self.add(raw, self.judge(raw))

    def wants(self, raw: Raw) -> bool:
        """Whether the live consumer had taken it."""
        span = self._spans.get((raw.topic, raw.partition))
        return span is not None and span[0] <= raw.offset < span[1]

    def judge(self, raw: Raw) -> Judged:
        """As the live consumer judges it."""
        return self._reader.judge(raw)

    async def add(self, raw: Raw, judged: Judged) -> None:
        """Put a judged record into the batch, which is applied first where it is full or where the record speaks of it."""
        speaks = _speaks_of_the_hub(judged)
        if self._count >= _BATCH or (speaks and self._has_news):
            await self.flush()
        self._oldest = min(self._oldest, raw.timestamp) if self._count else raw.timestamp
        self._taken.setdefault((raw.topic, raw.partition), []).append(judged)
        self._count += 1
        self._has_news = self._has_news or not speaks

    async def flush(self) -> None:
        """Apply what was taken, after what the base data was told before it."""
        if self._below is not None:
            await self._below.flush()
            self._answered, answers = await self._beside.answers(self._answered, WAIT_ANSWERED.wire)
            await self._hear(answers)
        if not self._count:
            return
        self._work.since = _moment(self._oldest)
        taken, self._taken, self._count, self._has_news = self._taken, {}, 0, False
        # the reader leaves nothing out: what is missing between two offsets is not in the log
        await self._batch.apply(
            self._connection, taken, self._epochs, {partition: records[0].raw.offset for partition, records in taken.items()}
        )

    async def _hear(self, answers: list[Unsent]) -> None:
        """Look again at what waits, as the relay and `hub.timers` would have made it do.

        The live consumer may have come to a record only after the base data, and then nobody answered it in the log.
        """
        heard = [judged for each in answers if _is_for(self.consumer, judged := self._reader.judge(_as_record(each)))]
        if heard:
            self._work.since = None
            await self._work.prepare(self._connection)
            async with self._connection.transaction():
                await self._work.do(self._connection, heard, Applied())


def _moment(timestamp: int) -> datetime:
    """A moment of the broker's clock, from which waits count; none that is still to come."""
    return datetime.fromtimestamp(min(max(timestamp / 1000, 0.0), time()), UTC)


def _speaks_of_the_hub(judged: Judged) -> bool:
    """Whether it follows from what the hub had folded; an answer may come with what it answers."""
    return isinstance(judged, Good) and judged.lineage.name in CONTROL and judged.lineage.name != WAIT_ANSWERED.name


def _folds(consumer: Consumer, judged: Judged) -> bool:
    """Whether it may change a store."""
    if isinstance(judged, Ignored):
        return False
    return not (isinstance(judged, Good) and isinstance(judged.body, WaitAnswered) and judged.body.consumer != consumer.name)


def _is_for(consumer: Consumer, judged: Judged) -> bool:
    return isinstance(judged, Good) and isinstance(judged.body, WaitAnswered) and judged.body.consumer == consumer.name


def _as_record(said: Unsent) -> Stored:
    """The event as the relay would have sent it; it stands nowhere in the log."""
    envelope = cloudevents.Envelope(str(said.event_id), f"/hub/{said.consumer}", said.type, said.time, said.subject)
    moment = int(datetime.now(UTC).timestamp() * 1000)
    return Stored(said.topic, 0, -1, moment, said.key.encode(), said.body, cloudevents.write(envelope))
