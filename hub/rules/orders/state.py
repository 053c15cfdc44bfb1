"""What is known of an order: what was asked, what was answered, and every paper of it; the rest is reckoned from these."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeAlias

Entry: TypeAlias = dict[str, Any]
"""A line or a paper, as JSON holds it: moments are ISO texts in UTC."""


class Order(NamedTuple):
    """One order; quantities are sums over its lines, `due_at` is when the next thing is late: the answer, then a delivery.

    `is_wanted` says that the hub asks for it now, `answer` what the ERP answered last. `documents` are the numbers of all that
    was said, so that one said again changes nothing. `missing` are papers with the moment until which they should have come, by the
    `terms`; at `watch_at` the next one will be. An order of which only the past was told is not `is_watched`.
    `vins` are the vehicles that its papers name.
    """

    lines: list[Entry]
    calls: list[Entry]
    despatches: list[Entry]
    receptions: list[Entry]
    invoices: list[Entry]
    credits: list[Entry]
    receipts: list[Entry]
    reversals: list[Entry]
    documents: list[str]
    missing: list[Entry]
    terms: dict[str, Any]
    vins: list[str]
    status: str = "requested"
    dealer: str | None = None
    opportunity: str | None = None
    customer: str | None = None
    product: str | None = None
    win: int | None = None
    amount_minor: int | None = None
    amount_currency: str | None = None
    is_wanted: bool = False
    asked_at: datetime | None = None
    withdrawn_at: datetime | None = None
    number: str | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    reason: str | None = None
    promised: date | None = None
    promised_first: date | None = None
    step: str | None = None
    step_percent: int = 0
    completed_at: datetime | None = None
    due_at: datetime | None = None
    missing_since: datetime | None = None
    watch_at: datetime | None = None
    is_watched: bool = False
    progress: int = 0
    ordered: int = 0
    confirmed: int = 0
    despatched: int = 0
    received: int = 0
    invoiced: int = 0
    paid: int = 0


def nothing_said() -> Order:
    """An order before anybody said anything of it."""
    return Order([], [], [], [], [], [], [], [], [], [], {}, [])


def moment(at: datetime) -> str:
    """A moment as an entry holds it."""
    return at.astimezone(UTC).isoformat()
