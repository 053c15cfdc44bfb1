"""Journal a batch and sort its records: what is new, what was known, what its key holds back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from contracts.contract import Finding
from hub.rules.decision import Subject
from hub.rules.folding import Told
from hub.state import dead_letters, holds, inbox, journal
from hub.state.holds import Holds
from hub.state.store import Connection, Heard
from hub.state.together import Asked
from hub.stream import slips
from hub.stream.consumer import Consumer
from hub.stream.outcome import Outcome
from hub.stream.record import Bad, Good, Ignored, Judged, Newer, Part, Taken, event_name

_REUSED = (Finding("id", "an id of its own for other content"),)


class Correction(NamedTuple):
    """An event that takes the place of another one: `target` is the other's name in the journal."""

    target: UUID
    told: Told
    order: int


@dataclass(slots=True)
class Sorted:
    """A batch, sorted; `bad` comes with its place of arrival, and so many are `repeated` that came with an earlier batch, byte for byte.

    What was `heard` already of the subjects of a store need not be asked for.
    What `is_redriven` came earlier than what waits by now: it is held by dead letters that stand before it alone.
    """

    outcomes: dict[tuple[str, int, int], Outcome] = field(default_factory=dict)
    bad: list[tuple[int, Bad]] = field(default_factory=list)
    newer: list[Newer] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    control: list[Good] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    holds: Holds = field(default_factory=lambda: Holds({}, set(), set()))
    heard: Mapping[str, Heard[Any]] = field(default_factory=dict)
    repeated: int = 0
    is_redriven: bool = False


def place(record: Taken) -> tuple[str, int, int]:
    """Where a record stands in the log."""
    return record.raw.topic, record.raw.partition, record.raw.offset


async def sort(connection: Connection, consumer: Consumer, records: Sequence[Judged], *, is_redriven: bool = False) -> Sorted:
    """Journal what is good and new; duplicates, re-used ids and strangers fall out here, and what is a dead letter already."""
    found = Sorted(is_redriven=is_redriven)
    batch, again = gather(found, records)
    if batch:
        known = await _note(connection, consumer, [good for _, good in batch.values()])
        await _arrange(connection, consumer, found, batch, again, known)
    if found.bad and not is_redriven:
        await burying(consumer, found).alone(connection)
    return found


async def _arrange(
    connection: Connection,
    consumer: Consumer,
    found: Sorted,
    batch: "dict[UUID, _Arrived]",
    again: "dict[UUID, list[_Arrived]]",
    known: "Mapping[UUID, _Earlier]",
) -> None:
    for event, earlier in known.items():
        for order, good in (batch.pop(event), *again.pop(event, ())):
            found.repeated += good.fingerprint == earlier[1]
            _compare(found, order, good, earlier)
    for event, repeated in again.items():
        first = batch[event][1]
        earlier = first.envelope.type, first.fingerprint, first.data if consumer.remembers(first.lineage) else None
        for order, good in repeated:
            _compare(found, order, good, earlier)
    for order, good in batch.values():
        take(found, consumer, good, order)
    asked = holding(consumer, [good for _, good in batch.values()], found)
    found.holds = await asked.alone(connection)
    while found.holds.is_stale:
        found.holds = await asked.alone(connection)


def holding(consumer: Consumer, goods: Sequence[Good], found: Sorted) -> Asked[Holds]:
    """What is to be asked about what may hold these events."""
    keys = list({(good.principal, good.key) for good in goods})
    subjects = list({(part.store, part.subject) for part in found.parts})
    return holds.finding(consumer.name, keys, subjects, [good.event for good in goods], list(consumer.using))


def burying(consumer: Consumer, found: Sorted) -> Asked[None]:
    """What is asked to pass over what was buried when it was read before: whatever became of its letter, it does not come back for that."""
    letters = {slips.of_place(consumer.name, place(arrived[1])): arrived for arrived in found.bad}

    def pass_over(known: set[UUID]) -> None:
        for letter in known:
            found.outcomes[place(letters.pop(letter)[1])] = Outcome.DUPLICATE
        found.bad = list(letters.values())

    asked = dead_letters.knowing(list(letters))
    return Asked(asked.part, asked.arguments, lambda rows: pass_over(asked.read(rows)))


_Arrived = tuple[int, Good]
_Earlier = tuple[str, int, bytes | None]
"""The type, fingerprint and body of an event as it came first; without a body the fingerprint alone tells."""


async def _note(connection: Connection, consumer: Consumer, goods: Sequence[Good]) -> dict[UUID, _Earlier]:
    """Journal what is new, or where no history is kept note that it came; returns what had come before."""
    known: dict[UUID, _Earlier] = {}
    kept = [good for good in goods if consumer.remembers(good.lineage)]
    if kept:
        fresh = await journal.insert(connection, consumer.name, *rows(kept))
        if len(fresh) < len(kept):
            known |= await journal.known(connection, {good.event for good in kept} - fresh)
    if len(kept) < len(goods):
        passing = {good.event: good for good in goods if not consumer.remembers(good.lineage)}
        marks = await inbox.insert(connection, {event: good.fingerprint for event, good in passing.items()})
        known |= {event: (passing[event].envelope.type, mark, None) for event, mark in marks.items()}
    return known


def gather(found: Sorted, records: Sequence[Judged]) -> tuple[dict[UUID, _Arrived], dict[UUID, list[_Arrived]]]:
    """The good records by name, each with its place of arrival: the first of each name, and those that repeat it."""
    batch: dict[UUID, _Arrived] = {}
    again: dict[UUID, list[_Arrived]] = defaultdict(list)
    for order, record in enumerate(records):
        match record:
            case Good():
                arrived = order, record
                if batch.setdefault(record.event, arrived) is not arrived:
                    again[record.event].append(arrived)
            case Bad():
                found.bad.append((order, record))
            case Newer():
                found.newer.append(record)
                found.outcomes[place(record)] = Outcome.WAITING
            case Ignored():
                found.outcomes[place(record)] = Outcome.IGNORED
    return batch, again


def _compare(found: Sorted, order: int, good: Good, earlier: _Earlier) -> None:
    """Told twice, or another event under the same id: content counts, not its bytes, as long as there is content to compare."""
    wire, mark, body = earlier
    if mark == good.fingerprint or (body is not None and wire == good.envelope.type and from_json(body) == from_json(good.data)):
        found.outcomes[place(good)] = Outcome.DUPLICATE
    else:
        found.bad.append((order, Bad(good.raw, good.principal, good.key, "id_reuse", _REUSED, good.envelope)))


def take(found: Sorted, consumer: Consumer, good: Good, order: int) -> None:
    """Sort in what has not come before."""
    if good.lineage.name not in consumer.folds:
        found.control.append(good)
        found.outcomes[place(good)] = Outcome.HANDLED
        return
    envelope = good.envelope
    told = Told(good.event, 0, good.lineage, good.body, envelope.source, envelope.id, envelope.is_historical, good.principal)
    for part, (store, subject) in enumerate(good.parts):
        found.parts.append(Part(good, told._replace(part=part) if part else told, store, subject, order))
    if not good.parts:
        found.outcomes[place(good)] = Outcome.IGNORED
    if good.body.corrects is not None:
        target = event_name(consumer.name, good.principal, envelope.source, good.body.corrects)
        found.corrections.append(Correction(target, told, order))


def rows(goods: Iterable[Good]) -> tuple[list[journal.Row], dict[journal.Likeness, int]]:
    """One for each part, the body with the first alone; what concerns nobody is kept as well. Likenesses come with their numbers."""
    rows: list[journal.Row] = []
    alike: dict[journal.Likeness, int] = {}
    pack = journal.pack
    for good in goods:
        raw, envelope, body = good.raw, good.envelope, good.body
        source, wire, is_historical, topic, partition = envelope.source, envelope.type, envelope.is_historical, raw.topic, raw.partition
        packed = pack(good.data)
        for part, (store, (principal, ref)) in enumerate(good.parts or [("", Subject(good.principal, good.key))]):
            likeness = alike.setdefault((principal, source, wire, store, is_historical, topic, partition), len(alike) + 1)
            said = envelope.id, ref, body.occurred_at, body.revision, body.corrects, good.fingerprint
            rows.append((good.event, part, likeness, *said, b"" if part else packed, raw.offset))
    return rows, alike
