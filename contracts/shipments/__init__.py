"""Shipments, as their carriers tell of them; the subject is the carrier's own reference, the consignment."""

from contracts.contract import Lineage
from contracts.shipments.v1 import (
    CarriageExtra,
    Incident,
    Place,
    ShipmentEstimated,
    ShipmentPositioned,
    ShipmentProven,
    ShipmentReported,
    ShipmentStatus,
    ShipmentUpdated,
)

SHIPMENT_REPORTED = Lineage("shipment.reported", ShipmentReported, kind="shipment", ref="consignment")
SHIPMENT_ESTIMATED = Lineage("shipment.estimated", ShipmentEstimated, kind="shipment", ref="consignment")
SHIPMENT_PROVEN = Lineage("shipment.proven", ShipmentProven, kind="shipment", ref="consignment")
SHIPMENT_POSITIONED = Lineage("shipment.positioned", ShipmentPositioned, kind="shipment", ref="consignment")
SHIPMENT_UPDATED = Lineage("shipment.updated", ShipmentUpdated, kind="shipment", ref="subject")

TRACKING = (SHIPMENT_REPORTED, SHIPMENT_ESTIMATED, SHIPMENT_PROVEN, SHIPMENT_POSITIONED)
"""What carriers say."""

LINEAGES = (*TRACKING, SHIPMENT_UPDATED)

__all__ = [
    "LINEAGES",
    "SHIPMENT_ESTIMATED",
    "SHIPMENT_POSITIONED",
    "SHIPMENT_PROVEN",
    "SHIPMENT_REPORTED",
    "SHIPMENT_UPDATED",
    "TRACKING",
    "CarriageExtra",
    "Incident",
    "Place",
    "ShipmentEstimated",
    "ShipmentPositioned",
    "ShipmentProven",
    "ShipmentReported",
    "ShipmentStatus",
    "ShipmentUpdated",
]
