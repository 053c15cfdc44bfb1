"""Remind of an invoice that is not paid: from its due date on, louder with each step, until nothing of it is open."""

from collections.abc import Iterable

from contracts.accounts import OpenItemUpdated
from hub.rules.decision import Decision, Facts, Subject
from hub.rules.occasions.occasion import Occasion, begun, named, settled
from hub.rules.orders.subjects import ERP

KIND = "dunning"


def of_invoice(event: OpenItemUpdated, _principal: str) -> Iterable[Subject]:
    """One reminder for each invoice, whoever is to pay it."""
    return (Subject(ERP, named(KIND, event.invoice)),)


def item_updated(state: Occasion | None, event: OpenItemUpdated, facts: Facts) -> Decision[Occasion]:
    """What is still to be paid; paid, and open again because the payment did not hold, it goes on where it stood."""
    known = state or begun(facts, event.occurred_at)
    new = known._replace(
        dealer=event.dealer,
        customer=event.customer,
        due_on=event.due,
        open_minor=event.open_minor,
        currency=event.currency,
        ended_as=None if event.open_minor > 0 else "paid",
    )
    return settled(state, new, event.occurred_at, facts.base)
