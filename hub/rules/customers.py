"""How a dealer's customer follows from what the dealer says of it."""

from datetime import date
from typing import Any, NamedTuple

from contracts.contract import Event
from contracts.crm import CustomerUpdated
from contracts.customers import CustomerAssigned, CustomerChanged, CustomerClassified, CustomerRecorded
from contracts.values import Address
from hub.rules.decision import Change, Decision, Facts, Reject, Subject, Wait


class Customer(NamedTuple):
    """A customer as one dealer knows it; money in minor units."""

    customer_kind: str
    name: str
    status: str
    email: str | None
    phone: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None
    language: str | None
    birthday: date | None
    registration_number: str | None
    sector: str | None
    founded: int | None
    revenue_minor: int | None
    revenue_currency: str | None
    employees: int | None
    parent: str | None
    segments: list[str]
    owner: str | None
    note: str | None


def recorded(_state: Customer | None, event: CustomerRecorded, _facts: Facts) -> Decision[Customer]:
    """A full snapshot replaces what was known."""
    if event.parent == event.customer:
        return Reject("parent", "another customer than itself")
    where = event.address or Address()
    revenue = event.revenue
    return Change(
        Customer(
            event.customer_kind,
            event.name,
            event.status,
            event.email,
            event.phone,
            where.street,
            where.postal_code,
            where.city,
            where.region,
            where.country or event.country,
            event.language,
            event.birthday,
            event.registration_number,
            event.sector,
            event.founded,
            revenue.minor if revenue else None,
            revenue.currency if revenue else None,
            event.employees,
            event.parent,
            list(event.segments),
            event.owner,
            event.note,
        )
    )


_CLEARS = {
    "address": ("street", "postal_code", "city", "region", "country"),
    "revenue": ("revenue_minor", "revenue_currency"),
}


def changed(state: Customer | None, event: CustomerChanged, facts: Facts) -> Decision[Customer]:
    """Only what the event names changes; an address is taken as a whole."""
    if event.parent == event.customer:
        return Reject("parent", "another customer than itself")
    both = sorted(set(event.cleared) & {name for name, value in event if value is not None})
    if both:
        return Reject(f"cleared.{both[0]}", "a field that is not set in the same event")
    if state is None:
        return Wait("customer", facts.subject.ref)
    new: dict[str, Any] = {name: None for field in event.cleared for name in _CLEARS.get(field, (field,))}
    for name in ("name", "email", "phone", "language", "sector", "employees", "parent", "note"):
        value = getattr(event, name)
        if value is not None:
            new[name] = value
    if event.address is not None:
        new |= {name: getattr(event.address, name) for name in _CLEARS["address"]}
    if event.revenue is not None:
        new |= {"revenue_minor": event.revenue.minor, "revenue_currency": event.revenue.currency}
    return Change(state._replace(**new))


def classified(state: Customer | None, event: CustomerClassified, facts: Facts) -> Decision[Customer]:
    """Status and segments are told together."""
    if state is None:
        return Wait("customer", facts.subject.ref)
    return Change(state._replace(status=event.status, segments=list(event.segments)))


def assigned(state: Customer | None, event: CustomerAssigned, facts: Facts) -> Decision[Customer]:
    """The last assignment counts."""
    if state is None:
        return Wait("customer", facts.subject.ref)
    return Change(state._replace(owner=event.owner))


def told(_before: Customer | None, after: Customer, subject: Subject, because: Event, revision: int) -> CustomerUpdated:
    """What everybody may hear of it."""
    dealer, ref = subject.dealer, subject.ref
    return CustomerUpdated(
        occurred_at=because.occurred_at,
        revision=revision,
        subject=f"{dealer}/{ref}",
        dealer=dealer,
        customer=ref,
        status=after.status,
    )
