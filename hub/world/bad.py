"""Make records that the hub must not take, knowing why it will not."""
# ruff: noqa: PLR2004 - shares are the data of an invented world

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from contracts.topics import DEALER_EVENTS
from hub.world import names, oem
from hub.world.speech import NEWER, Meant, Saying, Slip, Utterance, binary, structured, written

Fault = Callable[[Utterance], Utterance]


def under_a_fresh_key(rng: Random, dealer: str, ref: str, id_: str, until: datetime, last: Meant | None) -> Saying | Slip:
    """A bad record whose key nobody else uses; `last` is an event that was said before, so that its id can be used again."""
    if rng.random() < 0.3:
        return Saying(refused(rng, dealer, ref, id_, until), "refused")
    event = _sound(rng, dealer, ref, id_, until)
    if last is not None and rng.random() < 0.05:
        again = event._replace(source=last.source, id=last.id)
        return Slip(binary(DEALER_EVENTS.of(dealer), again, again.at, "bad"), "id_reuse")
    reason, spoil = rng.choice(_SPOILT)
    is_structured = spoil in _EITHER_MODE and rng.random() < 0.3
    whole = (structured if is_structured else binary)(DEALER_EVENTS.of(dealer), event, event.at, "bad")
    return Slip(spoil(whole), reason)


def under_a_living_key(rng: Random, dealer: str, ref: str, id_: str, until: datetime) -> Saying | Slip:
    """A bad record with the key of a subject about which more will be said: all of that waits behind it."""
    if rng.random() < 0.5:
        return Saying(refused(rng, dealer, ref, id_, until), "holding")
    event = _sound(rng, dealer, ref, id_, until)
    return Slip(_cut_short(binary(DEALER_EVENTS.of(dealer), event, event.at, "holding")), "schema")


def refused(rng: Random, dealer: str, ref: str, id_: str, until: datetime) -> Meant:
    """An event that keeps its contract, and that the base data or plain sense forbid."""
    at = until - timedelta(days=rng.uniform(1, 60))
    deed, said = rng.choice(_FORBIDDEN)
    own = {field: ref if value == _ITSELF else value for field, value in said.items()}
    return _event(dealer, deed, ref, id_, at, own)


def _sound(rng: Random, dealer: str, ref: str, id_: str, until: datetime) -> Meant:
    at = until - timedelta(days=rng.uniform(1, 60))
    return _event(dealer, "customer.recorded", ref, id_, at, {"name": names.person(rng), "employees": 7})


def _event(dealer: str, deed: str, ref: str, id_: str, at: datetime, said: dict[str, Any]) -> Meant:
    said = said | {"occurred_at": written(at)}
    return Meant(f"dealer:{dealer}", deed, ref, at, None, None, f"/dealers/{dealer}/bad", id_, said)


_ITSELF = "\0itself"
_FORBIDDEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("opportunity.moved", {"from_stage": "interest", "to_stage": "contract"}),
    ("opportunity.moved", {"sales_model": "fleet", "from_stage": "need", "to_stage": "terms"}),
    ("opportunity.moved", {"from_stage": "offer", "to_stage": "daydream"}),
    ("opportunity.opened", {"stage": "pilot"}),
    ("opportunity.won", {"stage": "interest"}),
    ("opportunity.lost", {"stage": "contract", "reason": "price", "competitor": "none"}),
    ("opportunity.lost", {"stage": "offer", "reason": oem.RETIRED_REASON, "competitor": "none"}),
    ("opportunity.reopened", {"sales_model": "fleet", "stage": "contract"}),
    ("customer.recorded", {"name": "Own Parent", "parent": _ITSELF}),
    ("customer.changed", {"parent": _ITSELF}),
    ("customer.changed", {"phone": "+44 7700 900000", "cleared": ["note", "phone"]}),
    ("contact.reports_to", {"superior": _ITSELF}),
)


def _cut_short(said: Utterance) -> Utterance:
    return said._replace(value=(said.value or b"")[:-9])


def _in_body(change: Callable[[dict[str, Any]], object]) -> Fault:
    def spoil(said: Utterance) -> Utterance:
        whole = json.loads(said.value or b"")
        change(whole.get("data", whole))
        return said._replace(value=json.dumps(whole).encode())

    return spoil


def _in_header(name: str, raw: bytes | None) -> Fault:
    def spoil(said: Utterance) -> Utterance:
        kept = [header for header in said.headers if header[0] != name]
        return said._replace(headers=kept if raw is None else [*kept, (name, raw)])

    return spoil


def _valued(value: bytes | None) -> Fault:
    return lambda said: said._replace(value=value)


def _keyed(key: bytes | None) -> Fault:
    return lambda said: said._replace(key=key)


def _without(field: str) -> Fault:
    return _in_body(lambda body: body.pop(field))


def _saying(**fields: object) -> Fault:
    return _in_body(lambda body: body.update(fields))


def _filed_elsewhere(said: Utterance) -> Utterance:
    return said._replace(key=(said.key or b"") + b"-elsewhere")


def _named_twice(said: Utterance) -> Utterance:
    return said._replace(value=(said.value or b"").replace(b'{"name"', b'{"name":"Somebody Else","name"', 1))


_BODY_FAULTS: tuple[tuple[str, Fault], ...] = (
    ("schema", _without("name")),
    ("schema", _without("occurred_at")),
    ("schema", _without("customer")),
    ("schema", _saying(name=None)),
    ("schema", _saying(name="a\0b")),
    ("schema", _saying(employees="seven")),
    ("schema", _saying(employees=True)),
    ("schema", _saying(employees=2**63)),
    ("schema", _saying(status="no such status")),
    ("schema", _saying(occurred_at="9999-12-31T23:59:59Z")),
    ("schema", _saying(occurred_at="2025-02-03T04:05:06")),
    ("schema", _saying(revision=0)),
    ("from_the_future", _saying(occurred_at="2150-01-01T00:00:00Z")),
    ("key_mismatch", _saying(customer="somebody else")),
)
_EITHER_MODE = frozenset(spoil for _, spoil in _BODY_FAULTS)
_SPOILT: tuple[tuple[str, Fault], ...] = (
    *_BODY_FAULTS,
    ("schema", _cut_short),
    ("schema", _named_twice),
    ("schema", _valued(b"")),
    ("schema", _valued(b"[]")),
    ("schema", _valued(b"\xff\xfe{\0}\0")),
    ("envelope", _valued(None)),
    ("envelope", _in_header("ce_id", None)),
    ("envelope", _in_header("ce_id", b"\xff\xfe")),
    ("envelope", _in_header("ce_type", b"")),
    ("envelope", _in_header("ce_specversion", b"0.3")),
    ("envelope", _in_header("ce_time", b"yesterday")),
    ("envelope", _in_header("content-type", b"application/xml")),
    ("envelope", _in_header("content-type", b"application/cloudevents+json")),
    ("unknown_type", _in_header("ce_type", b"hub.customer.adored.v1")),
    ("unknown_type", _in_header("ce_type", b"com.example.customer")),
    ("wrong_topic", _in_header("ce_type", b"hub.competitor.recorded.v1")),
    ("principal_mismatch", _in_header("ce_source", b"/dealers/somebody-else/dms")),
    ("principal_mismatch", _in_header("ce_source", b"/oem/base")),
    ("key_mismatch", _filed_elsewhere),
    ("key_mismatch", _keyed(None)),
    ("key_mismatch", _keyed(b"\xff\xfe")),
    (NEWER, _in_header("ce_type", b"hub.customer.recorded.v99")),
)
