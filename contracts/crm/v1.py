"""First editions of what the hub tells of its CRM state."""

from typing import Literal

from contracts.contract import Event
from contracts.values import Count, Instant, Line, Money, PartnerId, Ref, Slug


class CustomerUpdated(Event):
    """A dealer's customer changed; `dealer/customer` is the subject. No personal data: readers ask the hub."""

    subject: Line
    dealer: PartnerId
    customer: Ref
    status: Slug


class ContactUpdated(Event):
    """A dealer's contact changed."""

    subject: Line
    dealer: PartnerId
    contact: Ref
    customer: Ref
    is_active: bool


class LeadUpdated(Event):
    """A lead changed; `dealer` is who handles it, `oem` while it is routed to nobody."""

    subject: Line
    dealer: PartnerId
    lead: Ref
    status: Slug


class ComplaintUpdated(Event):
    """A complaint changed; `dealer` is who took it, `oem` where the OEM did; `staff` has it in hand.

    What is still to be done has its deadline: none for an answer that was given, none for a complaint that is closed or has no terms.
    """

    subject: Line
    dealer: PartnerId
    complaint: Ref
    status: Literal["open", "closed"]
    category: Slug
    staff: Line | None = None
    answer_by: Instant | None = None
    solve_by: Instant | None = None
    remind_hours: Count = 0


class OpportunityUpdated(Event):
    """A dealer's opportunity changed; `wins` counts its wins but those of the past, so that each can ask for an order once.

    `wins_before` is what `wins` was before this change: where it is higher, a win was corrected away.
    It stands in `stage` of its sales model since then; `owner` is the salesperson.
    """

    subject: Line
    dealer: PartnerId
    opportunity: Ref
    status: Literal["open", "won", "lost"]
    stage: Slug
    wins: Count
    wins_before: Count = 0
    customer: Ref | None = None
    product: Line | None = None
    amount: Money | None = None
    sales_model: Slug = "standard"
    stage_since: Instant | None = None
    owner: Line | None = None
