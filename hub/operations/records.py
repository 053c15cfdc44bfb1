"""Read records for a person's eyes: one by its place, or the last ones of a topic."""

import re
from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, TopicPartition

from contracts import envelope
from contracts.contract import Invalid
from hub.errors import HubError, InputError
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.record_view import View, headers_of, view
from hub.operations.topic_facts import Reach, reaches
from hub.settings import Settings

LOOKED_THROUGH = 10_000
"""How many of each partition's last records a filter looks through."""

DEFAULT_COUNT = 10

_PLACE = re.compile(r"(?P<topic>[^@]+)@(?P<partition>\d{1,9}):(?P<offset>\d{1,18})\Z")
_BATCH, _PATIENCE, _SILENCE = 500, 0.3, 60


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


def one(settings: Settings, place: Place, *, why: str = "") -> View:
    """The record at a place; a `why` shows it unmasked, and is kept as an act before anything is read."""
    cluster = Cluster(settings)
    found = reach(cluster, place.topic)
    part = next((part for part in found if part.partition == place.partition), None)
    if part is None:
        raise InputError("partition", f"0 to {len(found) - 1}", place.partition)
    if not part.start <= place.offset < part.end:
        raise InputError(
            "offset", f"{part.start} to {part.end - 1}" if part.end > part.start else "none: the partition is empty", place.offset
        )
    if why:
        Operator(cluster, why).unmasks("record.unmasked", str(place))
    for message in read(cluster, place.topic, {place.partition: place.offset}, {place.partition: place.offset + 1}):
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
    found = reach(cluster, topic)
    if why:
        Operator(cluster, why).unmasks("topic.unmasked", " ".join(filter(None, (topic, wire and f"--type {wire}", key and f"--key {key}"))))
    wanted = DEFAULT_COUNT if count is None else count
    back = LOOKED_THROUGH if wire or key else wanted
    ends = {part.partition: part.end for part in found}
    starts = {part.partition: part.start if from_start else max(part.start, part.end - back) for part in found}
    matching = (message for message in read(cluster, topic, starts, ends) if _matches(message, wire, key))
    for message in islice(matching, count) if from_start else reversed(nlargest(wanted, matching, key=_age)):
        yield view(message, is_masked=not why)
    if follow:
        for message in read(cluster, topic, ends, None):
            if _matches(message, wire, key):
                yield view(message, is_masked=not why)


def _age(message: Message) -> tuple[int, int, int]:
    return message.timestamp()[1], message.partition() or 0, message.offset() or 0


def _matches(message: Message, wire: str, key: str) -> bool:
    if key and (message.key() or b"").decode("utf-8", "replace") != key:
        return False
    if not wire:
        return True
    try:
        found, _ = envelope.read(headers_of(message), message.value())
    except Invalid:
        return False
    return found.type == wire or found.type.rpartition(".v")[0] in {wire, f"hub.{wire}"}


def reach(cluster: Cluster, topic: str) -> tuple[Reach, ...]:
    """The offsets of a topic's partitions; raises InputError where there is no such topic."""
    known = cluster.metadata().topics.get(topic)
    if known is None:
        raise InputError("topic", "a topic on the cluster (hub topics list)", topic)
    return reaches(cluster, {topic: len(known.partitions)})[topic]


def read(cluster: Cluster, topic: str, starts: dict[int, int], ends: dict[int, int] | None) -> Iterator[Message]:
    """The records from `starts` up to before `ends`, or for ever: each partition's in order."""
    left = {at for at, start in starts.items() if ends is None or start < ends[at]}
    if not left:
        return
    with cluster.consumer() as consumer:
        consumer.assign([TopicPartition(topic, at, starts[at]) for at in sorted(left)])
        silent = 0
        while left or ends is None:
            messages = consumer.consume(_BATCH, _PATIENCE)
            silent = 0 if messages else silent + 1
            if silent > _SILENCE and ends is not None:
                raise cluster.unavailable(f"no records of {topic} any more")
            yield from _sound(cluster, messages, left, ends)


def _sound(cluster: Cluster, messages: list[Message], left: set[int], ends: dict[int, int] | None) -> Iterator[Message]:
    for message in messages:
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
            if error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise HubError("reading records: retention took them while they were read, try again")
            raise cluster.explain(error, "reading records")
