"""First editions of the ERP's papers that may concern many orders.

Each line names the order that it belongs to, so that a collective paper can be split.
"""

from contracts.contract import Contract, Event
from contracts.orders.v1 import Lines
from contracts.shipments.v1 import CarriageExtra, Place
from contracts.values import Amount, Count, Currency, Day, Instant, Line, Money, OrderId, PartnerId, Quantity, Ref, Several, Vin


class DespatchedLine(Contract):
    """So many pieces of an order's line are on their way; with quantity 0 the line is taken back.

    `weight_kg`, `volume_dm3` and `value` are those of all the pieces together.
    """

    order: OrderId
    line: Ref
    quantity: Quantity
    product: Line | None = None
    call: Ref | None = None
    vin: Vin | None = None
    weight_kg: Count | None = None
    volume_dm3: Quantity | None = None
    value: Money | None = None


class DeliveryDespatched(Event):
    """A despatch advice: what has left, on which consignment of which carrier, from where to where.

    `services` are those ordered beside the carriage, by their codes in the carrier's tariff.

    An advice that takes the place of another says so by `corrects`; one that is void is corrected by its lines with quantity 0.
    """

    document: Ref
    carrier: PartnerId | None = None
    consignment: Ref | None = None
    expected_at: Instant | None = None
    origin: Place | None = None
    destination: Place | None = None
    distance_km: Quantity | None = None
    services: Several[CarriageExtra] = ()
    lines: Lines[DespatchedLine]


class ReceivedLine(Contract):
    """So many pieces of an order's line have arrived; `call` names the call-off that they answer, if the ERP knows."""

    order: OrderId
    line: Ref
    quantity: Quantity
    call: Ref | None = None
    vin: Vin | None = None


class DeliveryReceived(Event):
    """Goods have arrived: partly, in full or more than ordered."""

    document: Ref
    despatch: Ref | None = None
    lines: Lines[ReceivedLine]


class InvoiceLine(Contract):
    """What is to be paid for pieces of an order's line: `net` and `tax`, in minor units of the paper's currency.

    `cost` is what they cost, `margin` what is left of `net`; of the two either is enough.
    """

    order: OrderId
    line: Ref
    quantity: Quantity
    net: Amount
    tax: Amount = 0
    cost: Amount | None = None
    margin: Amount | None = None
    vin: Vin | None = None


class AccountPaper(Event):
    """Whose open items a paper concerns: a customer's, or without one the dealer's own."""

    document: Ref
    dealer: PartnerId
    customer: Ref | None = None


class ChargePaper(AccountPaper):
    """A paper with amounts by line, all in one currency."""

    currency: Currency
    lines: Lines[InvoiceLine]


class InvoiceIssued(ChargePaper):
    """An invoice, often of many orders; `due` is the day by which it is to be paid."""

    due: Day


class InvoiceCredited(ChargePaper):
    """A credit note: what is no longer to be paid of an invoice, in positive amounts."""

    invoice: Ref


class Settlement(Contract):
    """What of a payment goes to an invoice, and there to one of its orders."""

    invoice: Ref
    order: OrderId
    amount: Money


class ReceiptPosted(AccountPaper):
    """A payment has come in, and settles invoices as its lines say; what they leave over is kept as unapplied."""

    amount: Money
    lines: Several[Settlement] = ()


class ReceiptReversed(AccountPaper):
    """A payment did not hold (a debit sent back): the whole receipt is taken back; its lines are those of the receipt, all of them."""

    receipt: Ref
    lines: Several[Settlement] = ()
