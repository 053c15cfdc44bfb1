"""First editions of what carriers say of shipments, and of what the hub tells of them."""

from typing import Annotated, Literal

from pydantic import FailFast, Field

from contracts.contract import Contract, Event
from contracts.values import Country, Instant, Line, OrderId, PartnerId, Quantity, Ref, Several, Sha256, Slug, Unlocode

ShipmentStatus = Literal[
    "planned",
    "tendered",
    "booked",
    "collected",
    "in_transit",
    "at_hub",
    "customs",
    "out_for_delivery",
    "delivered",
    "exception",
    "returned",
    "cancelled",
]

Reported = Literal[
    "tendered",
    "booked",
    "collected",
    "in_transit",
    "at_hub",
    "customs",
    "out_for_delivery",
    "delivered",
    "exception",
    "returned",
    "cancelled",
]

Incident = Literal[
    "damage",
    "loss",
    "breakdown",
    "weather",
    "traffic",
    "customs_hold",
    "address",
    "recipient_absent",
    "refused",
    "not_ready",
    "missed_connection",
    "strike",
    "other",
]
"""Why something did not go as planned."""


class Place(Contract):
    """Where something is, as far as it is told."""

    name: Line | None = None
    city: Line | None = None
    postal_code: Line | None = None
    country: Country | None = None
    unlocode: Unlocode | None = None


class CarriageExtra(Contract):
    """A service beside the carriage, by its code in the tariff; `quantity` in the tariff's units (half hours of waiting, pallets)."""

    code: Slug
    quantity: Quantity = 1


class ShipmentReported(Event):
    """The shipment has reached a status; `incident` says why, where it is an exception or a return.

    `services` are what was done on this occasion and earns a surcharge.
    """

    consignment: Ref
    status: Reported
    incident: Incident | None = None
    place: Place | None = None
    estimated_arrival: Instant | None = None
    services: Several[CarriageExtra] = ()


class ShipmentEstimated(Event):
    """When the carrier now expects to arrive."""

    consignment: Ref
    estimated_arrival: Instant


class ShipmentProven(Event):
    """Proof of delivery: who signed, and the document by its reference and SHA-256."""

    consignment: Ref
    signed_by: Line | None = None
    document: Ref | None = None
    sha256: Sha256 | None = None


class ShipmentPositioned(Event):
    """Where the shipment is, in millionths of a degree (WGS 84). Only the newest position is kept."""

    consignment: Ref
    latitude_micro: Annotated[int, Field(ge=-90_000_000, le=90_000_000)]
    longitude_micro: Annotated[int, Field(ge=-180_000_000, le=180_000_000)]


class ShipmentUpdated(Event):
    """A shipment changed; `carrier/consignment` is the subject. `orders` are those on board."""

    subject: Line
    carrier: PartnerId
    consignment: Ref
    status: ShipmentStatus
    incident: Incident | None = None
    planned_arrival: Instant | None = None
    estimated_arrival: Instant | None = None
    delivered_at: Instant | None = None
    orders: Annotated[tuple[OrderId, ...], Field(max_length=2000), FailFast()] = ()
