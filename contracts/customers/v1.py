"""First editions of what a dealer says of its customers."""

from typing import Literal

from contracts.contract import Event
from contracts.values import Address, Count, Country, Day, Language, Line, Money, Ref, Several, Slug, Text

CustomerKind = Literal["person", "organisation"]
CustomerStatus = Literal["prospect", "active", "dormant", "lost", "deceased", "closed"]


class CustomerRecorded(Event):
    """All that the dealer knows of a customer: what is missing here is not known."""

    customer: Ref
    customer_kind: CustomerKind = "organisation"
    name: Line
    status: CustomerStatus = "active"
    email: Line | None = None
    phone: Line | None = None
    address: Address | None = None
    language: Language | None = None
    birthday: Day | None = None
    registration_number: Line | None = None
    sector: Line | None = None
    founded: Count | None = None
    revenue: Money | None = None
    employees: Count | None = None
    country: Country | None = None
    parent: Ref | None = None
    segments: Several[Slug] = ()
    owner: Line | None = None
    note: Text | None = None


class CustomerChanged(Event):
    """Some fields of a customer, changed; a field that is missing stays as it was, `cleared` names those now unknown."""

    customer: Ref
    name: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    address: Address | None = None
    language: Language | None = None
    sector: Line | None = None
    revenue: Money | None = None
    employees: Count | None = None
    parent: Ref | None = None
    note: Text | None = None
    cleared: Several[Literal["email", "phone", "address", "language", "sector", "revenue", "employees", "parent", "note"]] = ()


class CustomerClassified(Event):
    """The customer's status and segments, all of them."""

    customer: Ref
    status: CustomerStatus
    segments: Several[Slug] = ()


class CustomerAssigned(Event):
    """The salesperson who looks after the customer from now on."""

    customer: Ref
    owner: Line
