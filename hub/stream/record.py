"""One Kafka record, read and judged before any transaction begins."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b, sha256
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from asyncpg.pgproto import pgproto  # its UUID is made from bytes in a third of the time

from contracts import envelope as cloudevents
from contracts import topics
from contracts.catalogue import BY_NAME, NewerVersion, lookup
from contracts.contract import Event, Finding, Invalid, Lineage
from contracts.envelope import Envelope
from contracts.timers import TIMER_FIRED
from contracts.topics import Topic
from hub.rules.decision import Subject
from hub.rules.folding import Told
from hub.state.recognition import Mark
from hub.state.store import TooLarge
from hub.stream.consumer import Consumer

_AHEAD_SECONDS = 600.0
_PARTIES = {"dealers": "dealer", "carriers": "carrier", "oem": "oem", "erp": "erp", "hub": "hub"}
_MOST_KEY_BYTES = 1_000
_MOST_HEARD = 10_000
_LEADING = 6
_TEXT = re.compile(rb'\s*:\s*"([^"\\]*)"')
_ESCAPED_NAME = re.compile(rb"\\u00[2-7]")
MOST_PARTS = 1_000
"""How many subjects a document may concern: its rule is shown the whole of it for each."""


class Raw(Protocol):
    """What Kafka hands over; `timestamp` is the broker's, in milliseconds."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - see the class
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...  # noqa: D102


class Good(NamedTuple):
    """A record that keeps its contract; `event` is its name in the journal, `fingerprint` tells other content of that name.

    `parts` are the stores and subjects that it concerns, in the order of its parts in the journal. `at` is when it occurred, by UTC:
    moments of one time zone are compared and written in a tenth of the time.
    """

    raw: Raw
    principal: str
    key: str
    envelope: Envelope
    lineage: Lineage[Any]
    body: Event
    event: UUID
    fingerprint: int
    data: bytes
    parts: tuple[tuple[str, Subject], ...]
    at: datetime


class Part(NamedTuple):
    """One good record as it concerns one subject of one store; `order` is its place of arrival in the batch."""

    good: Good
    told: Told
    store: str
    subject: Subject
    order: int


class Bad(NamedTuple):
    """A record that breaks its contract: why, and where."""

    raw: Raw
    principal: str
    key: str | None
    reason: str
    faults: tuple[Finding, ...]
    envelope: Envelope | None = None


class Newer(NamedTuple):
    """A record of a version that this process does not know: it waits for a newer process."""

    raw: Raw
    principal: str
    key: str | None
    envelope: Envelope


class Ignored(NamedTuple):
    """A sound record that means nothing to this consumer."""

    raw: Raw


class Repeated(NamedTuple):
    """A record that came before just as it is, and was recognised without being read."""

    raw: Raw


class Ready(NamedTuple):
    """A good record that is folded already: only the row that it makes is kept. What it says is read once more where it is asked for."""

    raw: Raw
    event: UUID
    fingerprint: int
    store: str
    subject: Subject
    row: tuple[Any, ...]


Judged = Good | Bad | Newer | Ignored
"""What a reader makes of a record."""
Taken = Judged | Repeated | Ready
"""What a lane makes of a record that it takes."""


class Glance(NamedTuple):
    """What is seen of a record before its body is read: enough to recognise one that came before."""

    envelope: Envelope
    data: bytes
    mark: Mark


class _Known(NamedTuple):
    """A topic by its name: whose it is, and the event types it carries."""

    topic: Topic
    principal: str
    carried: frozenset[str]


class _Speech(NamedTuple):
    """What is the same of all that one source says of one type in one topic: without a lineage it means nothing here.

    `stores` fold what it says of the subject that its key names; None where the body tells whom it concerns.
    """

    lineage: Lineage[Any] | None
    version: int
    stores: tuple[str, ...] | None = None
    is_newer: bool = False


class Reader:
    """Judges the records of one consumer's topics."""

    def __init__(self, consumer: Consumer, max_record_bytes: int) -> None:
        self.consumer = consumer
        self._max = max_record_bytes
        self._topics: dict[str, _Known] = {}
        self._heard: dict[tuple[str, str, str], _Speech] = {}

    def judge(self, raw: Raw, glance: Glance | None = None) -> Judged:
        """Whether a record is good, and if not why; never raises for what a sender wrote. A `glance` spares what it has seen already."""
        known = self._topics.get(raw.topic) or self._learn(raw.topic)
        key, envelope = _text(raw.key), None
        try:
            if glance is None:
                self._check_size(raw.value)
                envelope, data = cloudevents.read(raw.headers, raw.value)
                return self._judge_event(raw, known, key, envelope, data)
            envelope = glance.envelope
            return self._judge_event(raw, known, key, envelope, glance.data, glance.mark)
        except Invalid as wrong:
            return Bad(raw, known.principal, key, wrong.reason, wrong.findings, envelope)

    def glance(self, raw: Raw) -> Glance | None:
        """What tells whether a record came before, its body unread; None where only the body tells what is to become of it.

        That is so where the record is refused for what is seen already, or means nothing here; where it is not plain that its key is
        the one that its body names; and of a timer, which is let go of however often it is said.
        """
        known = self._topics.get(raw.topic) or self._learn(raw.topic)
        try:
            self._check_size(raw.value)
            envelope, data = cloudevents.read(raw.headers, raw.value)
            lineage, version, *_ = self._heard.get((raw.topic, envelope.source, envelope.type)) or self._hear(raw.topic, known, envelope)
        except Invalid:
            return None
        if lineage is None or lineage is TIMER_FIRED or lineage.ref_field not in lineage.editions[version - 1].model_fields:
            return None
        if not _is_plainly_keyed(data, lineage.ref_field, raw.key):
            return None
        return Glance(envelope, data, Mark(*self._name(known.principal, envelope, data), self.consumer.remembers(lineage)))

    def _name(self, principal: str, envelope: Envelope, data: bytes) -> tuple[UUID, int]:
        """An event's name, and the fingerprint of what it says."""
        return event_name(self.consumer.name, principal, envelope.source, envelope.id), fingerprint(envelope.type, data)

    def _judge_event(self, raw: Raw, known: "_Known", key: str | None, envelope: Envelope, data: bytes, mark: Mark | None = None) -> Judged:
        principal = known.principal
        speech = self._heard.get((raw.topic, envelope.source, envelope.type)) or self._hear(raw.topic, known, envelope)
        lineage, version, stores, is_newer = speech
        if lineage is None:
            return Newer(raw, principal, key, envelope) if is_newer else Ignored(raw)
        body = lineage.decode(version, data)
        ref = lineage.ref(body)
        if key != ref:
            raise Invalid("key_mismatch", Finding(lineage.ref_field, "the same as the record's key"))
        if body.corrects is not None:
            self._check_correction(body.corrects, envelope.id, lineage)
        at = body.occurred_at.astimezone(UTC)
        if at.timestamp() * 1000 > raw.timestamp + _AHEAD_SECONDS * 1000:
            raise Invalid("from_the_future", Finding("occurred_at", "a moment at most ten minutes after the broker's clock"))
        if stores is None:
            parts = self.consumer.parts(lineage, body, principal, ref)
        else:
            subject = Subject(principal, ref)
            parts = ((stores[0], subject),) if len(stores) == 1 else tuple([(store, subject) for store in stores])  # most have one
        if not parts and lineage is TIMER_FIRED:
            return Ignored(raw)  # another consumer's: there are as many of these as there are subjects
        if len(parts) > MOST_PARTS:
            raise Invalid("too_many_subjects", Finding("", f"at most {MOST_PARTS:,} subjects in one document, and not {len(parts):,}"))
        event, content = mark[:2] if mark else self._name(principal, envelope, data)
        return Good(raw, principal, ref, envelope, lineage, body, event, content, data, parts, at)

    def _hear(self, topic: str, known: "_Known", envelope: Envelope) -> _Speech:
        """Whether that source may say such a thing in that topic, and whether it means anything here; raises Invalid where it may not."""
        _check_principal(envelope.source, known.principal)
        try:
            lineage, version = lookup(envelope.type)
        except NewerVersion:
            return _Speech(None, 0, is_newer=self._may_fold(envelope.type))
        if lineage.name not in known.carried:
            raise Invalid("wrong_topic", Finding("type", f"an event type that {known.topic.name} carries"))
        speech = _Speech(lineage if self.consumer.listens_to(lineage) else None, version, self.consumer.keepers(lineage))
        if len(self._heard) >= _MOST_HEARD:  # senders make up sources, and memory is bounded; nobody is kept out by them for ever
            self._heard.clear()
        self._heard[topic, envelope.source, envelope.type] = speech
        return speech

    def _check_correction(self, corrects: str, event_id: str, lineage: Lineage[Any]) -> None:
        if corrects == event_id:
            raise Invalid("schema", Finding("corrects", "the id of another event"))
        if not self.consumer.remembers(lineage):
            raise Invalid("rejected", Finding("corrects", f"nothing, as no history of {lineage.name} is kept: say it anew as it is now"))

    def _check_size(self, value: bytes | None) -> None:
        if value is not None and len(value) > self._max:
            raise Invalid("too_large", Finding("value", f"at most {self._max} bytes"))

    def _may_fold(self, wire: str) -> bool:
        """Whether a newer process of this consumer would have a rule for it."""
        lineage = BY_NAME.get(wire.removeprefix("hub.").rpartition(".v")[0])
        return lineage is not None and self.consumer.listens_to(lineage)

    def _learn(self, name: str) -> "_Known":
        topic = self.consumer.topic(name)
        if topic is None:
            raise LookupError(f"{self.consumer.name} does not read {name}")
        known = self._topics[name] = _Known(topic, topic.principal(name), frozenset(lineage.name for lineage in topic.types))
        return known


def refused(record: Judged, error: BaseException) -> Bad:
    """A record that the database cannot hold; its own words name the type or the field, never the value."""
    detail = error.detail if isinstance(error, TooLarge) else getattr(error, "sqlstate", None) or type(error).__name__
    finding = Finding("(body)", f"values that the database can hold ({detail})")
    key, envelope = getattr(record, "key", None), getattr(record, "envelope", None)
    return Bad(record.raw, getattr(record, "principal", ""), key, "database_refused", (finding,), envelope)


@cache
def speaker(topic: str) -> str:
    """Who wrote what stands in the topic of that name, which the journal does not keep; nobody where it is the hub's no longer."""
    known = topics.find(topic)
    return known.principal(topic) if known else ""


def event_name(consumer: str, principal: str, source: str, event_id: str) -> UUID:
    """The journal's name of an event.

    Six bytes of the id come first: ids that grow with time (UUIDv7, counters) then fall side by side in
    the index, which random ones would scatter; ten bytes of a hash over the whole make it unique.
    """
    digest = blake2b(f"{consumer}\0{principal}\0{source}\0{event_id}".encode(), digest_size=10).digest()
    return pgproto.UUID(_leading(event_id) + digest)


def _leading(event_id: str) -> bytes:
    try:
        leading = bytes.fromhex(event_id.replace("-", "")[:12].rjust(12, "0"))
    except ValueError:
        leading = b""
    # fromhex passes over blanks, and is left with fewer bytes then
    return leading if len(leading) == _LEADING else event_id.encode()[:_LEADING].ljust(_LEADING, b"\0")


def fingerprint(wire_type: str, data: bytes) -> int:
    """Tells other content under the same name; equal bytes are equal, others are compared as JSON."""
    return int.from_bytes(sha256(wire_type.encode() + b"\0" + data, usedforsecurity=False).digest()[:8], "big", signed=True)


def _is_plainly_keyed(data: bytes, field: str, key: bytes | None) -> bool:
    """Whether a body names that key beyond doubt, if it keeps its contract: the field stands in it once, unescaped, with just this text."""
    name = f'"{field}"'.encode()
    at = data.find(name)
    found = _TEXT.match(data, at + len(name)) if at >= 0 else None
    return found is not None and found[1] == key and data.find(name, found.end()) < 0 and not _ESCAPED_NAME.search(data)


def _check_principal(source: str, principal: str) -> None:
    steps = source.split("/", 3)
    if steps[0] or len(steps) < 2:  # noqa: PLR2004 - not one of our own paths
        return
    party = _PARTIES.get(steps[1])
    if party is None:
        return
    claimed = f"{party}:{steps[2] if len(steps) > 2 else ''}" if party in {"dealer", "carrier"} else party  # noqa: PLR2004
    if claimed != principal:
        raise Invalid("principal_mismatch", Finding("source", "the partner that owns this topic"))


def _text(key: bytes | None) -> str | None:
    if key is None or len(key) > _MOST_KEY_BYTES:
        return None
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
