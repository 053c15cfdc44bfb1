"""The execution of orders adds up to what their papers say."""

from contracts import orders
from hub.rules.orders.execution import execution
from tests.support.ordering import (
    ORDER,
    OTHER,
    accepted,
    answer,
    call,
    credited,
    despatched,
    invoiced,
    order_of,
    paid,
    received,
    reversed_,
    won,
)

RECEIPT = paid(8, "ZE-1", ("RE-1", ORDER, 3_000), ("RE-1", OTHER, 700))
SAID = [
    won(0),
    won(0, opportunity="O-2"),
    accepted(1),
    accepted(1, order=OTHER, quantity=1, document="AB-2"),
    answer(orders.ORDER_SCHEDULED, 2, "LA-1", calls=[call("c1", 1, 3, (4, 5))]),
    despatched(3, "LS-1", (ORDER, 3), (OTHER, 1)),
    received(4, "WE-1", (ORDER, 3)),
    invoiced(6, "RE-1", (ORDER, 3, 3_000), (OTHER, 1, 700)),
    credited(7, "GS-1", "RE-1", (ORDER, 1, 1_000)),
    RECEIPT,
]


def test_both_orders_of_a_collective_paper_are_laid_out() -> None:
    found = execution([(ref, order_of(SAID, ref)) for ref in (ORDER, OTHER)])
    assert found.statuses == {"delivered": 1, "despatched": 1}
    assert found.quantities == {"ordered": 4, "confirmed": 4, "despatched": 4, "received": 3, "invoiced": 3, "paid": 3}
    assert found.amounts == {"EUR": {"net": 2_700, "margin": 740, "owed": 2_700, "paid": 3_700, "open": -1_000}}
    assert found.windows == {"met": 1}
    assert [(row["what"], row["document"], row["order"], row["quantity"]) for row in found.deliveries] == [
        ("despatched", "LS-1", ORDER, 3),
        ("despatched", "LS-1", OTHER, 1),
        ("received", "WE-1", ORDER, 3),
    ]
    assert [(row["what"], row["document"], row["order"], row["net"]) for row in found.invoices] == [
        ("invoice", "RE-1", ORDER, 3_000),
        ("invoice", "RE-1", OTHER, 700),
        ("credit", "GS-1", ORDER, -1_000),
    ]
    assert [(row["document"], row["order"], row["minor"], row["reversed_by"]) for row in found.receipts] == [
        ("ZE-1", ORDER, 3_000, None),
        ("ZE-1", OTHER, 700, None),
    ]


def test_a_reversed_receipt_is_shown_and_does_not_count() -> None:
    [row] = execution([(ORDER, order_of([*SAID, reversed_(9, "ZS-1", RECEIPT)]))]).receipts
    assert row["reversed_by"] == "ZS-1"
    assert execution([(ORDER, order_of([*SAID, reversed_(9, "ZS-1", RECEIPT)]))]).amounts["EUR"]["paid"] == 0


def test_progress_leaves_out_what_is_not_carried_out() -> None:
    gone = order_of([won(0), answer(orders.ORDER_REJECTED, 1, "AB-1", reason="no longer made")])
    done = order_of(SAID, OTHER)
    assert execution([(ORDER, gone)]).progress == 0
    assert execution([(ORDER, gone), (OTHER, done)]).progress == done.progress == 83


def test_nothing_ordered_is_nothing() -> None:
    found = execution([])
    assert (found.progress, found.statuses, found.amounts, found.lines) == (0, {}, {}, [])


def test_a_margin_that_nothing_was_said_of_is_not_shown_as_none_earned() -> None:
    told, body = invoiced(6, "RE-1", (ORDER, 3, 3_000))
    silent = told, {**body, "lines": [{name: value for name, value in line.items() if name != "cost"} for line in body["lines"]]}
    assert execution([(ORDER, order_of([accepted(1), silent]))]).amounts["EUR"] == {
        "net": 3_000,
        "margin": None,
        "owed": 3_000,
        "paid": 0,
        "open": 3_000,
    }
