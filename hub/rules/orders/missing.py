"""Say which papers of an order should have come by now: the ERP's answer, a despatch advice, an invoice.

What is awaited follows from the papers that there are and from what was agreed. What is missing is what was awaited and has not
come in time; the timer makes it so at the very moment, any later news finds it so. So late papers lead to the same in any order.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from contracts.base import PaperTerms
from contracts.timers import TimerFired
from hub.rules.decision import Change, Decision, Facts, Keep, Subject
from hub.rules.orders.state import Order, moment

STANDARD = "standard"
_AGREED = {"answer": 48, "despatch_advice": 0, "invoice": 336}
"""In hours, where the OEM has laid nothing down."""
_OVER = frozenset({"rejected", "withdrawn", "cancelled", "completed"})
"""Nobody waits for papers any more."""


def agreed(facts: Facts, dealer: str | None, at: datetime) -> dict[str, Any]:
    """How many hours each paper may take, as agreed with the dealer or with everybody."""
    for ref in (dealer, STANDARD):
        found = facts.base.find(PaperTerms, ref, at) if ref else None
        if found is not None and not found.retired:
            return {"answer": found.answer_hours, "despatch_advice": found.advice_hours, "invoice": found.invoice_hours}
    return _AGREED


def answer_due(order: Order) -> datetime | None:
    """Until when the ERP should answer what it was asked."""
    if order.status != "requested" or order.asked_at is None:
        return None
    return order.asked_at + _within(order, "answer")


def watched(order: Order, at: datetime) -> Order:
    """The order with what is missing by that moment, and when to look again; of the past alone nothing is awaited."""
    awaited = [{"paper": paper, "due_at": moment(due)} for paper, due in _awaited(order)] if order.is_watched else []
    missing = [one for one in awaited if one in order.missing or datetime.fromisoformat(one["due_at"]) <= at]
    ahead = [datetime.fromisoformat(one["due_at"]) for one in awaited if one not in missing]
    since = min((datetime.fromisoformat(one["due_at"]) for one in missing), default=None)
    return order._replace(missing=missing, missing_since=since, watch_at=min(ahead, default=None))


def looked_at(state: Order | None, event: TimerFired, _facts: Facts) -> Decision[Order]:
    """The time of a paper is over."""
    if state is None or state.watch_at is None or state.watch_at > event.due_at:
        return Keep("it has come, or has more time")
    return Change(watched(state, event.due_at))


def watch_at(order: Order, _subject: Subject) -> datetime | None:
    """When the clock shall speak of it."""
    return order.watch_at


def _awaited(order: Order) -> Iterator[tuple[str, datetime]]:
    """Papers that have not come, and until when they should; of several of a kind the first one due."""
    if order.status in _OVER:
        return
    if order.status == "requested":
        found = {"answer": answer_due(order)}
    else:
        found = {"despatch_advice": _advice_due(order), "invoice": _invoice_due(order)}
    yield from ((paper, due) for paper, due in found.items() if due is not None)


def _advice_due(order: Order) -> datetime | None:
    """By the first call-off that is not covered by what was despatched, else by the promised day."""
    open_lines = {line["line"]: line["despatched"] for line in order.lines if line["despatched"] < line["confirmed"]}
    called, due = Counter[str](), dict[str, datetime]()
    for call in sorted(order.calls, key=lambda call: _moment(call["window_until"])):
        line = call["line"]
        called[line] += call["quantity"]
        if line in open_lines and called[line] > open_lines[line]:
            due.setdefault(line, _moment(call["window_until"]))
    if order.promised is not None and open_lines.keys() - due.keys():
        due["promised"] = datetime.combine(order.promised, time(), UTC) + timedelta(days=1)
    return min(due.values()) + _within(order, "despatch_advice") if due else None


def _invoice_due(order: Order) -> datetime | None:
    """By the arrival of the first piece that no invoice has counted; nobody invoices more than was ordered, whatever came."""
    to_bill = {line["line"]: line["ordered"] for line in order.lines if line["is_ordered"]}
    billed, came = Counter[str](), Counter[str]()
    for line in (line for paper in order.invoices for line in paper["lines"]):
        billed[line["line"]] += line["quantity"]
    for paper in sorted(order.receptions, key=lambda paper: _moment(paper["at"])):
        for line in paper["lines"]:
            came[line["line"]] += line["quantity"]
        if any(min(came[line["line"]], to_bill.get(line["line"], came[line["line"]])) > billed[line["line"]] for line in paper["lines"]):
            return _moment(paper["at"]) + _within(order, "invoice")
    return None


def _within(order: Order, paper: str) -> timedelta:
    return timedelta(hours=order.terms.get(paper, _AGREED[paper]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
