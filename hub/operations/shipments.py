"""Look at shipments: which there are, and one with its story and its last position."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, get_args

from contracts.shipments import ShipmentStatus
from hub.consumers.shipments import shipments
from hub.errors import InputError
from hub.operations import state_view
from hub.operations.carriers import found_of, principal_of
from hub.operations.timeline import Happening, follow
from hub.rules.decision import carrier_of
from hub.rules.masking import mask_reference
from hub.rules.shipments import Position
from hub.state import shipment_desk
from hub.state.reading import snapshot
from hub.state.shipment_desk import Listed, Wanted

STATUSES: tuple[str, ...] = get_args(ShipmentStatus)


class ShownShipment(NamedTuple):
    """One shipment: its state, the estimates of its arrival, the orders on board, where it was seen last, and its story."""

    carrier: str
    consignment: str
    state: dict[str, object]
    estimates: list[dict[str, str]]
    orders: list[str]
    position: Position | None
    timeline: list[Happening]


async def listed(
    url: str,
    *,
    carrier: str | None = None,
    status: str | None = None,
    is_late: bool = False,
    silent_since: datetime | None = None,
    order: str | None = None,
    most: int = 200,
) -> list[Listed]:
    """Shipments by when they arrive; raises InputError for a status that no shipment can have."""
    if status is not None and status not in STATUSES:
        raise InputError("--status", f"one of {', '.join(STATUSES)}", status)
    async with snapshot(url) as look:
        found = await shipment_desk.listed(look, Wanted(principal_of(carrier), status, is_late, silent_since, order), most)
    return [one._replace(orders=_references(one.orders)) for one in found]


async def shown(url: str, consignment: str, *, carrier: str | None = None) -> ShownShipment:
    """One shipment by its carrier's reference; raises InputError where nobody or several told of it."""
    async with snapshot(url) as look:
        subject = await found_of(look, "shipments", consignment, carrier)
        standing, story = await follow(look, shipments, "shipments", subject)
        position = await shipment_desk.position(look, subject)
    state = standing.state if standing else None
    fields = state_view.fields(state, is_masked=True) if state else {}
    return ShownShipment(
        carrier_of(subject.principal),
        consignment,
        {field: value for field, value in fields.items() if field not in state_view.PAPERS},
        state.estimates if state else [],
        _references(state.orders) if state else [],
        position,
        story,
    )


def _references(refs: Sequence[str]) -> list[str]:
    return [mask_reference(ref) for ref in refs]
