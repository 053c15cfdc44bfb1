"""First editions of what is said of complaints."""

from contracts.contract import Event
from contracts.values import Line, PartnerId, Ref, Slug, Text


class ComplaintReceived(Event):
    """A customer, or `contact` of a customer, complains; said again it brings the complaint up to date.

    `dealer` is whose reference the customer is, where the OEM took the complaint of a dealer's customer.
    """

    complaint: Ref
    customer: Ref
    contact: Ref | None = None
    dealer: PartnerId | None = None
    category: Slug = "other"
    note: Text | None = None


class ComplaintAssigned(Event):
    """Somebody has it in hand from now on, and hears of its deadlines."""

    complaint: Ref
    staff: Line


class ComplaintAnswered(Event):
    """Whoever complains has been answered for the first time; what is to be done about it still is."""

    complaint: Ref


class ComplaintClosed(Event):
    """Nothing is to be done about it any more."""

    complaint: Ref
    outcome: Slug | None = None


class ComplaintReopened(Event):
    """It was closed too early."""

    complaint: Ref
    note: Text | None = None
