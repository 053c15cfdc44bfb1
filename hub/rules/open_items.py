"""How an open item follows from invoices, credit notes and receipts: what is still to be paid, and what was paid without a reason.

Sums over its papers, each counted once: the order in which they came in does not matter, and a receipt that is reversed counts
for nothing, whichever of the two came first.
"""

from datetime import date, datetime
from typing import NamedTuple

from contracts.accounts import OpenItemUpdated
from contracts.contract import Event
from contracts.papers import InvoiceCredited, InvoiceIssued, ReceiptPosted, ReceiptReversed
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait
from hub.rules.orders.shares import charged
from hub.rules.orders.state import Entry, moment

KNOWN = Keep("this document is known")


class OpenItem(NamedTuple):
    """An invoice, or a payment of which something is not applied; money in minor units of `currency`.

    `open_minor` is what the customer owes, negative what is owed to the customer. `issued_at` is None while only what refers
    to an invoice is known. `margin_minor` is None where the ERP did not say what anything cost.
    """

    kind: str
    document: str
    dealer: str
    customer: str | None
    orders: list[str]
    lines: list[Entry]
    credits: list[Entry]
    receipts: list[Entry]
    reversals: list[str]
    issued_at: datetime | None = None
    due: date | None = None
    currency: str | None = None
    amount_minor: int = 0
    net_minor: int = 0
    margin_minor: int | None = None
    credited_minor: int = 0
    paid_minor: int = 0
    open_minor: int = 0


def issued(state: OpenItem | None, event: InvoiceIssued, facts: Facts) -> Decision[OpenItem]:
    """To be paid by its day."""
    item = state or _known_as(event, facts)
    if item.issued_at is not None:
        return KNOWN
    new = item._replace(
        dealer=event.dealer,
        customer=event.customer,
        issued_at=event.occurred_at,
        due=event.due,
        currency=event.currency,
        orders=sorted({line.order for line in event.lines}),
        lines=[charged(line) for line in event.lines],
    )
    return Change(_settled(new))


def credited(state: OpenItem | None, event: InvoiceCredited, facts: Facts) -> Decision[OpenItem]:
    """Less to be paid."""
    item = state or _known_as(event, facts)
    if any(entry["document"] == event.document for entry in item.credits):
        return KNOWN
    lines = [charged(line) for line in event.lines]
    entry = {"document": event.document, "at": moment(event.occurred_at), "currency": event.currency, "lines": lines}
    return Change(_settled(item._replace(credits=[*item.credits, entry])))


def paid(state: OpenItem | None, event: ReceiptPosted, facts: Facts) -> Decision[OpenItem]:
    """Paid by so much; or, for the receipt itself, received so much, of which its lines apply some."""
    item = state or _known_as(event, facts)
    is_receipt = item.kind == "receipt"
    if is_receipt:
        if item.issued_at is not None:
            return KNOWN
        item = item._replace(
            dealer=event.dealer,
            customer=event.customer,
            issued_at=event.occurred_at,
            currency=event.amount.currency,
            amount_minor=event.amount.minor,
        )
    elif any(entry["document"] == event.document for entry in item.receipts):
        return KNOWN
    entries = [
        {"document": event.document, "at": moment(event.occurred_at), "currency": line.amount.currency, "minor": line.amount.minor}
        for line in event.lines
        if is_receipt or line.invoice == item.document
    ]
    return Change(_settled(item._replace(receipts=[*item.receipts, *entries])))


def taken_back(state: OpenItem | None, event: ReceiptReversed, facts: Facts) -> Decision[OpenItem]:
    """The receipt counts no more; where it had lines they must be named, or what it settled would never hear of it."""
    item = state or _known_as(event, facts)
    if event.receipt in item.reversals:
        return KNOWN
    if not event.lines:
        if item.issued_at is None:
            return Wait("receipt", event.receipt)
        if item.receipts:
            return Reject("lines", "those of the receipt")
    return Change(_settled(item._replace(reversals=[*item.reversals, event.receipt])))


def told(_before: OpenItem | None, after: OpenItem, subject: Subject, because: Event, revision: int) -> OpenItemUpdated | None:
    """What everybody may hear of an invoice; of one that was not issued yet, and of payments, nothing."""
    if after.kind != "invoice" or after.issued_at is None or after.due is None or after.currency is None:
        return None
    return OpenItemUpdated(
        occurred_at=because.occurred_at,
        revision=revision,
        subject=subject.ref,
        dealer=after.dealer,
        customer=after.customer,
        invoice=after.document,
        due=after.due,
        currency=after.currency,
        amount_minor=after.amount_minor,
        open_minor=after.open_minor,
    )


def _known_as(event: InvoiceIssued | InvoiceCredited | ReceiptPosted | ReceiptReversed, facts: Facts) -> OpenItem:
    kind, _, document = facts.subject.ref.partition("/")
    return OpenItem(kind, document, event.dealer, event.customer, [], [], [], [], [])


def _settled(item: OpenItem) -> OpenItem:
    currency = item.currency or next((entry["currency"] for entry in (*item.credits, *item.receipts)), None)
    applied = sum(e["minor"] for e in item.receipts if e["currency"] == currency and e["document"] not in item.reversals)
    if item.kind == "receipt":
        is_held = item.document not in item.reversals
        return item._replace(currency=currency, paid_minor=applied, open_minor=applied - item.amount_minor if is_held else 0)
    back = [line for entry in item.credits if entry["currency"] == currency for line in entry["lines"]]
    amount, credited = (sum(line["net"] + line["tax"] for line in lines) for lines in (item.lines, back))
    margins = [sign * line["margin"] for sign, lines in ((1, item.lines), (-1, back)) for line in lines if line["margin"] is not None]
    return item._replace(
        currency=currency,
        amount_minor=amount,
        net_minor=sum(line["net"] for line in item.lines) - sum(line["net"] for line in back),
        margin_minor=sum(margins) if margins else None,
        credited_minor=credited,
        paid_minor=applied,
        open_minor=amount - credited - applied,
    )
