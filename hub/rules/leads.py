"""How a lead follows from what dealers and the OEM say of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from contracts.contract import Event
from contracts.crm import LeadUpdated
from contracts.leads import LeadAnswered, LeadDropped, LeadPromoted, LeadReceived
from contracts.reminders import ActivityReported
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, Wait


class Lead(NamedTuple):
    """Interest shown; `status` is new, answered, promoted or dropped."""

    status: str
    name: str
    lead_source: str
    intention: str
    product: str | None
    email: str | None
    phone: str | None
    customer: str | None
    dealer: str | None
    need: str | None
    opportunity: str | None
    drop_reason: str | None
    received_at: datetime
    answered_at: datetime | None


def received(state: Lead | None, event: LeadReceived, facts: Facts) -> Decision[Lead]:
    """A lead sent again brings its data up to date; it is not a new lead, and its clock runs on."""
    dealer = event.dealer or (None if facts.subject.principal == "oem" else facts.subject.dealer)
    fresh = Lead(
        "new",
        event.name,
        event.lead_source,
        event.intention,
        event.product,
        event.email,
        event.phone,
        event.customer,
        dealer,
        event.need,
        None,
        None,
        event.occurred_at,
        None,
    )
    if state is None:
        return Change(fresh)
    return Change(
        fresh._replace(
            status=state.status,
            opportunity=state.opportunity,
            drop_reason=state.drop_reason,
            received_at=state.received_at,
            answered_at=state.answered_at,
        )
    )


def answered(state: Lead | None, event: LeadAnswered | ActivityReported, facts: Facts) -> Decision[Lead]:
    """The first answer stops the response clock; who did something about a lead has answered it, whatever came of it."""
    if state is None:
        return Wait("lead", facts.subject.ref)
    if state.answered_at is not None:
        return Keep("already answered")
    status = "answered" if state.status == "new" else state.status
    return Change(state._replace(status=status, answered_at=event.occurred_at))


def of_report(event: ActivityReported, _principal: str) -> Iterable[Subject]:
    """The dealer's own lead, although the hub speaks of it; an activity about anything else concerns none."""
    return (Subject(f"dealer:{event.dealer}", event.belongs_to.ref),) if event.belongs_to.kind == "lead" else ()


def promoted(state: Lead | None, event: LeadPromoted, facts: Facts) -> Decision[Lead]:
    """An opportunity goes on from here; it may also revive a dropped lead."""
    if state is None:
        return Wait("lead", facts.subject.ref)
    return Change(state._replace(status="promoted", opportunity=event.opportunity, drop_reason=None))


def dropped(state: Lead | None, event: LeadDropped, facts: Facts) -> Decision[Lead]:
    """A lead that became an opportunity can no longer be dropped: the opportunity is lost instead."""
    if state is None:
        return Wait("lead", facts.subject.ref)
    if state.status == "promoted":
        return Keep("already an opportunity")
    return Change(state._replace(status="dropped", drop_reason=event.reason))


def told(_before: Lead | None, after: Lead, subject: Subject, because: Event, revision: int) -> LeadUpdated:
    """What everybody may hear of it."""
    return LeadUpdated(
        occurred_at=because.occurred_at,
        revision=revision,
        subject=f"{subject.dealer}/{subject.ref}",
        dealer=after.dealer or "oem",
        lead=subject.ref,
        status=after.status,
    )
