"""The charge for one shipment: what is known of it, and what follows from that."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.rules.decision import Subject

CONCEDED = "conceded"
"""The answer that a person gives in the carrier's place: it is paid after all."""

BilledItem = dict[str, Any]
"""A line of an invoice as the charge keeps it: invoice, line, charge, currency, amount_minor, at, and what the line told beside."""

Line = tuple[str, str, str]
"""A billed line as a credit note names it: invoice, line and currency."""


class Charge(NamedTuple):
    """The charge for one consignment. Amounts are in minor units: those of columns in the currency agreed, `currency`.

    Told: `terms`, `advices`, `services` (quantity by code), `quote`, `bills`, `credits`, `answers` (by invoice).
    `is_carried`: the goods have arrived, and what comes later cancels nothing.
    `is_overdue`: a bill has waited too long for a despatch advice. All else follows from these, see `derived`.
    """

    status: str
    lane: str | None
    currency: str
    expected_minor: int
    billed_minor: int
    disputed_minor: int
    credited_minor: int
    accrued_minor: int
    cost_minor: int
    weight_g: int
    fuel_milli: int | None
    despatched_at: datetime | None
    is_cancelled: bool
    is_carried: bool
    is_overdue: bool
    terms: dict[str, Any]
    advices: list[dict[str, Any]]
    services: dict[str, int]
    quote: dict[str, Any] | None
    expected: dict[str, int]
    bills: list[BilledItem]
    credits: list[dict[str, Any]]
    answers: dict[str, str]
    findings: list[dict[str, Any]]
    disputes: list[dict[str, Any]]
    allocations: list[dict[str, Any]]
    balances: list[dict[str, Any]]

    @property
    def is_advised(self) -> bool:
        """Whether a despatch advice names the consignment."""
        return self.despatched_at is not None


def blank(terms: dict[str, Any]) -> Charge:
    """A charge of which nothing is known but the carrier's terms."""
    return Charge(
        *("unadvised", None, terms["currency"], 0, 0, 0, 0, 0, 0, 0, None, None, False, False, False),
        terms=terms,
        advices=[],
        services={},
        quote=None,
        expected={},
        bills=[],
        credits=[],
        answers={},
        findings=[],
        disputes=[],
        allocations=[],
        balances=[],
    )


def goods(charge: Charge) -> list[dict[str, Any]]:
    """All that is on board, by the advices: one entry a line of an order."""
    return [line for advice in charge.advices for line in advice["lines"]]


def credited(charge: Charge) -> dict[Line, int]:
    """What was given back of each billed line."""
    pool: dict[Line, int] = {}
    for item in charge.credits:
        pool[line_of(item)] = pool.get(line_of(item), 0) + item["amount_minor"]
    return pool


def standing(charge: Charge) -> Iterator[tuple[BilledItem, bool]]:
    """Each billed line, and whether it is the one that counts for its charge.

    A charge is billed once: what comes again is a duplicate, unless another invoice billed it before and all that had been billed
    there by then came back. The first one, so displaced, stays displaced if its number comes once more.
    In another currency than agreed nothing is billed at all: such a line is wrong by itself, and no duplicate.
    """
    pool, billed, taken = credited(charge), dict[Line, int](), dict[str, BilledItem]()
    for item in charge.bills:
        if item["currency"] != charge.currency:
            yield item, True
            continue
        first = taken.get(item["charge"])
        counts = first is None or (first["invoice"] != item["invoice"] and 0 < billed[line_of(first)] <= pool.get(line_of(first), 0))
        if counts:
            taken[item["charge"]] = item
        _add(billed, item)
        yield item, counts


def given_back(charge: Charge) -> set[Line]:
    """The billed lines that were credited in full: all that was billed under one number and line, as a credit note names no more."""
    pool, billed = credited(charge), dict[Line, int]()
    for item in charge.bills:
        _add(billed, item)
    return {line for line, minor in billed.items() if 0 < minor <= pool.get(line, 0)}


def _add(billed: dict[Line, int], item: BilledItem) -> None:
    billed[line_of(item)] = billed.get(line_of(item), 0) + max(item["amount_minor"], 0)


def line_of(item: BilledItem) -> Line:
    """How a credit note names it."""
    return item["invoice"], item["line"], item["currency"]


def waits_until(charge: Charge, _subject: Subject) -> datetime | None:
    """Until when a bill for a shipment that nobody advised may wait; None where none does."""
    if charge.is_advised or charge.is_overdue or not charge.bills:
        return None
    first = min(datetime.fromisoformat(item["at"]) for item in charge.bills)
    return first + timedelta(days=charge.terms["unknown_after_days"])
