"""Read single records for a person's eyes, personal data masked unless there is a reason to see it."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from contracts import catalogue, envelope
from contracts.contract import Invalid
from hub.errors import HubError, InputError
from hub.operations.acts import Act, record
from hub.operations.cluster import Cluster
from hub.operations.topic_facts import Reach, reaches
from hub.rules.masking import mask, mask_reference, shape
from hub.settings import Settings

LOOKED_THROUGH = 10_000
"""How many of each partition's last records a filter looks through."""

_KNOWN_HEADERS = frozenset({"content-type", *(f"ce_{name}" for name in ("specversion", "id", "source", "type", "time", "subject", envelope.HISTORICAL))})
_PLACE = re.compile(r"(?P<topic>[^@]+)@(?P<partition>\d{1,9}):(?P<offset>\d{1,18})\Z")
_BATCH, _PATIENCE = 500, 0.3


class Place(NamedTuple):
    """Where one record is."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}@{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read `TOPIC@PARTITION:OFFSET`; raises InputError."""
        match = _PLACE.match(text)
        if match is None:
            raise InputError("record", "TOPIC@PARTITION:OFFSET, such as oem.crm@0:42", text)
        return cls(match["topic"], int(match["partition"]), int(match["offset"]))


@dataclass(frozen=True, slots=True)
class View:
    """One record as a person sees it; `problems` says where it breaks its envelope or contract."""

    topic: str
    partition: int
    offset: int
    time: datetime
    key: str | None
    type: str
    headers: dict[str, str]
    body: object
    problems: tuple[str, ...] = ()


def one(settings: Settings, place: Place, *, why: str = "") -> View:
    """The record at a place; a `why` shows it unmasked, and is kept as an act before anything is read."""
    cluster = Cluster(settings)
    reach = _reach(cluster, place.topic)
    part = next((part for part in reach if part.partition == place.partition), None)
    if part is None:
        raise InputError("partition", f"0 to {len(reach) - 1}", place.partition)
    if not part.start <= place.offset < part.end:
        raise InputError("offset", f"{part.start} to {part.end - 1}" if part.end > part.start else "none: the partition is empty", place.offset)
    if why:
        record(Act("record.unmasked", str(place), why))
    for message in _read(cluster, place.topic, {place.partition: place.offset}, {place.partition: place.offset + 1}):
        if message.offset() == place.offset:
            return view(message, is_masked=not why)
        break
    raise InputError("offset", "the offset of a record: compaction, or a transaction, left none at this one", place.offset)


def tail(
    settings: Settings,
    topic: str,
    *,
    count: int | None = None,
    follow: bool = False,
    from_start: bool = False,
    wire: str = "",
    key: str = "",
    why: str = "",
) -> Iterator[View]:
    """The last records of a topic by time (or its first), then, following, whatever comes; ends by itself unless following.

    With a filter (an event type with or without its version, a record key) only each partition's last
    `LOOKED_THROUGH` records are looked through, unless from the start.
    """
    cluster = Cluster(settings)
    reach = _reach(cluster, topic)
    if why:
        record(Act("topic.unmasked", topic, why), wire=wire, key=key)
    ends = {part.partition: part.end for part in reach}
    back = LOOKED_THROUGH if wire or key else (10 if count is None else count)
    starts = {part.partition: part.start if from_start else max(part.start, part.end - back) for part in reach}
    matching = (message for message in _read(cluster, topic, starts, ends) if _matches(message, wire, key))
    if from_start:
        for seen, message in enumerate(matching, 1):
            yield view(message, is_masked=not why)
            if seen == count:
                return
    else:
        last = deque(matching)
        newest = sorted(last, key=lambda message: (message.timestamp()[1], message.partition() or 0, message.offset() or 0))
        for message in newest[-back if not (wire or key) else -(10 if count is None else count) :] if count != 0 else []:
            yield view(message, is_masked=not why)
    if follow:
        for message in _read(cluster, topic, ends, None):
            if _matches(message, wire, key):
                yield view(message, is_masked=not why)


def view(message: Message, *, is_masked: bool = True) -> View:
    """What a person sees of a record."""
    headers = [(name, raw.encode() if isinstance(raw, str) else raw) for name, raw in _pairs(message)]
    wire, body, problems = _decoded(headers, message.value(), is_masked)
    return View(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
        _key(message.key(), is_masked),
        wire,
        {(mask_reference(name) if is_masked else name): _header(name, raw, is_masked) for name, raw in headers},
        body,
        problems,
    )


def _decoded(headers: list[tuple[str, bytes | None]], value: bytes | None, is_masked: bool) -> tuple[str, object, tuple[str, ...]]:
    from pydantic_core import from_json

    try:
        found, data = envelope.read(headers, value)
        body = from_json(data, allow_inf_nan=False)
    except Invalid as broken:
        return "", _opaque(value, is_masked), (str(broken),)
    except ValueError as broken:
        return mask_reference(found.type), _opaque(value, is_masked), (f"(body): JSON ({broken})",)
    problems: tuple[str, ...] = ()
    try:
        lineage, version = catalogue.lookup(found.type)
        lineage.decode(version, data)
    except catalogue.NewerVersion:
        problems = ("type: a version that this hub does not know yet",)
    except Invalid as broken:
        problems = tuple(f"{finding.path or '(body)'}: {finding.expected}" for finding in broken.findings)
    return mask_reference(found.type) if is_masked else found.type, mask(found.type, body) if is_masked else body, problems


def _opaque(value: bytes | None, is_masked: bool) -> object:
    if value is None:
        return None
    return shape(value) if is_masked else value.decode("utf-8", "backslashreplace")


def _key(raw: bytes | None, is_masked: bool) -> str | None:
    if raw is None:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return shape(raw) if is_masked else raw.decode("utf-8", "backslashreplace")
    return mask_reference(text) if is_masked else text


def _header(name: str, raw: bytes | None, is_masked: bool) -> str:
    if raw is None:
        return "null"
    if not is_masked:
        return raw.decode("utf-8", "backslashreplace")
    return mask_reference(raw.decode("utf-8", "replace")) if name in _KNOWN_HEADERS else shape(raw)


def _pairs(message: Message) -> list[tuple[str, Any]]:
    headers: Any = message.headers() or []
    return list(headers.items() if isinstance(headers, dict) else headers)


def _matches(message: Message, wire: str, key: str) -> bool:
    if key and (message.key() or b"").decode("utf-8", "replace") != key:
        return False
    if not wire:
        return True
    try:
        found, _ = envelope.read([(name, raw.encode() if isinstance(raw, str) else raw) for name, raw in _pairs(message)], message.value())
    except Invalid:
        return False
    return found.type == wire or found.type.rpartition(".v")[0] in {wire, f"hub.{wire}"}


def _reach(cluster: Cluster, topic: str) -> tuple[Reach, ...]:
    known = cluster.metadata().topics.get(topic)
    if known is None:
        raise InputError("topic", "a topic on the cluster (hub topics list)", topic)
    return reaches(cluster, {topic: len(known.partitions)})[topic]


def _read(cluster: Cluster, topic: str, starts: dict[int, int], ends: dict[int, int] | None) -> Iterator[Message]:
    """The records from `starts` up to before `ends`, or for ever: each partition's in order."""
    left = {at for at, start in starts.items() if ends is None or start < ends[at]}
    if not left:
        return
    with cluster.consumer() as consumer:
        consumer.assign([TopicPartition(topic, at, starts[at]) for at in sorted(left)])
        while left or ends is None:
            yield from _batch(cluster, consumer, left, ends)


def _batch(cluster: Cluster, consumer: Consumer, left: set[int], ends: dict[int, int] | None) -> Iterator[Message]:
    for message in consumer.consume(_BATCH, _PATIENCE):
        at, error = message.partition() or 0, message.error()
        if error is None:
            offset = message.offset() or 0
            if ends is None or offset < ends[at]:
                yield message
            if ends is not None and offset + 1 >= ends[at]:
                left.discard(at)
        elif error.code() == KafkaError._PARTITION_EOF:
            if ends is not None:
                left.discard(at)
        elif not error.retriable():
            raise cluster.explain(error, "reading records") if error.code() != KafkaError._AUTO_OFFSET_RESET else HubError(
                "reading records: retention took them while they were read, try again"
            )
