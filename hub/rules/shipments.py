"""How a shipment follows from what the ERP despatches and the carrier reports.

A shipment only goes forward: tendered, booked, collected, under way, and then delivered, returned or cancelled. What is
told late joins the history and moves nothing back; a mistake is taken back by a correction. Under way it may go to and fro
between hubs, customs and the last mile. An exception interrupts and takes nothing away of what was reached.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from contracts.contract import Event
from contracts.papers import DeliveryDespatched
from contracts.shipments import (
    Place,
    ShipmentEstimated,
    ShipmentPositioned,
    ShipmentProven,
    ShipmentReported,
    ShipmentUpdated,
)
from hub.rules.consignments import advice_of
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, carrier_of
from hub.rules.orders.subjects import ERP, of_order

RANK = {
    "planned": 0,
    "tendered": 1,
    "booked": 2,
    "collected": 3,
    **dict.fromkeys(("in_transit", "at_hub", "customs", "out_for_delivery"), 4),
    "delivered": 5,
    **dict.fromkeys(("returned", "cancelled"), 6),
}
"""How far each status is; where two are as far, the later news counts."""

_MOST_ESTIMATES = 50
_MOST_ORDERS = 2000
_NOTHING_PROVEN: dict[str, None] = dict.fromkeys(("signed_by", "proof", "proof_sha256"))


class Shipment(NamedTuple):
    """One consignment. `status` is what it `reached`, or `exception` while something is amiss, with `incident` for the reason.

    `delay_minutes` is how much later than planned it arrives or arrived (less than 0: earlier), where both are known.
    `estimates` are the latest estimates of the arrival, oldest first; `heard_at` is when the carrier last said anything.
    """

    status: str
    reached: str
    status_at: datetime
    incident: str | None
    place: str | None
    country: str | None
    despatched_at: datetime | None
    planned_arrival: datetime | None
    estimated_arrival: datetime | None
    delivered_at: datetime | None
    delay_minutes: int | None
    estimates: list[dict[str, str]]
    heard_at: datetime | None
    signed_by: str | None
    proof: str | None
    proof_sha256: str | None
    advices: list[dict[str, Any]]
    orders: list[str]


class Position(NamedTuple):
    """Where a shipment was seen last, in millionths of a degree."""

    latitude_micro: int
    longitude_micro: int
    seen_at: datetime


def advised(state: Shipment | None, event: DeliveryDespatched, _facts: Facts) -> Decision[Shipment]:
    """The ERP has handed goods over; the carrier may have spoken of them before."""
    shipment = state or _blank(event.occurred_at)
    if any(advice["document"] == event.document for advice in shipment.advices):
        return Keep("advised already")
    advice = advice_of(event)
    if not advice["lines"]:
        return Keep("void")
    orders = sorted({*shipment.orders, *(line["order"] for line in advice["lines"])})
    shipment = shipment._replace(
        advices=[*shipment.advices, advice],
        orders=orders,
        despatched_at=shipment.despatched_at or event.occurred_at,
        planned_arrival=event.expected_at or shipment.planned_arrival,
    )
    return Change(_delayed(shipment))


def reported(state: Shipment | None, event: ShipmentReported, _facts: Facts) -> Decision[Shipment]:
    """On to what was reached, unless the shipment is past it."""
    shipment = state or _blank(event.occurred_at)
    if event.status == "exception":
        return _amiss(shipment, event)
    if not _may_follow(shipment.reached, event.status):
        return Keep(f"past it: {shipment.reached}")
    shipment = shipment._replace(
        status=event.status,
        reached=event.status,
        status_at=event.occurred_at,
        incident=event.incident,
        delivered_at=event.occurred_at if event.status == "delivered" else shipment.delivered_at,
    )
    return Change(_delayed(_estimated(_heard(shipment, event), event.estimated_arrival, event.occurred_at)))


def estimated(state: Shipment | None, event: ShipmentEstimated, _facts: Facts) -> Decision[Shipment]:
    """The newest estimate counts, until the shipment has arrived."""
    shipment = state or _blank(event.occurred_at)
    if RANK[shipment.reached] >= RANK["delivered"]:
        return Keep(f"past it: {shipment.reached}")
    return Change(_delayed(_estimated(shipment._replace(heard_at=event.occurred_at), event.estimated_arrival, event.occurred_at)))


def proven(state: Shipment | None, event: ShipmentProven, _facts: Facts) -> Decision[Shipment]:
    """A signature proves the delivery, reported or not."""
    shipment = state or _blank(event.occurred_at)
    shipment = shipment._replace(signed_by=event.signed_by, proof=event.document, proof_sha256=event.sha256, heard_at=event.occurred_at)
    if RANK[shipment.reached] < RANK["delivered"]:
        at = event.occurred_at
        shipment = shipment._replace(status="delivered", reached="delivered", status_at=at, delivered_at=at, incident=None)
    return Change(_delayed(shipment))


def positioned(_state: Position | None, event: ShipmentPositioned, _facts: Facts) -> Decision[Position]:
    """The newest position is all that is kept."""
    return Change(Position(event.latitude_micro, event.longitude_micro, event.occurred_at))


def told(before: Shipment | None, after: Shipment, subject: Subject, because: Event, revision: int) -> ShipmentUpdated | None:
    """What everybody may hear of it; that the carrier spoke and nothing changed is no news."""
    fields = ("status", "incident", "planned_arrival", "estimated_arrival", "delivered_at")
    heard = {field: getattr(after, field) for field in fields}
    if before is not None and before.orders == after.orders and heard == {field: getattr(before, field) for field in fields}:
        return None
    carrier = carrier_of(subject.principal)
    return ShipmentUpdated.model_validate(
        {
            "occurred_at": because.occurred_at,
            "revision": revision,
            "subject": f"{carrier}/{subject.ref}",
            "carrier": carrier,
            "consignment": subject.ref,
            "orders": tuple(after.orders[:_MOST_ORDERS]),
            **heard,
        }
    )


def for_dealers(before: Shipment | None, after: Shipment, subject: Subject, because: Event, revision: int) -> Iterator[ShipmentUpdated]:
    """What each dealer hears of a shipment that has its orders on board: of no orders but its own."""
    heard = told(before, after, subject, because, revision)
    if heard is not None:
        for _, own in groupby(sorted(heard.orders, key=_dealer), key=_dealer):
            yield heard.model_copy(update={"orders": tuple(own)})


def dealer_of(_state: Shipment, _subject: Subject, heard: ShipmentUpdated) -> str | None:
    """Whose orders it tells of; nobody's where the ERP sends what no dealer asked for."""
    return _dealer(heard.orders[0]) or None


def _dealer(order: str) -> str:
    whose = of_order(order)
    return "" if whose.principal == ERP else whose.dealer


def _blank(at: datetime) -> Shipment:
    return Shipment("planned", "planned", at, *(None,) * 8, estimates=[], heard_at=None, **_NOTHING_PROVEN, advices=[], orders=[])


def _may_follow(reached: str, status: str) -> bool:
    if RANK[reached] > RANK["delivered"] or (reached == "delivered" and status != "returned"):
        return False
    return RANK[status] >= RANK[reached]


def _amiss(shipment: Shipment, event: ShipmentReported) -> Decision[Shipment]:
    """Before the delivery an exception is the status; after it (damage found in a box) it is noted beside."""
    if RANK[shipment.reached] > RANK["delivered"]:
        return Keep(f"past it: {shipment.reached}")
    incident = event.incident or "other"
    if shipment.reached == "delivered":
        return Change(shipment._replace(incident=incident, heard_at=event.occurred_at))
    shipment = _heard(shipment._replace(status="exception", status_at=event.occurred_at, incident=incident), event)
    return Change(_delayed(_estimated(shipment, event.estimated_arrival, event.occurred_at)))


def _heard(shipment: Shipment, event: ShipmentReported) -> Shipment:
    where = event.place
    return shipment._replace(
        heard_at=event.occurred_at,
        place=_named(where) if where else shipment.place,
        country=where.country if where else shipment.country,
    )


def _named(place: Place) -> str | None:
    return place.city or place.unlocode or place.postal_code  # not its name: that may be a person


def _estimated(shipment: Shipment, arrival: datetime | None, at: datetime) -> Shipment:
    if arrival is None or arrival == shipment.estimated_arrival:
        return shipment
    estimate = {"arrival": arrival.isoformat(), "told_at": at.isoformat()}
    return shipment._replace(estimated_arrival=arrival, estimates=[*shipment.estimates, estimate][-_MOST_ESTIMATES:])


def _delayed(shipment: Shipment) -> Shipment:
    arrival, planned = shipment.delivered_at or shipment.estimated_arrival, shipment.planned_arrival
    if arrival is None or planned is None:
        return shipment._replace(delay_minutes=None)
    return shipment._replace(delay_minutes=int((arrival - planned).total_seconds() // 60))
