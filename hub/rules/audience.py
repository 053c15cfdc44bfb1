"""Whom a campaign is for: an audience, and a tree of conditions, each field compared by its type.

A tree is read from JSON and never becomes text of a query: `hub.state.audiences` makes expressions of it.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from contracts.campaigns import Audience
from contracts.contract import Finding, findings
from contracts.customers.v1 import CustomerKind, CustomerStatus
from contracts.leads.v1 import Intention, LeadSource
from contracts.values import Channel, Count, Country, Language, PartnerId, Slug
from hub.rules.comparison import Comparison, DayIs, Known, ListIs, MomentIs, MoneyIs, NumberIs, OneOf, TextIs, Typed, words

LONGEST, DEEPEST = 50_000, 40
"""How many characters of JSON a tree may have, and how deep its brackets may nest."""


class Where(Typed):
    """Conditions that must all hold, nested by `and`, `or` and `not`; none: everybody."""

    and_: Annotated[tuple[Self, ...], Field(min_length=1, max_length=100)] | None = Field(None, alias="and")
    or_: Annotated[tuple[Self, ...], Field(min_length=1, max_length=100)] | None = Field(None, alias="or")
    not_: Self | None = Field(None, alias="not")


W = TypeVar("W", bound=Where)


class Counted(Typed, Generic[W]):
    """How many there are of whom the conditions hold."""

    where: W | None = None
    at_least: Count | None = None
    at_most: Count | None = None


class Some(Comparison, Generic[W]):
    """Others that belong to this one: there is one, there is none, or so many of them, of whom the conditions hold."""

    exists: W | None = None
    none: W | None = None
    count: Counted[W] | None = None


class OpportunityWhere(Where):
    """Conditions on an opportunity."""

    status: OneOf[Literal["open", "won", "lost"]] | None = None
    sales_model: OneOf[Slug] | None = None
    stage: OneOf[Slug] | None = None
    product: TextIs | None = None
    owner: TextIs | None = None
    amount: MoneyIs | None = None
    loss_reason: OneOf[Slug] | None = None
    competitor: OneOf[Slug] | None = None
    reopenings: NumberIs | None = None
    expected_close: DayIs | None = None
    opened_at: MomentIs | None = None
    stage_since: MomentIs | None = None
    closed_at: MomentIs | None = None


class ConsentWhere(Where):
    """Conditions on what a person agreed to, or no longer does; whether a campaign may go to them is looked at anyway."""

    channel: OneOf[Channel] | None = None
    purpose: OneOf[Slug] | None = None
    grantee: OneOf[PartnerId] | None = None
    status: OneOf[Literal["given", "withdrawn"]] | None = None
    since: MomentIs | None = None


class ActivityWhere(Where):
    """Conditions on what somebody of the dealer means to do, or has done."""

    status: OneOf[Literal["planned", "done", "cancelled"]] | None = None
    activity_type: OneOf[Slug] | None = None
    staff: TextIs | None = None
    due_at: MomentIs | None = None
    ended_at: MomentIs | None = None


class VehicleWhere(Where):
    """Conditions on a car that a customer holds."""

    product: TextIs | None = None
    held_since: MomentIs | None = None
    visited_at: MomentIs | None = None
    due_on: DayIs | None = None


class LeadWhere(Where):
    """Conditions on a lead, which is a prospect's interest."""

    dealer: OneOf[PartnerId] | None = None
    status: OneOf[Literal["new", "answered", "promoted", "dropped"]] | None = None
    lead_source: OneOf[LeadSource] | None = None
    intention: OneOf[Intention] | None = None
    product: TextIs | None = None
    name: TextIs | None = None
    email: Known | None = None
    phone: Known | None = None
    drop_reason: TextIs | None = None
    received_at: MomentIs | None = None
    answered_at: MomentIs | None = None
    opportunities: Some[OpportunityWhere] | None = None
    activities: Some[ActivityWhere] | None = None
    consents: Some[ConsentWhere] | None = None


class ContactWhere(Where):
    """Conditions on a contact; `customer` on whom it speaks for."""

    dealer: OneOf[PartnerId] | None = None
    name: TextIs | None = None
    function: TextIs | None = None
    language: OneOf[Language] | None = None
    email: Known | None = None
    phone: Known | None = None
    customer: "CustomerWhere | None" = None
    opportunities: Some[OpportunityWhere] | None = None
    consents: Some[ConsentWhere] | None = None


class CustomerWhere(Where):
    """Conditions on a customer."""

    dealer: OneOf[PartnerId] | None = None
    kind: OneOf[CustomerKind] | None = None
    name: TextIs | None = None
    status: OneOf[CustomerStatus] | None = None
    segments: ListIs | None = None
    email: Known | None = None
    phone: Known | None = None
    postal_code: TextIs | None = None
    city: TextIs | None = None
    region: TextIs | None = None
    country: OneOf[Country] | None = None
    language: OneOf[Language] | None = None
    birthday: DayIs | None = None
    sector: TextIs | None = None
    founded: NumberIs | None = None
    employees: NumberIs | None = None
    revenue: MoneyIs | None = None
    owner: TextIs | None = None
    opportunities: Some[OpportunityWhere] | None = None
    leads: Some[LeadWhere] | None = None
    contacts: Some[ContactWhere] | None = None
    activities: Some[ActivityWhere] | None = None
    vehicles: Some[VehicleWhere] | None = None
    consents: Some[ConsentWhere] | None = None


TREES: dict[Audience, type[Where]] = {
    "customers": CustomerWhere,
    "contacts": ContactWhere,
    "prospects": LeadWhere,
    "prospect_contacts": ContactWhere,
}
"""What may be asked of each audience."""


class Unfit(ValueError):  # noqa: N818 - it reads as what it says of the conditions
    """Conditions that choose nobody as they are: each fault with its path."""

    def __init__(self, *faults: Finding) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{path}: expected {expected}" for path, expected in faults))


def conditions(audience: Audience, document: str | None) -> Where:
    """The tree that a document in JSON says; raises Unfit with the path of every fault."""
    tree = TREES[audience]
    if document is None:
        return tree()
    ContactWhere.model_rebuild()  # it names what stands below it; nobody but who reads trees needs the megabyte that this takes
    if len(document) > LONGEST or _depth(document) > DEEPEST:
        raise Unfit(Finding("", f"at most {LONGEST:,} characters, nested at most {DEEPEST} deep"))
    try:
        return tree.model_validate_json(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        told = [_explained(tree, fault, finding) for fault, finding in zip(details, findings(error), strict=False)]
        raise Unfit(*deepest(told)) from None


def deepest(faults: Sequence[Finding]) -> list[Finding]:
    """A list all of whose items are wrong is told to be empty too: only what stands deepest helps."""
    return [one for one in faults if not any(_is_within(other.path, one.path) for other in faults)]


def _is_within(path: str, outer: str) -> bool:
    return path.startswith(f"{outer}.") if outer else bool(path)


def _depth(document: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r"[\[{\]}]", document):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _explained(tree: type[BaseModel], fault: ErrorDetails, finding: Finding) -> Finding:
    """A word that is not known is told with those that are; whatever else is wrong, as pydantic says it."""
    match fault["type"]:
        case "extra_forbidden":
            return finding._replace(expected=f"one of {', '.join(words(_at(tree, fault['loc'][:-1])))}")
        case "model_type" | "model_attributes_type":
            return finding._replace(expected=f"a mapping of {', '.join(words(_at(tree, fault['loc'])))}")
        case _:
            return finding


def _at(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that stands at a place of a tree."""
    for step in place:
        found = next((field for name, field in model.model_fields.items() if step in {name, field.alias}), None)
        if found is not None:
            model = next(_models(found.annotation, model), model)
    return model


def _models(hint: Any, here: type[BaseModel]) -> Any:  # noqa: ANN401 - any annotation
    if hint is Self:
        yield here
    elif isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    else:
        for part in get_args(hint):
            yield from _models(part, here)
