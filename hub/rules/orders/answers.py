"""How an order follows from the wins that ask for it, and from the ERP's answers.

No rule waits or refuses: an answer that never came shows from the papers that follow it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contracts.crm import OpportunityUpdated
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderChanged,
    OrderCompleted,
    OrderLine,
    OrderProgressed,
    OrderRejected,
    OrderScheduled,
)
from hub.rules.decision import Change, Decision, Facts, Keep, Subject
from hub.rules.orders.standing import settled
from hub.rules.orders.state import Entry, Order, moment, nothing_said
from hub.rules.orders.subjects import ERP, opportunity_of

KNOWN = Keep("this document is known")


def won(state: Order | None, event: OpportunityUpdated, facts: Facts) -> Decision[Order]:
    """Asked for once, by the win of its number; no longer wanted when the wins went back below it."""
    _, win = opportunity_of(facts.subject)
    is_wanted = win is not None and win <= event.wins
    order = state or known_as(facts.subject)
    if is_wanted == order.is_wanted:
        return Keep("asked for already" if is_wanted else "there is no such win")
    if not is_wanted:
        return Change(settled(order._replace(is_wanted=False, withdrawn_at=event.occurred_at)))
    amount = event.amount
    return Change(
        settled(
            order._replace(
                customer=event.customer or order.customer,
                product=event.product,
                amount_minor=amount.minor if amount else None,
                amount_currency=amount.currency if amount else None,
                is_wanted=True,
                asked_at=event.occurred_at,
                withdrawn_at=None,
            )
        )
    )


def accepted(state: Order | None, event: OrderAccepted, facts: Facts) -> Decision[Order]:
    """Taken with these lines; also what the hub never asked for."""
    order = heard(state, facts, "accepted", event.document)
    if order is None:
        return KNOWN
    return Change(
        settled(
            order._replace(
                number=event.number or order.number,
                dealer=order.dealer or event.dealer,
                customer=order.customer or event.customer,
                answer="accepted",
                answered_at=event.occurred_at,
                reason=None,
                lines=_lines(event.lines),
                **_promise(order, event),
            )
        )
    )


def rejected(state: Order | None, event: OrderRejected, facts: Facts) -> Decision[Order]:
    """Not taken; a later answer may say otherwise."""
    order = heard(state, facts, "rejected", event.document)
    if order is None:
        return KNOWN
    return Change(settled(order._replace(answer="rejected", answered_at=event.occurred_at, reason=event.reason)))


def changed(state: Order | None, event: OrderChanged, facts: Facts) -> Decision[Order]:
    """Other lines from now on, or another day."""
    order = heard(state, facts, "changed", event.document)
    if order is None:
        return KNOWN
    return Change(settled(order._replace(lines=_lines(event.lines), **_promise(order, event))))


def scheduled(state: Order | None, event: OrderScheduled, facts: Facts) -> Decision[Order]:
    """Call-offs with their windows; each takes the place of an earlier one of its number."""
    order = heard(state, facts, "scheduled", event.document)
    if order is None:
        return KNOWN
    calls: dict[str, Entry] = {call["call"]: call for call in order.calls}
    for call in event.calls:
        calls[call.call] = {
            **call.model_dump(include={"call", "sequence", "line", "quantity", "plant"}),
            "window_from": moment(call.window_from),
            "window_until": moment(call.window_from + timedelta(minutes=call.window_minutes)),
        }
    return Change(settled(order._replace(calls=list(calls.values()))))


def progressed(state: Order | None, event: OrderProgressed, facts: Facts) -> Decision[Order]:
    """The last report counts, also where it takes something back."""
    order = heard(state, facts, "progressed", event.document)
    if order is None:
        return KNOWN
    return Change(settled(order._replace(step=event.step, step_percent=event.percent)))


def cancelled(state: Order | None, event: OrderCancelled, facts: Facts) -> Decision[Order]:
    """Not carried out any further; what its papers say stays."""
    order = heard(state, facts, "cancelled", event.document)
    if order is None:
        return KNOWN
    return Change(settled(order._replace(answer="cancelled", answered_at=event.occurred_at, reason=event.reason)))


def completed(state: Order | None, event: OrderCompleted, facts: Facts) -> Decision[Order]:
    """Done, as the ERP sees it."""
    order = heard(state, facts, "completed", event.document)
    if order is None:
        return KNOWN
    return Change(settled(order._replace(completed_at=event.occurred_at)))


def known_as(subject: Subject) -> Order:
    """What an order's id says of it by itself."""
    opportunity, win = opportunity_of(subject)
    return nothing_said()._replace(dealer=None if subject.principal == ERP else subject.dealer, opportunity=opportunity, win=win)


def heard(state: Order | None, facts: Facts, what: str, document: str) -> Order | None:
    """The order with one more document noted; None where it was said under this number already."""
    order = state or known_as(facts.subject)
    name = f"{what} {document}"
    return None if name in order.documents else order._replace(documents=[*order.documents, name])


def _promise(order: Order, event: OrderAccepted | OrderChanged) -> dict[str, Any]:
    if event.promised is None:
        return {}
    return {"promised": event.promised, "promised_first": order.promised_first or event.promised}


def _lines(lines: Sequence[OrderLine]) -> list[Entry]:
    found = {
        line.line: {
            "line": line.line,
            "product": line.product,
            "ordered": line.quantity,
            "confirmed": line.quantity if line.confirmed is None else line.confirmed,
            "price_minor": line.price.minor if line.price else None,
            "price_currency": line.price.currency if line.price else None,
            "is_ordered": True,
        }
        for line in lines
    }
    return list(found.values())
