"""Which orders, invoices and receipts a document concerns, read from the document alone."""

import re
from collections.abc import Iterator
from typing import Any

from contracts.crm import OpportunityUpdated
from contracts.papers import InvoiceCredited, InvoiceIssued, ReceiptPosted, ReceiptReversed
from hub.rules.decision import Subject

_ASKED = re.compile(r"([a-z0-9-]{1,40})/(\S(?:.{0,98}\S)?)#([1-9][0-9]{0,8})\Z")
_MOST_WINS = 1_000

ERP = "erp"
"""Whose numbers those are that the hub did not give."""


def of_order(order: str) -> Subject:
    """The order of that id: the hub's own belongs to its dealer, any other number is the ERP's."""
    found = _ASKED.match(order)
    return Subject(f"dealer:{found[1]}", f"{found[2]}#{found[3]}") if found else Subject(ERP, order)


def order_id(subject: Subject) -> str:
    """The id under which everybody speaks of an order."""
    return subject.ref if subject.principal == ERP else f"{subject.dealer}/{subject.ref}"


def opportunity_of(subject: Subject) -> tuple[str | None, int | None]:
    """The opportunity and the win that an order is for; neither where the hub did not ask."""
    if subject.principal == ERP:
        return None, None
    opportunity, _, win = subject.ref.rpartition("#")
    return opportunity, int(win)


def of_wins(event: OpportunityUpdated, _principal: str) -> Iterator[Subject]:
    """An order for each win that there is, or was before this change."""
    for win in range(1, min(max(event.wins, event.wins_before), _MOST_WINS) + 1):
        yield Subject(f"dealer:{event.dealer}", f"{event.opportunity}#{win}")


def of_answer(event: Any, _principal: str) -> Iterator[Subject]:  # noqa: ANN401 - any document of one order
    """The one order that an answer is about."""
    yield of_order(event.order)


def of_lines(event: Any, _principal: str) -> Iterator[Subject]:  # noqa: ANN401 - any paper with lines
    """Each order of a collective paper, once."""
    yield from dict.fromkeys(of_order(line.order) for line in event.lines)


def invoice(number: str) -> Subject:
    """An invoice as an open item."""
    return Subject(ERP, f"invoice/{number}")


def receipt(number: str) -> Subject:
    """A payment as an open item: what of it is not applied is owed to the payer."""
    return Subject(ERP, f"receipt/{number}")


def of_account(event: InvoiceIssued | InvoiceCredited | ReceiptPosted | ReceiptReversed, _principal: str) -> Iterator[Subject]:
    """The open items that a paper of accounting opens, lowers or raises again."""
    match event:
        case InvoiceIssued():
            yield invoice(event.document)
        case InvoiceCredited():
            yield invoice(event.invoice)
        case ReceiptPosted() | ReceiptReversed():
            yield receipt(event.document if isinstance(event, ReceiptPosted) else event.receipt)
            yield from dict.fromkeys(invoice(line.invoice) for line in event.lines)
