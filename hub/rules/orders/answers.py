"""How an order follows from the wins that ask for it, and from the ERP's answers.

No rule waits or refuses: an answer that never came shows from the papers that follow it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contracts.contract import Event
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
from hub.rules.decision import Change, Decision, Facts, Keep
from hub.rules.orders.missing import agreed, watched
from hub.rules.orders.standing import settled
from hub.rules.orders.state import Entry, Order, moment, nothing_said
from hub.rules.orders.subjects import ERP, opportunity_of

KNOWN = Keep("this document is known")


def won(state: Order | None, event: OpportunityUpdated, facts: Facts) -> Decision[Order]:
    """Asked for once, by the win of its number; no longer wanted when the wins went back below it."""
    _, win = opportunity_of(facts.subject)
    is_wanted = win is not None and win <= event.wins
    order = spoken_of(state, event, facts)
    if is_wanted == order.is_wanted:
        return Keep("asked for already" if is_wanted else "there is no such win")
    if not is_wanted:
        return now(order._replace(is_wanted=False, withdrawn_at=event.occurred_at), event)
    amount = event.amount
    asked = order._replace(
        customer=event.customer or order.customer,
        product=event.product,
        amount_minor=amount.minor if amount else None,
        amount_currency=amount.currency if amount else None,
        is_wanted=True,
        asked_at=event.occurred_at,
        withdrawn_at=None,
    )
    return now(asked, event)


def accepted(state: Order | None, event: OrderAccepted, facts: Facts) -> Decision[Order]:
    """Taken with these lines; also what the hub never asked for."""
    order = heard(state, event, facts, "accepted")
    if order is None:
        return KNOWN
    dealer = order.dealer or event.dealer
    taken = order._replace(
        number=event.number or order.number,
        dealer=dealer,
        terms=agreed(facts, dealer, event.occurred_at),
        customer=order.customer or event.customer,
        answer="accepted",
        answered_at=event.occurred_at,
        reason=None,
        lines=_lines(event.lines),
        **_promise(order, event),
    )
    return now(taken, event)


def rejected(state: Order | None, event: OrderRejected, facts: Facts) -> Decision[Order]:
    """Not taken; a later answer may say otherwise."""
    order = heard(state, event, facts, "rejected")
    if order is None:
        return KNOWN
    return now(order._replace(answer="rejected", answered_at=event.occurred_at, reason=event.reason), event)


def changed(state: Order | None, event: OrderChanged, facts: Facts) -> Decision[Order]:
    """Other lines from now on, or another day."""
    order = heard(state, event, facts, "changed")
    if order is None:
        return KNOWN
    return now(order._replace(lines=_lines(event.lines), **_promise(order, event)), event)


def scheduled(state: Order | None, event: OrderScheduled, facts: Facts) -> Decision[Order]:
    """Call-offs with their windows; each takes the place of an earlier one of its number."""
    order = heard(state, event, facts, "scheduled")
    if order is None:
        return KNOWN
    calls: dict[str, Entry] = {call["call"]: call for call in order.calls}
    for call in event.calls:
        calls[call.call] = {
            **call.model_dump(include={"call", "sequence", "line", "quantity", "plant", "vin"}),
            "window_from": moment(call.window_from),
            "window_until": moment(call.window_from + timedelta(minutes=call.window_minutes)),
        }
    return now(order._replace(calls=list(calls.values())), event)


def progressed(state: Order | None, event: OrderProgressed, facts: Facts) -> Decision[Order]:
    """The last report counts, also where it takes something back."""
    order = heard(state, event, facts, "progressed")
    if order is None:
        return KNOWN
    return now(order._replace(step=event.step, step_percent=event.percent), event)


def cancelled(state: Order | None, event: OrderCancelled, facts: Facts) -> Decision[Order]:
    """Not carried out any further; what its papers say stays."""
    order = heard(state, event, facts, "cancelled")
    if order is None:
        return KNOWN
    return now(order._replace(answer="cancelled", answered_at=event.occurred_at, reason=event.reason), event)


def completed(state: Order | None, event: OrderCompleted, facts: Facts) -> Decision[Order]:
    """Done, as the ERP sees it."""
    order = heard(state, event, facts, "completed")
    if order is None:
        return KNOWN
    return now(order._replace(completed_at=event.occurred_at), event)


def spoken_of(state: Order | None, event: Event, facts: Facts) -> Order:
    """The order under the terms of that moment; of a new one what its id says by itself."""
    order = state
    if order is None:
        opportunity, win = opportunity_of(facts.subject)
        dealer = None if facts.subject.principal == ERP else facts.subject.dealer
        order = nothing_said()._replace(dealer=dealer, opportunity=opportunity, win=win)
    terms = agreed(facts, order.dealer, event.occurred_at)
    return order._replace(terms=terms, is_watched=order.is_watched or not facts.is_historical)


def heard(state: Order | None, event: Any, facts: Facts, what: str) -> Order | None:  # noqa: ANN401 - any document
    """The order with one more document noted; None where it was said under this number already."""
    order = spoken_of(state, event, facts)
    name = f"{what} {event.document}"
    return None if name in order.documents else order._replace(documents=[*order.documents, name])


def now(order: Order, event: Event) -> Change[Order]:
    """The order with all that follows from its papers, as of an event."""
    return Change(watched(settled(order), event.occurred_at))


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
