"""The slips a batch writes for records that it could not fold: dead letters, waiting rows, rejections to their sender."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic_core import to_json

from contracts import envelope as cloudevents
from contracts import topics
from contracts.contract import Event, Finding, Lineage
from contracts.records import RECORD_REJECTED, Fault, RecordRejected
from hub.names import version5
from hub.rules.decision import Subject, Wait
from hub.rules.folding import Told
from hub.state.dead_letters import DeadLetter
from hub.state.journal import Past
from hub.state.segments import Said
from hub.state.waiting import Waiter
from hub.stream.fetched import Fetched
from hub.stream.record import Bad, Newer, Part, Raw

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:hub").bytes
_MOMENTS = range(7_258_118_400_000)
"""The milliseconds from 1970 to 2199: a topic may take its timestamps from whoever writes."""


class Stored(Fetched):
    """A record read back from the store, in the shape in which Kafka hands one over."""

    __slots__ = ()


def name(*parts: object) -> UUID:
    """A name that follows from what it names, so that a repeated act carries the same one: a version 5 UUID."""
    return named("\0".join(map(str, parts)))


def named(words: str) -> UUID:
    """The name that follows from these words, `name`'s parts with NUL between them."""
    return version5(_NAMESPACE, words)


def of_place(consumer: str, place: tuple[str, int, int]) -> UUID:
    """The dead letter of a record that never came as far as the journal: read again, the record finds it."""
    return name("dead", consumer, *place)


def dead(consumer: str, bad: Bad) -> DeadLetter:
    """A record that never came as far as the journal."""
    raw, envelope = bad.raw, bad.envelope
    source, event_id, wire = (envelope.source, envelope.id, envelope.type) if envelope else (None, None, None)
    return _dead(consumer, raw, bad.principal, bad.key, bad.reason, bad.faults, (None, 0, None, None, None), (source, event_id, wire))


def refused(consumer: str, part: Part, reason: str, fault: Finding) -> DeadLetter:
    """A part of this batch that is in the journal, and cannot be folded."""
    good = part.good
    names = good.envelope.source, good.envelope.id, good.envelope.type
    where = good.event, part.told.part, part.store, *part.subject
    return _dead(consumer, good.raw, good.principal, good.key, reason, (fault,), where, names)


def refused_late(consumer: str, past: Past, told: Told, store: str, reason: str, fault: Finding) -> DeadLetter:
    """A part of an earlier batch that can no longer be folded; its envelope is written anew from the journal.

    The broker's time is gone by then: when it happened stands in for it.
    """
    extensions = {cloudevents.HISTORICAL: "true"} if past.is_historical else {}
    headers = cloudevents.write(cloudevents.Envelope(past.event_id, past.source, past.type, None, None, extensions))
    moment = int(told.occurred_at.timestamp() * 1000)
    key = told.lineage.ref(told.body)
    raw = Stored(past.topic, past.partition, past.offset, moment, key.encode(), past.body, headers)
    where, names = (past.event, past.part, store, *past.subject), (past.source, past.event_id, past.type)
    return _dead(consumer, raw, told.speaker, key, reason, (fault,), where, names)


def _dead(
    consumer: str,
    raw: Raw,
    principal: str,
    key: str | None,
    reason: str,
    faults: Sequence[Finding],
    place: tuple[UUID | None, int, str | None, str | None, str | None],
    names: tuple[str | None, str | None, str | None],
) -> DeadLetter:
    event, part = place[:2]
    return DeadLetter(
        of_place(consumer, (raw.topic, raw.partition, raw.offset))
        if event is None
        else name("dead", consumer, event, part),  # what was mended stands at the same place
        consumer,
        principal,
        key,
        reason,
        [list(fault) for fault in faults],
        *place,
        *names,
        raw.topic,
        raw.partition,
        raw.offset,
        raw.timestamp,
        pack(raw.headers),
        raw.value,
    )


def waiter(consumer: str, told: Told, subject: Subject, store: str, awaited: Wait, where: tuple[str, int, int], until: datetime) -> Waiter:
    """A journalled part that waits for news."""
    return Waiter(
        name("wait", consumer, told.event, told.part),
        consumer,
        "news",
        told.speaker,
        told.lineage.ref(told.body),
        told.event,
        told.part,
        store,
        *subject,
        awaited.kind,
        awaited.ref,
        told.lineage.wire,
        where[0],
        where[1],
        where[2],
        0,
        None,
        None,
        until,
    )


def held(consumer: str, part: Part) -> Waiter:
    """A journalled part whose record's key waits for an operator."""
    good, raw = part.good, part.good.raw
    return Waiter(
        name("wait", consumer, good.event, part.told.part),
        consumer,
        "operator",
        good.principal,
        good.key,
        good.event,
        part.told.part,
        part.store,
        *part.subject,
        "dead_letter",
        good.key,
        good.envelope.type,
        raw.topic,
        raw.partition,
        raw.offset,
        raw.timestamp,
        None,
        None,
        None,
    )


def newer(consumer: str, record: Newer) -> Waiter:
    """A record of a version from the future, kept as it came."""
    raw = record.raw
    return Waiter(
        name("newer", consumer, raw.topic, raw.partition, raw.offset),
        consumer,
        "version",
        record.principal,
        record.key,
        None,
        0,
        "",
        record.principal,
        record.key or "",
        "version",
        record.envelope.type,
        record.envelope.type,
        raw.topic,
        raw.partition,
        raw.offset,
        raw.timestamp,
        pack(raw.headers),
        raw.value,
        None,
    )


def stored(row: Waiter) -> Stored:
    """The record that waited for a newer process, as Kafka handed it over."""
    key = row.key.encode() if row.key is not None else None
    return Stored(row.topic, row.partition, row.offset, row.timestamp, key, row.value, unpack(row.headers or b"[]"))


def rejection(letter: DeadLetter) -> Said | None:
    """What the sender hears of its dead letter; only dealers have a feed."""
    party, _, partner = letter.principal.partition(":")
    if party != "dealer":
        return None
    subject = f"{letter.topic}[{letter.partition}]@{letter.offset}"
    body = RecordRejected(
        occurred_at=datetime.fromtimestamp(letter.timestamp / 1000 if letter.timestamp in _MOMENTS else 0, UTC),
        subject=subject,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        reason=letter.reason,
        faults=tuple(Fault(path=path, expected=expected) for path, expected in letter.faults),
        event_id=letter.event_id,
        event_type=letter.type,
    )
    return said(topics.DEALER_FEED.of(partner), RECORD_REJECTED, body, name("rejected", letter.id), subject)


def said(topic: str, lineage: Lineage[Event], body: Event, event_id: UUID, subject: str | None = None) -> Said:
    """One emitted event, keyed by its subject."""
    return Said(topic, lineage.ref(body), lineage.wire, event_id, subject, to_json(body, exclude_none=True))


def pack(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Headers as they came, whatever bytes they hold."""
    return orjson.dumps([[header, None if value is None else b64encode(value).decode()] for header, value in headers])


def unpack(packed: bytes) -> list[tuple[str, bytes | None]]:
    """The headers again."""
    return [(header, None if value is None else b64decode(value)) for header, value in orjson.loads(packed)]
