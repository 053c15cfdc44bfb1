"""Put what a party means into a Kafka record, in either of the content modes of CloudEvents."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from contracts import base, contacts, customers, leads, opportunities, topics
from contracts.catalogue import LINEAGES
from contracts.contract import Lineage
from contracts.envelope import HISTORICAL, Envelope, write

Header = tuple[str, bytes]

_STRUCTURED = b"application/cloudevents+json; charset=utf-8"
STORES = ("base_data", "customers", "contacts", "leads", "opportunities")
_LINEAGES: tuple[tuple[str, Sequence[Lineage[Any]]], ...] = (
    ("base_data", base.LINEAGES),
    ("customers", customers.LINEAGES),
    ("contacts", contacts.LINEAGES),
    ("leads", leads.LINEAGES),
    ("opportunities", opportunities.LINEAGES),
)
STORE_OF = {lineage.name: store for store, lineages in _LINEAGES for lineage in lineages}
WIRE = {lineage.name: lineage.wire for lineage in LINEAGES}
SNAPSHOTS = frozenset(lineage.name for _, lineages in _LINEAGES for lineage in lineages if lineage.snapshot)
_REF_FIELD = {lineage.name: lineage.ref_field for lineage in LINEAGES}


class Meant(NamedTuple):
    """One event as its speaker means it: `said` is its body as JSON values, `deed` its type's name."""

    principal: str
    deed: str
    ref: str
    at: datetime
    revision: int | None
    corrects: str | None
    source: str
    id: str
    said: dict[str, Any]
    is_historical: bool = False

    @property
    def store(self) -> str:
        """The store whose subject it concerns."""
        return STORE_OF[self.deed]

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it one event, however often it is said."""
        return self.principal, self.source, self.id


class Utterance(NamedTuple):
    """One Kafka record; `told` says in a word what is remarkable about it."""

    topic: str
    key: bytes | None
    headers: list[Header]
    value: bytes | None
    told: str = ""


class Saying(NamedTuple):
    """An event about to be said, what is remarkable about that, and in which of the content modes."""

    event: Meant
    told: str
    is_structured: bool = False


class Slip(NamedTuple):
    """A record that the hub must not take: `reason` is that of its dead letter, NEWER that it waits for a newer hub."""

    utterance: Utterance
    reason: str


NEWER = "newer_version"


def topic_of(event: Meant) -> str:
    """The topic on which its speaker says it."""
    party, _, partner = event.principal.partition(":")
    match party:
        case "dealer":
            return topics.DEALER_EVENTS.of(partner)
        case "carrier":
            return (topics.CARRIER_TRACKING if event.deed.startswith("shipment.") else topics.CARRIER_FREIGHT).of(partner)
        case "erp":
            return (topics.ERP_DESPATCH if event.deed.startswith("delivery.") else topics.ERP_ORDERS).name
        case _:
            return topics.OEM_BASE.name


def body_of(event: Meant) -> dict[str, Any]:
    """The JSON body; base data names its subject by its own fields."""
    body = dict(event.said)
    field = _REF_FIELD[event.deed]
    if field != "edition":
        body[field] = event.ref
    body.setdefault("occurred_at", written(event.at))
    if event.revision is not None:
        body["revision"] = event.revision
    if event.corrects is not None:
        body["corrects"] = event.corrects
    return body


def written(at: datetime, hours_east: float = 0) -> str:
    """A moment in the way of a party that lives so many hours east of Greenwich."""
    if not hours_east:
        return at.isoformat().replace("+00:00", "Z")
    return (at + timedelta(hours=hours_east)).isoformat().replace("+00:00", f"+{int(hours_east):02}:{int(hours_east % 1 * 60):02}")


def binary(topic: str, event: Meant, time: datetime, told: str = "") -> Utterance:
    """The body alone as value, the attributes as headers."""
    value = json.dumps(body_of(event), ensure_ascii=False, separators=(",", ":")).encode()
    return Utterance(topic, event.ref.encode(), headers_of(event, time), value, told)


def structured(topic: str, event: Meant, time: datetime, told: str = "") -> Utterance:
    """The whole event as one JSON object."""
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": WIRE[event.deed],
        "time": time.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": body_of(event),
    }
    if event.is_historical:
        whole[HISTORICAL] = True
    value = json.dumps(whole).encode()
    return Utterance(topic, event.ref.encode(), [("content-type", _STRUCTURED)], value, told)


def headers_of(event: Meant, time: datetime) -> list[Header]:
    """The attributes of one event in binary mode."""
    extensions = {HISTORICAL: "true"} if event.is_historical else {}
    return write(Envelope(event.id, event.source, WIRE[event.deed], time, event.ref if event.ref.isascii() else None, extensions))


def serialised_again(said: Utterance, rng: Random) -> Utterance:
    """The same JSON in other bytes: keys in another order, other blanks, other escapes."""
    if said.value is None:
        return said
    parsed = json.loads(said.value)
    return said._replace(value=json.dumps(_shuffled(parsed, rng), ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 1))).encode())


def _shuffled(value: object, rng: Random) -> object:
    match value:
        case dict():
            keys = list(value)
            rng.shuffle(keys)
            return {key: _shuffled(value[key], rng) for key in keys}
        case list():
            return [_shuffled(item, rng) for item in value]
        case _:
            return value
