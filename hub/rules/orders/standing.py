"""Reckon from an order's papers how it stands: quantities by line, status, progress, what is due.

Everything here is a sum or a comparison over the papers, so the order in which they came in does not matter.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from hub.rules.orders.missing import answer_due
from hub.rules.orders.state import Entry, Order
from hub.rules.orders.windows import judged

STEPS = ("confirmed", "produced", "despatched", "received", "invoiced", "paid")
"""What each ordered piece passes; progress is the share of these steps that all pieces have passed, rounded down."""

OVER = frozenset({"rejected", "withdrawn", "cancelled", "completed", "delivered"})
"""Nothing more is to arrive."""


def settled(order: Order) -> Order:
    """The order with all that follows from its papers; a pure function of them, so applied twice it changes nothing."""
    lines = _lines(order)
    calls = judged(order.calls, order.receptions)
    sums = {name: sum(line[name] for line in lines) for name in ("ordered", "confirmed", "despatched", "received", "invoiced", "paid")}
    status = _status(order, lines)
    new = order._replace(lines=lines, calls=calls, status=status, vins=_vins(order), **sums)
    return new._replace(progress=progress([new]), due_at=None if status in OVER else _due(new))


def progress(orders: Iterable[Order]) -> int:
    """How far orders are in percent: every ordered piece passes the same `STEPS`, and completed ones have passed all of them.

    What has arrived was sent, made and confirmed, whatever papers are missing.
    """
    total = done = 0
    for order in orders:
        for line in order.lines:
            asked = wanted(line)
            sent = max(line["despatched"], line["received"])
            passed = (max(line["confirmed"], sent), sent, line["received"], line["invoiced"], line["paid"])
            steps = sum(100 * min(count, asked) for count in passed) + max(order.step_percent * asked, 100 * min(sent, asked))
            total += len(STEPS) * asked
            done += steps if order.completed_at is None else 100 * len(STEPS) * asked
    return done // total if total else 0


def wanted(line: Entry) -> int:
    """How many pieces a line is about: as many as were ordered, or for one that nobody ordered as many as there are papers for."""
    return int(line["ordered"] if line["is_ordered"] else max(line["despatched"], line["received"], line["invoiced"]))


def owed(order: Order, invoice: str) -> tuple[int, int]:
    """What is to be paid of an invoice for this order after credit notes, and what was paid; in minor units of the invoice."""
    issued = [entry for entry in order.invoices if entry["document"] == invoice]
    currency = issued[0]["currency"] if issued else None
    credited = [e for e in order.credits if e["invoice"] == invoice and e["currency"] == currency]
    taken_back = {entry["receipt"] for entry in order.reversals}
    paid = sum(
        entry["minor"]
        for entry in order.receipts
        if entry["invoice"] == invoice and entry["currency"] == currency and entry["document"] not in taken_back
    )
    return _amount(issued) - _amount(credited), paid


def differences(order: Order) -> list[tuple[str, str, int]]:
    """What does not agree between the papers: line, the difference's name, how many pieces."""
    found = []
    is_over = order.status in OVER
    for line in order.lines:
        asked = wanted(line)
        pairs = (
            ("confirmed_short", asked - line["confirmed"], order.answer == "accepted" and line["is_ordered"]),
            ("never_ordered", asked, not line["is_ordered"]),
            ("despatched_too_many", line["despatched"] - asked, True),
            ("received_too_many", line["received"] - max(asked, line["despatched"]), True),
            ("received_without_advice", line["received"] - line["despatched"], True),
            ("lost_on_the_way", line["despatched"] - line["received"], is_over),
            ("invoiced_too_many", line["invoiced"] - line["despatched"], is_over),
            ("not_invoiced", line["received"] - line["invoiced"], order.status == "completed"),
        )
        found += [(str(line["line"]), name, int(count)) for name, count, applies in pairs if applies and count > 0]
    return found


def _lines(order: Order) -> list[Entry]:
    despatched, received = _count(order.despatches), _count(order.receptions)
    invoiced = _count(order.invoices)
    credited = _count(order.credits)
    paid: Counter[str] = Counter()
    for invoice in order.invoices:
        to_pay, got = owed(order, invoice["document"])
        if got >= to_pay:
            back = _count(entry for entry in order.credits if entry["invoice"] == invoice["document"])
            paid += _count([invoice]) - back  # a counter's difference keeps what is above zero
    lines = [line for line in order.lines if line["is_ordered"]]
    known = {line["line"] for line in lines}
    others = sorted((despatched.keys() | received.keys() | invoiced.keys()) - known)
    lines += [{"line": ref, "product": None, "ordered": 0, "confirmed": 0, "is_ordered": False} for ref in others]
    return [
        line
        | {
            "despatched": despatched[line["line"]],
            "received": received[line["line"]],
            "invoiced": max(invoiced[line["line"]] - credited[line["line"]], 0),
            "paid": paid[line["line"]],
        }
        for line in lines
    ]


def _count(papers: Iterable[Entry]) -> Counter[str]:
    found: Counter[str] = Counter()
    for paper in papers:
        for line in paper["lines"]:
            found[line["line"]] += line["quantity"]
    return found


def _vins(order: Order) -> list[str]:
    papers = (line for several in (order.despatches, order.receptions, order.invoices) for paper in several for line in paper["lines"])
    return sorted({line["vin"] for line in (*order.calls, *papers) if line.get("vin") and line["quantity"]})


def _amount(papers: Iterable[Entry]) -> int:
    return sum(line["net"] + line["tax"] for paper in papers for line in paper["lines"])


def _status(order: Order, lines: list[Entry]) -> str:
    about = [(line, asked) for line in lines if (asked := wanted(line)) > 0]

    def have_all(name: str) -> bool:
        return bool(about) and all(line[name] >= asked for line, asked in about)

    def have_some(name: str) -> bool:
        return any(line[name] for line, _ in about)

    words = (
        (order.answer in {"cancelled", "rejected"}, order.answer or ""),
        (order.completed_at is not None, "completed"),
        (have_all("received"), "delivered"),
        (have_some("received"), "partly_delivered"),
        (have_all("despatched"), "despatched"),
        (have_some("despatched"), "partly_despatched"),
        (order.step is not None, "in_production"),
        (any(call["quantity"] for call in order.calls), "scheduled"),
        (order.answer is not None or bool(order.documents), "accepted"),  # who speaks of it has it
        (order.is_wanted, "requested"),
    )
    return next((word for applies, word in words if applies), "withdrawn")


def _due(order: Order) -> datetime | None:
    """When the next thing must have come: the ERP's answer, then the earliest window that is open, else the end of the promised day."""
    if order.status == "requested":
        return answer_due(order)
    windows = [datetime.fromisoformat(call["window_until"]) for call in order.calls if call["quantity"] and call["verdict"] == "open"]
    if windows:
        return min(windows)
    if order.promised is None:
        return None
    return datetime.combine(order.promised, time(), UTC) + timedelta(days=1)
