"""How a complaint follows from what a dealer or the OEM says of it."""

from datetime import datetime
from typing import NamedTuple

from contracts.complaints import ComplaintClosed, ComplaintReceived, ComplaintReopened
from hub.rules.decision import Change, Decision, Facts, Keep, Wait, principal_of

OPEN, CLOSED = "open", "closed"


class Complaint(NamedTuple):
    """What a customer complains of; `whose` is the principal whose reference the customer is. `status` is open or closed."""

    status: str
    whose: str
    customer: str
    contact: str | None
    category: str
    note: str | None
    received_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    reopenings: int = 0


def received(state: Complaint | None, event: ComplaintReceived, facts: Facts) -> Decision[Complaint]:
    """Said again it is brought up to date, and what became of it stays. A dealer speaks of its own customers alone."""
    is_oem = facts.subject.principal == "oem"
    whose = principal_of(event.dealer) if event.dealer and is_oem else facts.subject.principal
    fresh = Complaint(OPEN, whose, event.customer, event.contact, event.category, event.note, event.occurred_at)
    if state is None:
        return Change(fresh)
    kept = {name: getattr(state, name) for name in ("status", "received_at", "closed_at", "outcome", "reopenings")}
    return Change(fresh._replace(**kept))


def closed(state: Complaint | None, event: ComplaintClosed, facts: Facts) -> Decision[Complaint]:
    """The first word counts until it is opened again."""
    if state is None:
        return Wait("complaint", facts.subject.ref)
    if state.status == CLOSED:
        return Keep("already closed")
    return Change(state._replace(status=CLOSED, closed_at=event.occurred_at, outcome=event.outcome))


def reopened(state: Complaint | None, event: ComplaintReopened, facts: Facts) -> Decision[Complaint]:
    """It is open as on its first day, and counted."""
    if state is None:
        return Wait("complaint", facts.subject.ref)
    if state.status == OPEN:
        return Keep("still open")
    return Change(state._replace(status=OPEN, closed_at=None, outcome=None, reopenings=state.reopenings + 1, note=event.note or state.note))
