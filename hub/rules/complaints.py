"""How a complaint follows from what a dealer or the OEM says of it, and by when it is to be answered and settled."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from contracts.base import ComplaintTerms
from contracts.complaints import ComplaintAnswered, ComplaintAssigned, ComplaintClosed, ComplaintReceived, ComplaintReopened
from contracts.contract import Event
from contracts.crm import ComplaintUpdated
from contracts.reminders import ActivityReported
from hub.rules.basedata import BaseData
from hub.rules.business_days import Office
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, Wait, dealer_of, principal_of

OPEN, CLOSED = "open", "closed"
_ANY_CATEGORY, _OEM = "standard", "oem"
_KEPT = ("status", "received_at", "closed_at", "outcome", "reopenings", "staff", "opened_at", "answered_at")


class Complaint(NamedTuple):
    """What a customer complains of; `whose` is the principal whose reference the customer is. `status` is open or closed.

    `staff` has it in hand. Deadlines count from `opened_at`, when it was received or opened again; `due_at` is the next one of an open
    complaint. They are promised when it is opened, by the terms of that day; when it is received once more, by those laid down by then
    for the same day.
    """

    status: str
    whose: str
    customer: str
    contact: str | None
    category: str
    note: str | None
    received_at: datetime
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    reopenings: int = 0
    staff: str | None = None
    answered_at: datetime | None = None
    answer_by: datetime | None = None
    solve_by: datetime | None = None
    due_at: datetime | None = None
    remind_hours: int = 0


def received(state: Complaint | None, event: ComplaintReceived, facts: Facts) -> Decision[Complaint]:
    """Said again it is brought up to date, and what became of it stays. A dealer speaks of its own customers alone."""
    is_oem = facts.subject.principal == _OEM
    whose = principal_of(event.dealer) if event.dealer and is_oem else facts.subject.principal
    at = event.occurred_at
    fresh = Complaint(OPEN, whose, event.customer, event.contact, event.category, event.note, at, at)
    kept = {} if state is None else {name: getattr(state, name) for name in _KEPT}
    return Change(_promised(fresh._replace(**kept), facts.base))


def assigned(state: Complaint | None, event: ComplaintAssigned, facts: Facts) -> Decision[Complaint]:
    """Whoever was named last has it in hand, also when it is opened again."""
    if state is None:
        return Wait("complaint", facts.subject.ref)
    return Keep("in their hands already") if state.staff == event.staff else Change(state._replace(staff=event.staff))


def answered(state: Complaint | None, event: ComplaintAnswered, facts: Facts) -> Decision[Complaint]:
    """The first answer counts."""
    return Wait("complaint", facts.subject.ref) if state is None else _answered(state, event)


def reported(state: Complaint | None, event: ActivityReported, _facts: Facts) -> Decision[Complaint]:
    """Who did something about a complaint has answered it, whatever came of it: a dealer also one that the OEM took of its customer.

    It waits for neither, as nothing tells which one is meant, and counts for each that was received before it, whichever is heard first.
    """
    if state is None:
        return Keep("no such complaint was received")
    if state.whose != principal_of(event.dealer) and event.dealer != _OEM:
        return Keep("another dealer's customer complains")
    return _answered(state, event)


def _answered(state: Complaint, event: ComplaintAnswered | ActivityReported) -> Decision[Complaint]:
    if state.answered_at is not None:
        return Keep("already answered")
    if state.status == CLOSED:
        return Keep("already closed")
    return Change(_due(state._replace(answered_at=event.occurred_at)))


def closed(state: Complaint | None, event: ComplaintClosed, facts: Facts) -> Decision[Complaint]:
    """The first word counts until it is opened again."""
    if state is None:
        return Wait("complaint", facts.subject.ref)
    if state.status == CLOSED:
        return Keep("already closed")
    return Change(_due(state._replace(status=CLOSED, closed_at=event.occurred_at, outcome=event.outcome)))


def reopened(state: Complaint | None, event: ComplaintReopened, facts: Facts) -> Decision[Complaint]:
    """It is open as on its first day, with deadlines of its own, and counted."""
    if state is None:
        return Wait("complaint", facts.subject.ref)
    if state.status == OPEN:
        return Keep("still open")
    note = event.note or state.note
    anew = state._replace(status=OPEN, opened_at=event.occurred_at, closed_at=None, outcome=None, answered_at=None, note=note)
    return Change(_promised(anew._replace(reopenings=state.reopenings + 1), facts.base))


def of_report(event: ActivityReported, _principal: str) -> Iterable[Subject]:
    """The dealer's own complaint, or the OEM's of that reference, although the hub speaks of it."""
    if event.belongs_to.kind != "complaint":
        return ()
    return tuple(Subject(taken_by, event.belongs_to.ref) for taken_by in dict.fromkeys((principal_of(event.dealer), _OEM)))


def told(_before: Complaint | None, after: Complaint, subject: Subject, because: Event, revision: int) -> ComplaintUpdated:
    """What everybody may hear of it: no word of what it is about."""
    is_open = after.status == OPEN
    return ComplaintUpdated.model_validate(
        {
            "occurred_at": because.occurred_at,
            "revision": revision,
            "subject": f"{subject.dealer}/{subject.ref}",
            "dealer": subject.dealer,
            "complaint": subject.ref,
            "status": after.status,
            "category": after.category,
            "staff": after.staff,
            "answer_by": after.answer_by if is_open and after.answered_at is None else None,
            "solve_by": after.solve_by if is_open else None,
            "remind_hours": after.remind_hours,
        }
    )


def _promised(state: Complaint, base: BaseData) -> Complaint:
    """With its deadlines by the terms of its category, else by those of all; without any it has none."""
    found = (base.find(ComplaintTerms, name, state.opened_at) for name in (state.category, _ANY_CATEGORY))
    terms = next((one for one in found if one is not None and not one.retired), None)
    if terms is None:
        return _due(state._replace(answer_by=None, solve_by=None, remind_hours=0))
    office = Office(base, dealer_of(state.whose))
    answer_by, solve_by = (office.closing(state.opened_at, days) for days in (terms.answer_days, terms.solve_days))
    return _due(state._replace(answer_by=answer_by, solve_by=solve_by, remind_hours=terms.remind_hours))


def _due(state: Complaint) -> Complaint:
    waits = None if state.status == CLOSED else state.solve_by if state.answered_at else state.answer_by
    return state._replace(due_at=waits)
