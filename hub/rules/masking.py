"""Mask what is personal in a record, so that an operator sees its shape and its references.

What is not known to be harmless is masked: an unknown type, an unknown field, a value that does not look like
what its field should hold.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints, overload

from pydantic import BaseModel

from contracts import catalogue
from contracts.contract import Invalid
from contracts.values import (
    Amount,
    CalendarId,
    Clock,
    Count,
    Country,
    Currency,
    CurrencyPair,
    Day,
    EventId,
    Instant,
    Kilometres,
    Minor,
    Money,
    MonthDay,
    OrderId,
    PartnerId,
    Percent,
    Permille,
    Price,
    Quantity,
    Rate,
    Ref,
    Revision,
    Sha256,
    Slug,
    TimeZone,
    Unlocode,
    Vin,
    Zone,
)

HARMLESS: tuple[Any, ...] = (
    *(Ref, OrderId, Slug, PartnerId, EventId),
    *(Instant, Day, Clock, Revision, Count, Minor, Quantity, Percent, Currency, Country, bool, NoneType),
    *(Permille, Price, Amount, Rate, CurrencyPair, Zone, Unlocode, Sha256, Vin, TimeZone, Kilometres),
    *(CalendarId, MonthDay),
)
"""The value types that say nothing of a person by themselves."""

PERSONAL = frozenset(
    {"name", "email", "phone", "address", "street", "birthday", "note", "need", "owner", "manager", "by", "title", "function"}
)
"""Fields that are masked whatever their type, but for HARMLESS_IN."""

HARMLESS_IN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "dealer.recorded": frozenset({"name", "unit"}),
        "product.recorded": frozenset({"name", "series"}),
        "sales_model.recorded": frozenset({"name"}),
        "loss_reason.recorded": frozenset({"name"}),
        "competitor.recorded": frozenset({"name", "products", "strengths", "weaknesses"}),
        "template.recorded": frozenset({"name", "language", "subject", "text", "mjml"}),
        "consent_purpose.recorded": frozenset({"name"}),
        "consent.updated": frozenset({"subject", "purpose"}),
        "consent.recorded": frozenset({"consumer", "who", "why"}),
        "suppression.added": frozenset({"consumer", "who", "why"}),
        "suppression.released": frozenset({"consumer", "who", "why"}),
        "freight_dispute.conceded": frozenset({"consumer", "who", "why"}),
        "delivery.reported": frozenset({"reference", "code"}),
        "address.bounced": frozenset({"code"}),
        "carrier.recorded": frozenset({"name"}),
        "tariff.recorded": frozenset({"name"}),
        "service_plan.recorded": frozenset({"name"}),
        "reminder_plan.recorded": frozenset({"name"}),
        "open_item.updated": frozenset({"subject"}),
        "calendar.recorded": frozenset({"name"}),
        "vehicle.handed_over": frozenset({"product", "order"}),
        "reminder.due": frozenset({"subject", "reminder"}),
        "reminder.closed": frozenset({"subject", "reminder"}),
        "activity.reported": frozenset({"subject"}),
        "sales_document.recorded": frozenset({"title", "version", "file"}),
        "campaign.prepared": frozenset({"who", "why", "title", "conditions"}),
        "campaign.tested": frozenset({"who", "why"}),
        "campaign.approved": frozenset({"who", "why", "prepared_by"}),
        "campaign.released": frozenset({"who", "why"}),
        "campaign.paused": frozenset({"who", "why"}),
        "campaign.resumed": frozenset({"who", "why"}),
        "campaign.stopped": frozenset({"who", "why"}),
        "message.requested": frozenset({"who", "why"}),
        "delivery.updated": frozenset({"reason", "purpose", "template", "campaign", "documents", "provider", "reference"}),
        "record.rejected": frozenset({"subject", "topic", "reason", "path", "expected", "event_id", "event_type"}),
        "wait.answered": frozenset({"consumer", "principal", "store", "subject", "kind", "ref"}),
        "wait.expired": frozenset({"consumer", "principal", "store", "subject", "kind", "ref"}),
        "dead_letter.redriven": frozenset({"consumer", "who", "why", "type", "path"}),
        "dead_letter.discarded": frozenset({"consumer", "who", "why"}),
        "wait.released": frozenset({"consumer", "who", "why"}),
        "wait.ended": frozenset({"consumer", "who", "why"}),
        "operation.begun": frozenset({"who", "why", "what", "subject", "steps"}),
        "operation.ended": frozenset({"done", "failed"}),
        "personal_data.unmasked": frozenset({"who", "why", "what", "subject"}),
        "customer.updated": frozenset({"subject"}),
        "contact.updated": frozenset({"subject"}),
        "lead.updated": frozenset({"subject"}),
        "opportunity.updated": frozenset({"subject", "product"}),
        "order.requested": frozenset({"product"}),
        "order.accepted": frozenset({"product"}),
        "order.changed": frozenset({"product"}),
        "delivery.despatched": frozenset({"product"}),
        "shipment.updated": frozenset({"subject"}),
        "charge.updated": frozenset({"subject"}),
    }
)
"""Free text that the OEM or the hub wrote, by event type: nothing that tells of a person."""

_REFERENCE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.:/+#-]|@(?=\d{4}-\d\d-\d\d\Z)){0,149}\Z")
_WHOLE = frozenset({"", "(body)"})
"""Paths of what is wrong with a record as a whole."""
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_ADDRESS = re.compile(r"@|\d[\d ()/.-]{5,}\d")  # an e-mail address or a telephone number within prose


class _Shown(NamedTuple):
    """How to treat a value: as harmless, as free text of our own, by its fields, or not at all."""

    is_harmless: bool = False
    is_prose: bool = False
    fields: Mapping[str, "_Shown"] = MappingProxyType({})


_HIDDEN = _Shown()


def mask(wire: str, body: object) -> object:
    """The JSON body of an event type, masked; of an unknown type, or of a version from the future, the shape alone."""
    try:
        lineage, version = catalogue.lookup(wire)
    except (Invalid, catalogue.NewerVersion):
        return _masked(body, _HIDDEN)
    model: type[BaseModel] = lineage.editions[version - 1]
    return _masked(body, _of_model(model, HARMLESS_IN.get(lineage.name, frozenset())))


@overload
def mask_reference(text: str) -> str: ...
@overload
def mask_reference(text: str | None) -> str | None: ...
def mask_reference(text: str | None) -> str | None:
    """A record key, an id or a subject: shown where it looks like one, or where there is none."""
    return text if not text or _REFERENCE.match(text) else shape(text)


def mask_path(path: str) -> str:
    """Where something is wrong in a record: a sender may have put anything in the place of a field's name."""
    return path if path in _WHOLE else mask_reference(path)


def shape(value: object) -> str:
    """What stands in the place of a masked value: its kind and size."""
    match value:
        case bool():
            return "<yes or no>"
        case str() | bytes():
            return f"<{'text' if isinstance(value, str) else 'bytes'}, {len(value)}>"
        case int() | float():
            return "<number>"
        case _:
            return "<hidden>"


def _masked(value: object, shown: _Shown) -> object:
    match value:
        case None:
            return None
        case dict():
            return {
                (key if key in shown.fields else f"<unknown {at}>"): _masked(held, shown.fields.get(key, _HIDDEN))
                for at, (key, held) in enumerate(value.items(), 1)
            }
        case list():
            return [_masked(held, shown) for held in value]
        case str() if shown.is_prose:
            return shape(value) if _ADDRESS.search(_DATE.sub("", value)) and not _REFERENCE.match(value) else value
        case str() if shown.is_harmless:
            return mask_reference(value)
        case _:
            return value if shown.is_harmless else shape(value)


@cache
def _of_model(model: type[BaseModel], prose: frozenset[str]) -> _Shown:
    hints = get_type_hints(model, include_extras=True)
    return _Shown(fields={name: _of_field(name, hints[name], prose) for name in model.model_fields})


def _of_field(name: str, hint: object, prose: frozenset[str]) -> _Shown:
    inner = _of_type(hint, prose)
    if name in prose:
        return _Shown(is_prose=True)
    if name in PERSONAL:
        return _Shown(fields=_hide(inner.fields))
    return inner


def _hide(fields: Mapping[str, _Shown]) -> Mapping[str, _Shown]:
    return {name: _Shown(fields=_hide(inner.fields)) for name, inner in fields.items()}


def _of_type(hint: object, prose: frozenset[str]) -> _Shown:
    if hint is Money:
        return _Shown(fields=dict.fromkeys(Money.model_fields, _Shown(is_harmless=True)))
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _of_model(hint, prose)
    if hint in HARMLESS or get_origin(hint) is Literal:
        return _Shown(is_harmless=True)
    if get_origin(hint) is Annotated:
        return _of_type(get_args(hint)[0], prose)
    if get_origin(hint) in (Union, UnionType, tuple):
        inner = [_of_type(part, prose) for part in get_args(hint) if part not in (NoneType, Ellipsis)]
        return _Shown(all(part.is_harmless for part in inner), fields={name: how for part in inner for name, how in part.fields.items()})
    return _HIDDEN
