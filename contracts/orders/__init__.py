"""Orders: what the hub asks of the ERP, and what becomes of it up to the last receipt."""

from contracts.contract import Lineage
from contracts.orders.v1 import (
    CallOff,
    OrderAccepted,
    OrderCancellationRequested,
    OrderCancelled,
    OrderChanged,
    OrderCompleted,
    OrderLine,
    OrderProgressed,
    OrderRejected,
    OrderRequested,
    OrderScheduled,
    OrderStatus,
    OrderUpdated,
    Paper,
    PaperCleared,
    PaperMissed,
)

ORDER_REQUESTED = Lineage("order.requested", OrderRequested, kind="order")
ORDER_CANCELLATION_REQUESTED = Lineage("order.cancellation_requested", OrderCancellationRequested, kind="order")
ORDER_ACCEPTED = Lineage("order.accepted", OrderAccepted, kind="order", ref="document")
ORDER_REJECTED = Lineage("order.rejected", OrderRejected, kind="order", ref="document")
ORDER_CHANGED = Lineage("order.changed", OrderChanged, kind="order", ref="document")
ORDER_SCHEDULED = Lineage("order.scheduled", OrderScheduled, kind="order", ref="document")
ORDER_PROGRESSED = Lineage("order.progressed", OrderProgressed, kind="order", ref="document")
ORDER_CANCELLED = Lineage("order.cancelled", OrderCancelled, kind="order", ref="document")
ORDER_COMPLETED = Lineage("order.completed", OrderCompleted, kind="order", ref="document")
ORDER_UPDATED = Lineage("order.updated", OrderUpdated, kind="order", ref="subject")
PAPER_MISSED = Lineage("order.paper_missed", PaperMissed, kind="order", ref="subject")
PAPER_CLEARED = Lineage("order.paper_cleared", PaperCleared, kind="order", ref="subject")

REQUESTS = (ORDER_REQUESTED, ORDER_CANCELLATION_REQUESTED)
ANSWERS = (
    ORDER_ACCEPTED,
    ORDER_REJECTED,
    ORDER_CHANGED,
    ORDER_SCHEDULED,
    ORDER_PROGRESSED,
    ORDER_CANCELLED,
    ORDER_COMPLETED,
)
ALERTS = (PAPER_MISSED, PAPER_CLEARED)
LINEAGES = (*REQUESTS, *ANSWERS, ORDER_UPDATED, *ALERTS)

__all__ = [
    "ALERTS",
    "ANSWERS",
    "LINEAGES",
    "ORDER_ACCEPTED",
    "ORDER_CANCELLATION_REQUESTED",
    "ORDER_CANCELLED",
    "ORDER_CHANGED",
    "ORDER_COMPLETED",
    "ORDER_PROGRESSED",
    "ORDER_REJECTED",
    "ORDER_REQUESTED",
    "ORDER_SCHEDULED",
    "ORDER_UPDATED",
    "PAPER_CLEARED",
    "PAPER_MISSED",
    "REQUESTS",
    "CallOff",
    "OrderAccepted",
    "OrderCancellationRequested",
    "OrderCancelled",
    "OrderChanged",
    "OrderCompleted",
    "OrderLine",
    "OrderProgressed",
    "OrderRejected",
    "OrderRequested",
    "OrderScheduled",
    "OrderStatus",
    "OrderUpdated",
    "Paper",
    "PaperCleared",
    "PaperMissed",
]
