"""A consumer's engine on a real database, fed from a log in memory: the same batches, without a broker."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from contracts import envelope as cloudevents
from contracts import topics
from contracts.contract import Lineage
from hub.consumers.base_data import base_data
from hub.state import outbox
from hub.state.base import BaseDataCache
from hub.state.connect import KEYED, connect
from hub.state.offsets import Offsets, TopicPartition
from hub.state.store import Connection
from hub.stream.batch import Batch
from hub.stream.consumer import Consumer
from hub.stream.early import Early
from hub.stream.outcome import Applied, Outcome
from hub.stream.recognising import Recogniser
from hub.stream.record import Raw, Reader
from hub.stream.slips import Stored
from hub.stream.work import Work

CLUSTER = "cluster-of-the-tests"
DEALER = "ber-001"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Log:
    """Topics in memory, with offsets as a broker would give them."""

    def __init__(self) -> None:
        self.records: dict[TopicPartition, list[Stored]] = defaultdict(list)

    def write(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: str | bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        at: datetime = NOON + timedelta(days=365),
        partition: int = 0,
    ) -> Stored:
        """Append one record to a partition of a topic."""
        log = self.records[topic, partition]
        packed = key.encode() if isinstance(key, str) else key
        log.append(Stored(topic, partition, len(log), int(at.timestamp() * 1000), packed, value, tuple(headers)))
        return log[-1]

    def say(
        self,
        lineage: Lineage[Any],
        body: dict[str, Any],
        *,
        id: str,  # noqa: A002 - the CloudEvents attribute
        dealer: str = DEALER,
        topic: str | None = None,
        source: str | None = None,
        version: int = 1,
        historical: bool = False,
        key: str | None = None,
        partition: int = 0,
    ) -> Stored:
        """Append one event in binary mode; its key follows from its body."""
        extensions = {cloudevents.HISTORICAL: "true"} if historical else {}
        wire = f"hub.{lineage.name}.v{version}"
        envelope = cloudevents.Envelope(id, source or f"/dealers/{dealer}", wire, NOON, None, extensions)
        packed = json.dumps({"occurred_at": NOON.isoformat(), **body}).encode()
        name = topic or f"dealer.{dealer}.events"
        return self.write(name, packed, key=key or body[lineage.ref_field], headers=cloudevents.write(envelope), partition=partition)


class Engine:
    """One owner of all partitions, applying batches by hand."""

    def __init__(self, url: str, consumer: Consumer, *, owner: str = "test", max_record_bytes: int = 1_000_000) -> None:
        self.consumer, self.url, self.owner = consumer, url, owner
        self.reader = Reader(consumer, max_record_bytes)
        self.recogniser = Recogniser(self.reader, Early(self.reader))
        self.offsets = Offsets(consumer.name, CLUSTER)
        work = Work(consumer, BaseDataCache(consumer.using), timedelta(days=7))
        self.batch = Batch(self.offsets, work, self.reader, consumer.name)
        self.epochs: dict[TopicPartition, int] = {}
        self.connection: Connection | None = None

    async def __aenter__(self) -> Self:
        self.connection = await connect(self.url, name=self.owner, planning=KEYED)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.db.close()

    @property
    def db(self) -> Connection:
        """The pinned connection."""
        assert self.connection is not None
        return self.connection

    async def lay(self, log: "Log") -> None:
        """Fold what a log says on `oem.base`, by the consumer of base data."""
        async with Engine(self.url, base_data, owner=self.owner) as oem:
            await oem.apply(log.records[topics.OEM_BASE.name, 0])

    async def relay(self, log: "Log") -> list[Stored]:
        """Move what the outbox holds into the log, as the relay would, and return it."""
        said = await outbox.unsent(self.db)
        await self.db.execute("DELETE FROM outbox")
        return [
            log.write(
                event.topic,
                event.body,
                key=event.key,
                headers=cloudevents.write(cloudevents.Envelope(str(event.event_id), f"/hub/{event.consumer}", event.type)),
            )
            for event in said
        ]

    async def claim(self, partitions: Iterable[TopicPartition]) -> None:
        """T0."""
        wanted = sorted(partitions)
        async with self.db.transaction():
            claimed = await self.offsets.claim(self.db, self.owner, wanted)
        await self.offsets.start(self.db, {p: 0 for p in wanted if claimed[p].next_offset is None})
        self.epochs |= {p: c.epoch for p, c in claimed.items()}

    async def apply(self, records: Iterable[Raw], gaps: dict[TopicPartition, int] | None = None) -> Applied:
        """T1 over these records, each partition's in the order given."""
        taken: dict[TopicPartition, list[Raw]] = defaultdict(list)
        for raw in records:
            taken[raw.topic, raw.partition].append(raw)
        judged = await self.recogniser.judge(self.db, taken, closely=self.batch.is_wary)
        if unclaimed := [partition for partition in taken if partition not in self.epochs]:
            await self.claim(unclaimed)
        applied = await self.batch.apply(self.db, judged, self.epochs, gaps)
        self.recogniser.note(taken, sum(map(len, taken.values())), applied.repeated)
        return applied

    def expect_repetition(self, partitions: Iterable[TopicPartition]) -> None:
        """Have it asked of these partitions' next batch what came before, as after one that repeated itself."""
        self.recogniser.note(list(partitions), 0, sys.maxsize)

    async def outcomes(self, records: Iterable[Raw]) -> list[Outcome]:
        """The same, with what became of each record."""
        listed = list(records)
        applied = await self.apply(listed)
        return [applied.outcomes[r.topic, r.partition, r.offset] for r in listed]

    async def rows(self, store: str) -> list[dict[str, Any]]:
        """All rows of a table; of the outbox its events."""
        if store == "outbox":
            return [event._asdict() for event in await outbox.unsent(self.db)]
        return [dict(row) for row in await self.db.fetch(f"SELECT * FROM {store} ORDER BY 1, 2")]  # noqa: S608 - a test's own words
