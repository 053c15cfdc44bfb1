"""First editions of what a dealer says of its contacts."""

from contracts.contract import Event
from contracts.values import Language, Line, Ref


class ContactRecorded(Event):
    """All that the dealer knows of a contact person; `customer` is who it speaks for."""

    contact: Ref
    customer: Ref
    name: Line
    function: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    language: Language | None = None


class ContactMoved(Event):
    """The contact now speaks for another customer; its reporting line ends with the move."""

    contact: Ref
    customer: Ref


class ContactLeft(Event):
    """The contact no longer speaks for its customer."""

    contact: Ref


class ContactReportsTo(Event):
    """Whom the contact reports to; none ends the reporting line."""

    contact: Ref
    superior: Ref | None
