"""How a contact person follows from what the dealer says of it."""

from typing import NamedTuple

from contracts.contacts import ContactLeft, ContactMoved, ContactRecorded, ContactReportsTo
from contracts.contract import Event
from contracts.crm import ContactUpdated
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait


class Contact(NamedTuple):
    """A contact person as one dealer knows it; `customer` is the dealer's reference, known to the hub or not yet."""

    customer: str
    name: str
    function: str | None
    email: str | None
    phone: str | None
    language: str | None
    superior: str | None
    is_active: bool


def recorded(state: Contact | None, event: ContactRecorded, _facts: Facts) -> Decision[Contact]:
    """A full snapshot, but for the reporting line, which has an event of its own."""
    superior = state.superior if state and state.customer == event.customer else None
    return Change(Contact(event.customer, event.name, event.function, event.email, event.phone, event.language, superior, True))


def moved(state: Contact | None, event: ContactMoved, facts: Facts) -> Decision[Contact]:
    """A contact who moves speaks for somebody again, and reports to nobody yet."""
    if state is None:
        return Wait("contact", facts.subject.ref)
    if state.customer == event.customer and state.is_active:
        return Keep("already there")
    return Change(state._replace(customer=event.customer, superior=None, is_active=True))


def left(state: Contact | None, _event: ContactLeft, facts: Facts) -> Decision[Contact]:
    """Nobody reports through somebody who left: the line ends."""
    if state is None:
        return Wait("contact", facts.subject.ref)
    return Change(state._replace(is_active=False, superior=None)) if state.is_active else Keep("already left")


def reports_to(state: Contact | None, event: ContactReportsTo, facts: Facts) -> Decision[Contact]:
    """Only the direct line is stored; a circle over several people shows in the chart, as each line came on its own."""
    if event.superior == event.contact:
        return Reject("superior", "another contact than itself")
    if state is None:
        return Wait("contact", facts.subject.ref)
    if not state.is_active:
        return Keep("left")
    return Change(state._replace(superior=event.superior))


def told(_before: Contact | None, after: Contact, subject: Subject, because: Event, revision: int) -> ContactUpdated:
    """What everybody may hear of it."""
    return ContactUpdated(
        occurred_at=because.occurred_at,
        revision=revision,
        subject=f"{subject.dealer}/{subject.ref}",
        dealer=subject.dealer,
        contact=subject.ref,
        customer=after.customer,
        is_active=after.is_active,
    )
