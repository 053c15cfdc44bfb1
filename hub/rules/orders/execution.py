"""Lay out how orders are carried out: their lines, deliveries, invoices and receipts, and what these add up to."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hub.rules.orders.standing import differences, owed, progress
from hub.rules.orders.state import Entry, Order

NOT_CARRIED_OUT = frozenset({"rejected", "withdrawn", "cancelled"})
QUANTITIES = ("ordered", "confirmed", "despatched", "received", "invoiced", "paid")

Amounts = dict[str, dict[str, int | None]]
"""Minor units by currency and word; None for a margin that nothing was said of."""


class Execution(NamedTuple):
    """How some orders are carried out; each row names its order. Progress leaves out what is not carried out.

    `amounts` are, by currency: `net` and `margin` of what was invoiced after credit notes, `owed` with tax, `paid`, and what is `open`.
    `windows` counts call-offs by their verdicts.
    """

    progress: int
    statuses: dict[str, int]
    quantities: dict[str, int]
    amounts: Amounts
    windows: dict[str, int]
    orders: list[Entry]
    lines: list[Entry]
    calls: list[Entry]
    deliveries: list[Entry]
    invoices: list[Entry]
    receipts: list[Entry]
    differences: list[Entry]


_HEAD = (
    *("status", "number", "product", "customer", "is_wanted", "asked_at", "answer", "answered_at", "reason"),
    *("promised", "promised_first", "due_at", "missing", "step", "step_percent", "completed_at", "progress", *QUANTITIES),
)


def execution(orders: Sequence[tuple[str, Order]]) -> Execution:
    """The whole of it, from orders with their ids."""
    alive = [order for _, order in orders if order.status not in NOT_CARRIED_OUT]
    calls = [{"order": ref, **call} for ref, order in orders for call in order.calls if call["quantity"]]
    return Execution(
        progress(alive),
        dict(Counter(order.status for _, order in orders)),
        {name: sum(getattr(order, name) for order in alive) for name in QUANTITIES},
        _amounts([order for _, order in orders]),
        dict(Counter(call["verdict"] for call in calls)),
        [{"order": ref, **{name: getattr(order, name) for name in _HEAD}} for ref, order in orders],
        [{"order": ref, **line} for ref, order in orders for line in order.lines],
        calls,
        sorted((row for ref, order in orders for row in _deliveries(ref, order)), key=_by_time),
        sorted((row for ref, order in orders for row in _invoices(ref, order)), key=_by_time),
        sorted((row for ref, order in orders for row in _receipts(ref, order)), key=_by_time),
        [{"order": ref, "line": line, "difference": what, "pieces": n} for ref, order in orders for line, what, n in differences(order)],
    )


def _by_time(row: Entry) -> tuple[str, str]:
    return row["at"], row["document"]


def _deliveries(ref: str, order: Order) -> Iterator[Entry]:
    for what, papers in (("despatched", order.despatches), ("received", order.receptions)):
        for paper in papers:
            head = {"order": ref, "what": what, "document": paper["document"], "at": paper["at"]}
            of_carrier = {"carrier": paper.get("carrier"), "consignment": paper.get("consignment")}
            yield from ({**head, "line": line["line"], "quantity": line["quantity"], **of_carrier} for line in paper["lines"])


def _invoices(ref: str, order: Order) -> Iterator[Entry]:
    for what, sign, papers in (("invoice", 1, order.invoices), ("credit", -1, order.credits)):
        for paper in papers:
            head = {"order": ref, "what": what, "document": paper["document"], "at": paper["at"], "currency": paper["currency"]}
            of_paper = {"invoice": paper.get("invoice"), "due": paper.get("due")}
            for line in paper["lines"]:
                money = {name: None if line[name] is None else sign * line[name] for name in ("net", "tax", "margin")}
                yield {**head, "line": line["line"], "quantity": sign * line["quantity"], **money, **of_paper}


def _receipts(ref: str, order: Order) -> Iterator[Entry]:
    reversed_by = {entry["receipt"]: entry["document"] for entry in order.reversals}
    for entry in order.receipts:
        yield {"order": ref, **entry, "reversed_by": reversed_by.get(entry["document"])}


def _amounts(orders: Sequence[Order]) -> Amounts:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for order in orders:
        for row in _invoices("", order):
            sums = found[row["currency"]]
            sums["net"] += row["net"]
            if row["margin"] is not None:
                sums["margin"] += row["margin"]
        for invoice in {entry["document"]: entry["currency"] for entry in order.invoices}.items():
            to_pay, paid = owed(order, invoice[0])
            sums = found[invoice[1]]
            sums["owed"] += to_pay
            sums["paid"] += paid
            sums["open"] += to_pay - paid
    return {
        currency: {
            word: None if word == "margin" and word not in sums else sums[word] for word in ("net", "margin", "owed", "paid", "open")
        }
        for currency, sums in sorted(found.items())
    }
