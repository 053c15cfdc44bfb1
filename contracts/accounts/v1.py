"""First editions of what the hub tells of its open items."""

from contracts.contract import Event
from contracts.values import Currency, Day, Minor, PartnerId, Ref, Subject


class OpenItemUpdated(Event):
    """What is still to be paid of an invoice after one more paper about it: nothing, or less than that, once it is settled.

    `customer` is in the dealer's own words; none: the invoice is the dealer's own.
    """

    subject: Subject
    dealer: PartnerId
    customer: Ref | None = None
    invoice: Ref
    due: Day
    currency: Currency
    amount_minor: Minor
    open_minor: Minor
