"""Journal a batch and sort its records: what is new, what was known, what its key holds back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic_core import from_json

from contracts.contract import Finding
from hub.rules.decision import Subject
from hub.rules.folding import Told
from hub.state import holds as holding
from hub.state import journal
from hub.state.holds import Holds
from hub.state.store import Connection
from hub.stream.consumer import Consumer
from hub.stream.outcome import Outcome
from hub.stream.record import Bad, Good, Ignored, Judged, Newer, event_name

_REUSED = (Finding("id", "an id of its own for other content"),)


@dataclass(slots=True)
class Part:
    """One good record as it concerns one subject of one store; `order` is its place of arrival in the batch."""

    good: Good
    told: Told
    store: str
    subject: Subject
    order: int


@dataclass(slots=True)
class Sorted:
    """A batch, sorted; `corrections` are (target, correcting part) pairs, `bad` comes with its place of arrival."""

    outcomes: dict[tuple[str, int, int], Outcome] = field(default_factory=dict)
    bad: list[tuple[int, Bad]] = field(default_factory=list)
    newer: list[Newer] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    control: list[Good] = field(default_factory=list)
    corrections: list[tuple[UUID, Part]] = field(default_factory=list)
    holds: Holds = field(default_factory=lambda: Holds(set(), set(), set()))


def place(record: Judged) -> tuple[str, int, int]:
    """Where a record stands in the log."""
    return record.raw.topic, record.raw.partition, record.raw.offset


async def sort(connection: Connection, consumer: Consumer, records: Sequence[Judged]) -> Sorted:
    """Journal what is good and new; duplicates, re-used ids and strangers fall out here."""
    found = Sorted()
    batch, again = _gather(found, records)
    if not batch:
        return found
    rows = {event: _rows(consumer, good) for event, (_, good) in batch.items()}
    fresh = await journal.insert(connection, consumer.name, [row for parts in rows.values() for row in parts])
    if len(fresh) < len(batch):
        for event, (wire, mark, body) in (await journal.known(connection, batch.keys() - fresh)).items():
            for order, good in (batch.pop(event), *again.pop(event, ())):
                _compare(found, order, good, wire, mark, body)
    for event, repeated in again.items():
        first = batch[event][1]
        for order, good in repeated:
            _compare(found, order, good, first.envelope.type, first.fingerprint, first.data)
    for event, (order, good) in batch.items():
        _take(found, consumer, good, order, rows[event])
    keys = {(good.principal, good.key) for _, good in batch.values()}
    found.holds = await holding.find(connection, consumer.name, list(keys), list(batch))
    return found


_Arrived = tuple[int, Good]


def _gather(found: Sorted, records: Sequence[Judged]) -> tuple[dict[UUID, _Arrived], dict[UUID, list[_Arrived]]]:
    """The good records by name, each with its place of arrival: the first of each name, and those that repeat it."""
    batch: dict[UUID, _Arrived] = {}
    again: dict[UUID, list[_Arrived]] = defaultdict(list)
    for order, record in enumerate(records):
        match record:
            case Good():
                if batch.setdefault(record.event, (order, record))[1] is not record:
                    again[record.event].append((order, record))
            case Bad():
                found.bad.append((order, record))
            case Newer():
                found.newer.append(record)
                found.outcomes[place(record)] = Outcome.WAITING
            case Ignored():
                found.outcomes[place(record)] = Outcome.IGNORED
    return batch, again


def _compare(found: Sorted, order: int, good: Good, wire: str, mark: int, body: bytes) -> None:
    """Told twice, or another event under the same id: content counts, not its bytes."""
    if mark == good.fingerprint or (wire == good.envelope.type and from_json(body) == from_json(good.data)):
        found.outcomes[place(good)] = Outcome.DUPLICATE
    else:
        found.bad.append((order, Bad(good.raw, good.principal, good.key, "id_reuse", _REUSED, good.envelope)))


def _take(found: Sorted, consumer: Consumer, good: Good, order: int, rows: Sequence[journal.Row]) -> None:
    if good.lineage.name not in consumer.folds:
        found.control.append(good)
        found.outcomes[place(good)] = Outcome.HANDLED
        return
    for row in rows:
        told = Told(good.event, row.part, good.lineage, good.body, row.source, row.event_id, row.is_historical)
        found.parts.append(Part(good, told, row.store, Subject(row.principal, row.ref), order))
    if good.body.corrects is not None:
        target = event_name(consumer.name, good.principal, good.envelope.source, good.body.corrects)
        found.corrections.append((target, found.parts[-1]))


def _rows(consumer: Consumer, good: Good) -> list[journal.Row]:
    envelope, body, raw = good.envelope, good.body, good.raw
    stores = [fold.store.name for fold in consumer.folds.get(good.lineage.name, ())] or [""]
    return [
        journal.Row(
            good.event,
            part,
            good.principal,
            envelope.source,
            envelope.id,
            envelope.type,
            store,
            good.key,
            body.occurred_at,
            body.revision,
            body.corrects,
            envelope.is_historical,
            good.fingerprint,
            good.data,
            raw.topic,
            raw.partition,
            raw.offset,
        )
        for part, store in enumerate(stores)
    ]
