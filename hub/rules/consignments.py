"""Which consignments a paper concerns, the ERP's or the carrier's, and what a despatch advice says of one."""

from collections.abc import Iterable
from typing import Any

from contracts.acts import DisputeConceded
from contracts.freight import FreightCredited, FreightInvoiced
from contracts.papers import DeliveryDespatched
from contracts.shipments import Place
from hub.rules.decision import Subject

_MOST_GRAMS = 10**12


def despatched(event: DeliveryDespatched, _principal: str) -> Iterable[Subject]:
    """The consignment, by the carrier's own reference; goods that no carrier takes concern no shipment."""
    if event.carrier is None or event.consignment is None:
        return ()
    return (Subject(f"carrier:{event.carrier}", event.consignment),)


def billed(event: FreightInvoiced | FreightCredited, principal: str) -> Iterable[Subject]:
    """Every consignment that a bill or a credit note of a carrier has a line for: its own ones, whatever it writes."""
    return (Subject(principal, line.consignment) for line in event.lines)


def conceded(event: DisputeConceded, _principal: str) -> Iterable[Subject]:
    """The consignment whose dispute an operator gives up."""
    return (Subject(f"carrier:{event.carrier}", event.consignment),)


def advice_of(event: DeliveryDespatched) -> dict[str, Any]:
    """The advice as states keep it: measures in g and dm3, places as country and postal code; lines taken back are left out."""
    return {
        "document": event.document,
        "origin": _place(event.origin),
        "destination": _place(event.destination),
        "distance_km": event.distance_km,
        "services": {service.code: service.quantity for service in event.services},
        "lines": [
            {
                "order": line.order,
                "line": line.line,
                "vin": line.vin,
                "quantity": line.quantity,
                "weight_g": None if line.weight_kg is None else min(line.weight_kg * 1000, _MOST_GRAMS),
                "volume_dm3": line.volume_dm3,
                "value_minor": line.value.minor if line.value else None,
                "value_currency": line.value.currency if line.value else None,
            }
            for line in event.lines
            if line.quantity
        ],
    }


def _place(place: Place | None) -> list[str] | None:
    return [place.country, place.postal_code or ""] if place is not None and place.country is not None else None
