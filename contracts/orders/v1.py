"""First editions of what the hub asks of the ERP and of what becomes of orders: answers, schedules, progress."""

from typing import Annotated, Literal, TypeVar

from pydantic import FailFast, Field

from contracts.contract import Contract, Event
from contracts.values import Count, Day, Instant, Line, Money, OrderId, PartnerId, Percent, Quantity, Ref, Several, Slug, Vin

T = TypeVar("T")

Lines = Annotated[tuple[T, ...], Field(min_length=1, max_length=1000), FailFast()]
"""The lines of a document, at least one; a collective document may have many."""

OrderStatus = Literal[
    "requested",
    "withdrawn",
    "rejected",
    "accepted",
    "scheduled",
    "in_production",
    "partly_despatched",
    "despatched",
    "partly_delivered",
    "delivered",
    "completed",
    "cancelled",
]
"""Where an order stands; `withdrawn` is one that the hub took back before the ERP answered."""


Paper = Literal["answer", "despatch_advice", "invoice"]
"""A paper of the ERP that may be missing."""


class OrderRequested(Event):
    """The hub asks for an order because of a win; `win` says the how manieth of the opportunity it is.

    Asked again after a cancellation was asked for, it is the same order that is wanted after all.
    """

    order: OrderId
    dealer: PartnerId
    opportunity: Ref
    win: Count
    customer: Ref | None = None
    product: Line | None = None
    amount: Money | None = None


class OrderCancellationRequested(Event):
    """The hub no longer wants an order that it asked for: the win was a mistake and has been corrected."""

    order: OrderId
    dealer: PartnerId
    opportunity: Ref
    reason: Literal["win_corrected"] = "win_corrected"


class OrderLine(Contract):
    """One line of an order as it stands: how many were ordered, and how many of them the ERP confirms (all, if not said)."""

    line: Ref
    product: Line | None = None
    quantity: Quantity
    confirmed: Quantity | None = None
    price: Money | None = None


class OrderDocument(Event):
    """What the ERP says of one order: `order` is the hub's id or the ERP's own number.

    `document` is the number of the paper, of its own for each thing said: the same said again under it changes nothing.
    """

    document: Ref
    order: OrderId


class OrderTerms(OrderDocument):
    """All lines of an order as they stand from now on, and the day of delivery promised now; without one the earlier promise holds.

    Of a line that is named twice the last telling counts.
    """

    lines: Lines[OrderLine]
    promised: Day | None = None


class OrderAccepted(OrderTerms):
    """The ERP takes the order, with all its lines. One that the hub never asked for is dealer stock, and names its dealer."""

    number: Ref | None = None
    dealer: PartnerId | None = None
    customer: Ref | None = None


class OrderRejected(OrderDocument):
    """The ERP does not take the order."""

    reason: Line


class OrderChanged(OrderTerms):
    """The order stands otherwise than before."""


class CallOff(Contract):
    """A part of a line that is to arrive within a window, in its place of a sequence: just in time.

    The window begins at `window_from` and lasts `window_minutes`. A call-off told again replaces the earlier one of its number;
    with quantity 0 it is called off no more.
    """

    call: Ref
    sequence: Count
    line: Ref
    quantity: Quantity
    window_from: Instant
    window_minutes: Annotated[int, Field(ge=1, le=1_000_000)]
    plant: Ref | None = None
    vin: Vin | None = None


class OrderScheduled(OrderDocument):
    """When what is to be delivered."""

    calls: Lines[CallOff]


class OrderProgressed(OrderDocument):
    """How far the making of the order is, by steps of the ERP's own."""

    step: Slug
    percent: Percent


class OrderCancelled(OrderDocument):
    """The order is not carried out, or no further."""

    reason: Line | None = None


class OrderCompleted(OrderDocument):
    """The ERP regards the order as done, whatever its lines say."""


class OrderUpdated(Event):
    """What changed in an order, for anyone who may read it; quantities are sums over its lines, `progress` is in percent.

    At `due_at` the next thing is overdue: the ERP's answer, then a delivery. `missing` are papers that have not come in time.
    No prices: margins are nobody's business but the OEM's.
    """

    subject: OrderId
    status: OrderStatus
    dealer: PartnerId | None = None
    opportunity: Ref | None = None
    customer: Ref | None = None
    number: Ref | None = None
    progress: Percent
    ordered: Count
    confirmed: Count
    despatched: Count
    received: Count
    invoiced: Count
    paid: Count
    promised: Day | None = None
    due_at: Instant | None = None
    missing: Several[Paper] = ()


class PaperNews(Event):
    """Of which order which paper was due by when; `number` is the ERP's own."""

    subject: OrderId
    paper: Paper
    due_at: Instant
    dealer: PartnerId | None = None
    number: Ref | None = None


class PaperMissed(PaperNews):
    """The paper has not come in the agreed time."""


class PaperCleared(PaperNews):
    """The paper is missing no longer: it came after all, was given more time, or nobody waits for it any more."""
