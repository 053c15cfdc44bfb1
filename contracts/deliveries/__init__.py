"""What became of messages to people, as the courier tells it."""

from contracts.contract import Lineage
from contracts.deliveries.v1 import DeliveryUpdated

DELIVERY_UPDATED = Lineage("delivery.updated", DeliveryUpdated, kind="delivery")

LINEAGES = (DELIVERY_UPDATED,)

__all__ = ["DELIVERY_UPDATED", "LINEAGES", "DeliveryUpdated"]
