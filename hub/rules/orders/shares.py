"""How an order follows from its share of papers that may concern many orders: despatches, receptions, invoices, receipts."""

from collections.abc import Iterable
from typing import Any

from contracts.papers import (
    DeliveryDespatched,
    DeliveryReceived,
    InvoiceCredited,
    InvoiceIssued,
    InvoiceLine,
    ReceiptPosted,
    ReceiptReversed,
)
from hub.rules.decision import Decision, Facts
from hub.rules.orders.answers import KNOWN, heard, now
from hub.rules.orders.state import Entry, Order, moment
from hub.rules.orders.subjects import of_order


def despatched(state: Order | None, event: DeliveryDespatched, facts: Facts) -> Decision[Order]:
    """On the way; a replaced advice is a correction, so the one that it replaces is not among those folded."""
    entry = {
        "carrier": event.carrier,
        "consignment": event.consignment,
        "expected_at": moment(event.expected_at) if event.expected_at else None,
        "lines": [line.model_dump(exclude={"order", "weight_kg"}) for line in _own(event.lines, facts)],
    }
    return _noted(state, facts, "despatches", event, entry)


def received(state: Order | None, event: DeliveryReceived, facts: Facts) -> Decision[Order]:
    """Arrived, also what nobody announced."""
    entry = {"despatch": event.despatch, "lines": [line.model_dump(exclude={"order"}) for line in _own(event.lines, facts)]}
    return _noted(state, facts, "receptions", event, entry)


def invoiced(state: Order | None, event: InvoiceIssued, facts: Facts) -> Decision[Order]:
    """Its lines of an invoice, with what they cost."""
    return _noted(state, facts, "invoices", event, {"due": event.due.isoformat(), **_charge(event, facts)})


def credited(state: Order | None, event: InvoiceCredited, facts: Facts) -> Decision[Order]:
    """No longer to be paid; it counts when the invoice is known."""
    return _noted(state, facts, "credits", event, {"invoice": event.invoice, **_charge(event, facts)})


def paid(state: Order | None, event: ReceiptPosted, facts: Facts) -> Decision[Order]:
    """What of a payment is for this order, by invoice."""
    own = _own(event.lines, facts)
    entries = [{"invoice": line.invoice, "currency": line.amount.currency, "minor": line.amount.minor} for line in own]
    return _noted(state, facts, "receipts", event, *entries)


def taken_back(state: Order | None, event: ReceiptReversed, facts: Facts) -> Decision[Order]:
    """The receipt counts no more, whether it is known already or not."""
    return _noted(state, facts, "reversals", event, {"receipt": event.receipt})


def _noted(state: Order | None, facts: Facts, papers: str, event: Any, *entries: Entry) -> Decision[Order]:  # noqa: ANN401 - any paper
    order = heard(state, event, facts, papers)
    if order is None:
        return KNOWN
    dated = [{"document": event.document, "at": moment(event.occurred_at), **entry} for entry in entries]
    noted: dict[str, Any] = {papers: [*getattr(order, papers), *dated]}
    return now(order._replace(**noted), event)


def _own(lines: Iterable[Any], facts: Facts) -> list[Any]:
    return [line for line in lines if of_order(line.order) == facts.subject]


def _charge(event: InvoiceIssued | InvoiceCredited, facts: Facts) -> Entry:
    return {"currency": event.currency, "lines": [charged(line) for line in _own(event.lines, facts)]}


def charged(line: InvoiceLine) -> Entry:
    """A line of an invoice: the margin is what is left of the net amount, where the ERP says what it cost or what is left."""
    margin = line.margin if line.margin is not None or line.cost is None else line.net - line.cost
    return {"line": line.line, "quantity": line.quantity, "net": line.net, "tax": line.tax, "margin": margin, "vin": line.vin}
