"""First editions of what carriers say of freight charges, and of what the hub answers."""

from typing import Annotated, Literal

from pydantic import FailFast, Field, field_validator

from contracts.contract import Contract, Event
from contracts.values import Amount, Currency, Day, Instant, Line, Minor, Money, PartnerId, Price, Quantity, Ref, Slug, Text

DisputeReason = Literal[
    "duplicate_invoice",
    "unknown_shipment",
    "cancelled_shipment",
    "currency",
    "no_rate",
    "rate",
    "fuel",
    "accessorial_not_earned",
    "weight",
    "arithmetic",
]

ChargeStatus = Literal["unadvised", "expected", "unclear", "partly_billed", "passed", "disputed", "refused", "settled"]


class FreightQuoted(Event):
    """What the carrier offers to carry a consignment for, all in, until a moment."""

    consignment: Ref
    price: Money
    valid_until: Instant


class BilledLine(Contract):
    """One line of a freight invoice: a consignment's `freight`, its `fuel`, or a surcharge by its code in the tariff.

    `weight_g` is the weight billed (of `freight`), `percent_milli` the percentage billed (of `fuel`), in thousandths of a percent.
    """

    line: Ref
    consignment: Ref
    charge: Slug
    quantity: Quantity = 1
    unit_minor: Amount | None = None
    weight_g: Quantity | None = None
    percent_milli: Quantity | None = None
    amount_minor: Amount


class FreightInvoiced(Event):
    """One bill for many shipments; amounts are net, in the invoice's currency. A new bill under an old number is a duplicate."""

    invoice: Ref
    currency: Currency
    lines: Annotated[tuple[BilledLine, ...], Field(min_length=1, max_length=2000), FailFast()]
    net_minor: Amount
    tax_minor: Amount = 0
    due_on: Day | None = None

    @field_validator("lines")
    @classmethod
    def _each_line_has_a_number(cls, lines: tuple[BilledLine, ...]) -> tuple[BilledLine, ...]:
        if len({line.line for line in lines}) != len(lines):
            raise ValueError("each line has a number of its own")
        return lines


class CreditedLine(Contract):
    """What is given back of one billed line."""

    line: Ref
    consignment: Ref
    amount_minor: Price


class FreightCredited(Event):
    """A credit note upon one of the carrier's invoices."""

    credit_note: Ref
    invoice: Ref
    currency: Currency
    lines: Annotated[tuple[CreditedLine, ...], Field(min_length=1, max_length=2000), FailFast()]


class DisputeAnswered(Event):
    """What the carrier says to a dispute; what it grants, it credits by a note of its own."""

    consignment: Ref
    invoice: Ref
    answer: Literal["granted", "refused"]
    note: Text | None = None


class DisputedLine(Contract):
    """One billed line that is not paid as billed; `expected_minor` is what the hub reckons, where it can."""

    line: Ref
    charge: Slug
    reason: DisputeReason
    billed_minor: Amount
    expected_minor: Minor | None = None
    disputed_minor: Minor


class DisputeRaised(Event):
    """All that is disputed of one consignment on one invoice; a later telling takes the place of an earlier one."""

    consignment: Ref
    invoice: Ref
    currency: Currency
    disputed_minor: Minor
    lines: Annotated[tuple[DisputedLine, ...], Field(min_length=1, max_length=2000), FailFast()]
    answer_by: Day


class DisputeWithdrawn(Event):
    """Nothing of the consignment is disputed on that invoice any more: later news explained it."""

    consignment: Ref
    invoice: Ref


class InvoiceDisputed(Event):
    """The invoice's total is not the sum of its lines; `reason` is always arithmetic."""

    invoice: Ref
    currency: Currency
    net_minor: Amount
    lines_minor: Minor
    reason: Literal["arithmetic"] = "arithmetic"


class ChargeUpdated(Event):
    """The charge for a shipment changed; `carrier/consignment` is the subject, amounts are in the currency agreed."""

    subject: Line
    carrier: PartnerId
    consignment: Ref
    status: ChargeStatus
    currency: Currency
    expected_minor: Minor
    billed_minor: Minor
    disputed_minor: Minor
    credited_minor: Minor
    cost_minor: Minor
