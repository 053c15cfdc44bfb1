"""An order follows from its papers, in whatever order they arrive, however often, and with some of them missing."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import orders
from contracts.base import Template
from hub.operations.base_file import STARTER, read
from hub.rules.decision import Change, Facts, Keep, Subject
from hub.rules.orders import answers, subjects, told
from hub.rules.orders.standing import differences, owed, settled, wanted
from hub.rules.orders.state import Order
from tests.support import ordering
from tests.support.ordering import (
    DAY,
    ORDER,
    OTHER,
    STOCK,
    Said,
    accepted,
    answer,
    call,
    credited,
    despatched,
    eur,
    invoiced,
    order_of,
    paid,
    received,
    reversed_,
    won,
)

LIFE = [
    won(0),
    accepted(1, promised="2026-05-20"),
    answer(orders.ORDER_SCHEDULED, 2, "LA-1", calls=[call("c1", 1, 2, (40, 44)), call("c2", 2, 1, (64, 68))]),
    answer(orders.ORDER_PROGRESSED, 3, "RM-1", step="assembly", percent=50),
    despatched(30, "LS-1", (ORDER, 2), (OTHER, 1)),
    received(41, "WE-1", (ORDER, 2), (OTHER, 1)),
    invoiced(42, "RE-1", (ORDER, 2, 2_000), (OTHER, 1, 700)),
    paid(50, "ZE-1", ("RE-1", ORDER, 2_000), ("RE-1", OTHER, 700)),
    despatched(60, "LS-2", (ORDER, 1)),
    received(70, "WE-2", (ORDER, 1)),
    invoiced(71, "RE-2", (ORDER, 1, 1_000)),
    paid(80, "ZE-2", ("RE-2", ORDER, 1_000)),
]


def quantities(order: Order) -> tuple[int, ...]:
    return order.ordered, order.confirmed, order.despatched, order.received, order.invoiced, order.paid


@pytest.mark.parametrize(
    ("so_far", "status", "counts", "progress"),
    [
        (1, "requested", (0, 0, 0, 0, 0, 0), 0),
        (2, "accepted", (3, 3, 0, 0, 0, 0), 16),
        (3, "scheduled", (3, 3, 0, 0, 0, 0), 16),
        (4, "in_production", (3, 3, 0, 0, 0, 0), 25),
        (5, "partly_despatched", (3, 3, 2, 0, 0, 0), 38),
        (6, "partly_delivered", (3, 3, 2, 2, 0, 0), 50),
        (7, "partly_delivered", (3, 3, 2, 2, 2, 0), 61),
        (8, "partly_delivered", (3, 3, 2, 2, 2, 2), 72),
        (9, "partly_delivered", (3, 3, 3, 2, 2, 2), 83),
        (10, "delivered", (3, 3, 3, 3, 2, 2), 88),
        (12, "delivered", (3, 3, 3, 3, 3, 3), 100),
    ],
)
def test_each_paper_moves_the_order_on(so_far: int, status: str, counts: tuple[int, ...], progress: int) -> None:
    order = order_of(LIFE[:so_far])
    assert (order.status, quantities(order), order.progress) == (status, counts, progress)


def test_a_collective_paper_is_split() -> None:
    other = order_of([won(0, opportunity="O-2"), *LIFE[1:]], OTHER)
    assert quantities(other)[2:] == (1, 1, 1, 1)
    assert [entry["document"] for entry in other.despatches + other.invoices + other.receipts] == ["LS-1", "RE-1", "ZE-1"]


def in_any_order(said: Sequence[Said], again: Sequence[int], seed: int) -> list[Said]:
    """The same papers shuffled, and some of them said twice under other event ids."""
    rng = Random(seed)
    shuffled = [*said, *(said[n] for n in again)]
    rng.shuffle(shuffled)
    return shuffled


SOME = st.lists(st.integers(0, len(LIFE) - 1), max_size=6)


@given(again=SOME, seed=st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_late_and_repeated_news_leads_to_the_same(again: list[int], seed: int) -> None:
    assert order_of(in_any_order(LIFE, again, seed)) == order_of(LIFE)


@given(missing=st.sets(st.integers(0, len(LIFE) - 1), max_size=8), seed=st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_whatever_is_missing_the_rest_counts(missing: set[int], seed: int) -> None:
    """Quantities are sums over the papers that there are, and no step is behind one that follows from it."""
    there = [said for n, said in enumerate(LIFE) if n not in missing]
    order = order_of(in_any_order(there, (), seed))
    kept = {said[1].get("document") for said in there}
    assert order.despatched == 2 * ("LS-1" in kept) + ("LS-2" in kept)
    assert order.received == 2 * ("WE-1" in kept) + ("WE-2" in kept)
    assert order.invoiced == 2 * ("RE-1" in kept) + ("RE-2" in kept)
    assert order.paid == 2 * ({"RE-1", "ZE-1"} <= kept) + ({"RE-2", "ZE-2"} <= kept)
    assert 0 <= order.progress <= 100
    asked = sum(wanted(line) for line in order.lines)
    assert (order.progress == 100) == (0 < asked <= min(order.paid, order.received))
    assert settled(order) == order


def test_the_rules_never_wait_nor_refuse() -> None:
    for n, one in enumerate(ordering.told(LIFE)):
        rule = ordering.erp_orders.stores["orders"].rules[one.lineage]
        verdict = rule(None, one.body, Facts(subjects.of_order(ORDER), ordering.BaseData()))
        assert isinstance(verdict, Change), LIFE[n]


def requests(said: Sequence[Said], order: str = ORDER) -> list[str]:
    """What the hub asks of the ERP while these come in one by one."""
    heard: list[str] = []
    subject = subjects.of_order(order)
    before = None
    for n, one in enumerate(ordering.told(said), 1):
        after = ordering.folded("orders", subject, said[:n])
        if after is not None and after != before:
            tells = (told.requested, told.taken_back)
            events = [tell(before, after, subject, one.body, n) for tell in tells]
            heard += [type(event).__name__ for event in events if event is not None]
            before = after
    return heard


def test_a_win_asks_once_however_often_it_is_said() -> None:
    assert requests([won(0), won(1), won(2, stage="contract"), accepted(3), won(4)]) == ["OrderRequested"]


def test_each_win_asks_for_an_order_of_its_own() -> None:
    said = [won(0), won(5, wins=2, before=1)]
    assert requests(said) == ["OrderRequested"]
    assert requests(said, "ber-01/O-1#2") == ["OrderRequested"]
    assert requests(said, "ber-01/O-1#3") == []


def test_a_corrected_win_cancels_and_a_new_one_asks_again() -> None:
    said = [won(0), won(1, wins=0, before=1), won(2, wins=1, before=0)]
    assert requests(said) == ["OrderRequested", "OrderCancellationRequested", "OrderRequested"]
    assert order_of(said[:2]).status == "withdrawn"


def test_several_wins_may_go_back_at_once() -> None:
    said = [won(0, wins=2, before=0), won(1, wins=0, before=2)]
    for order in (ORDER, "ber-01/O-1#2"):
        assert requests(said, order) == ["OrderRequested", "OrderCancellationRequested"]


def test_historic_wins_ask_nothing() -> None:
    assert list(subjects.of_wins(ordering.told([won(0, wins=0)])[0].body, "hub")) == []  # type: ignore[arg-type]


def test_a_request_says_what_was_won() -> None:
    state = order_of([won(0, amount=eur(4_210_000), product="tour-l")])
    [event] = [told.requested(None, state, subjects.of_order(ORDER), ordering.told([won(0)])[0].body, 1)]
    assert event is not None
    assert event.model_dump(mode="json", exclude_none=True, exclude={"occurred_at"}) == {
        "order": ORDER,
        "dealer": "ber-01",
        "opportunity": "O-1",
        "win": 1,
        "customer": "C-1",
        "product": "tour-l",
        "amount": {"minor": 4_210_000, "currency": "EUR"},
    }


@given(steps=st.lists(st.integers(0, 3), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_requests_and_cancellations_alternate_and_end_as_the_wins_do(steps: list[int]) -> None:
    said = [won(n, wins=wins, before=before, revision=n + 1) for n, (before, wins) in enumerate(zip([0, *steps], steps, strict=False))]
    for win in (1, 2, 3):
        heard = requests(said, f"ber-01/O-1#{win}")
        assert heard == ["OrderRequested", "OrderCancellationRequested"] * (len(heard) // 2) + ["OrderRequested"] * (len(heard) % 2)
        assert (len(heard) % 2 == 1) == (steps[-1] >= win)


def test_the_last_answer_counts_in_any_order() -> None:
    said = [
        answer(orders.ORDER_REJECTED, 1, "AB-1", reason="no longer made"),
        accepted(2, document="AB-2"),
        answer(orders.ORDER_CANCELLED, 3, "ST-1"),
    ]
    for shuffled in permutations(said):
        assert order_of(shuffled).status == "cancelled"
    for shuffled in permutations(said[:2]):
        order = order_of(shuffled)
        assert (order.status, order.reason) == ("accepted", None)


def test_what_the_hub_never_asked_for_is_dealer_stock() -> None:
    order = order_of([accepted(1, order=STOCK, dealer="ber-01", quantity=2), despatched(2, "LS-9", (STOCK, 2))], STOCK)
    assert (order.dealer, order.opportunity, order.is_wanted, order.status) == ("ber-01", None, False, "despatched")
    assert subjects.order_id(subjects.of_order(STOCK)) == STOCK


@pytest.mark.parametrize("number", ["4500200", "a b#1", "BER/1#0", "x/y#01", "ber-01/ O#1", "ber-01/#1"])
def test_a_number_that_the_hub_cannot_have_given_is_the_erps(number: str) -> None:
    assert subjects.of_order(number) == Subject("erp", number)


def test_an_id_leads_to_its_order_and_back() -> None:
    subject = subjects.of_order("ber-01/K/9#2#1")
    assert subject == Subject("dealer:ber-01", "K/9#2#1")
    assert subjects.opportunity_of(subject) == ("K/9#2", 1)
    assert subjects.order_id(subject) == "ber-01/K/9#2#1"


def test_changed_lines_replace_the_lines() -> None:
    said = [accepted(1, quantity=3), answer(orders.ORDER_CHANGED, 2, "AE-1", lines=[{"line": "10", "quantity": 2, "confirmed": 1}])]
    order = order_of([*said, despatched(3, "LS-1", (ORDER, 2))])
    assert (order.ordered, order.confirmed, order.despatched, order.status) == (2, 1, 2, "despatched")


def test_an_answer_that_does_not_come_is_overdue_after_two_days() -> None:
    assert order_of([won(5)]).due_at == DAY + timedelta(hours=5 + 48)
    assert order_of([won(5), accepted(6)]).due_at is None
    assert order_of([won(5), won(6, wins=0, before=1)]).due_at is None


def test_a_moved_promise_keeps_the_first() -> None:
    lines = [{"line": "10", "quantity": 1}]
    said = [accepted(1, promised="2026-05-20"), answer(orders.ORDER_CHANGED, 2, "AE-1", lines=lines, promised="2026-06-03")]
    order = order_of(said)
    assert (order.promised, order.promised_first) == (date(2026, 6, 3), date(2026, 5, 20))
    assert order.due_at == datetime.fromisoformat("2026-06-04T00:00:00+00:00")
    assert order_of([*said, received(9, "WE-1", (ORDER, 1))]).due_at is None


CALLS = answer(orders.ORDER_SCHEDULED, 2, "LA-1", calls=[call("c2", 2, 1, (64, 68)), call("c1", 1, 2, (40, 44))])


def verdicts(*said: Said) -> dict[str, str]:
    return {entry["call"]: entry["verdict"] for entry in order_of([accepted(1), CALLS, *said]).calls}


def test_windows_are_met_early_or_late() -> None:
    assert verdicts() == {"c1": "open", "c2": "open"}
    assert verdicts(received(41, "WE-1", (ORDER, 1))) == {"c1": "open", "c2": "open"}
    assert verdicts(received(41, "WE-1", (ORDER, 1)), received(43, "WE-2", (ORDER, 2))) == {"c1": "met", "c2": "early"}
    assert verdicts(received(41, "WE-1", (ORDER, 1)), received(69, "WE-2", (ORDER, 2))) == {"c1": "late", "c2": "late"}


def test_a_reception_goes_to_the_call_off_that_it_names() -> None:
    assert verdicts(received(65, "WE-1", (ORDER, 1), of_each={"call": "c2"})) == {"c1": "open", "c2": "met"}


def test_the_earliest_open_window_is_due() -> None:
    order = order_of([accepted(1, promised="2026-05-20"), CALLS])
    assert order.due_at == DAY + timedelta(hours=44)
    assert [entry["sequence"] for entry in order.calls] == [1, 2]
    order = order_of([accepted(1), CALLS, received(41, "WE-1", (ORDER, 2))])
    assert order.due_at == DAY + timedelta(hours=68)


def test_a_call_off_told_again_replaces_the_earlier_one() -> None:
    again = answer(orders.ORDER_SCHEDULED, 3, "LA-2", calls=[call("c1", 1, 0, (40, 44)), call("c2", 2, 3, (90, 94))])
    order = order_of([accepted(1), CALLS, again])
    assert [(entry["call"], entry["quantity"]) for entry in order.calls] == [("c1", 0), ("c2", 3)]
    assert order.due_at == DAY + timedelta(hours=94)


def test_over_delivery_is_named_and_progress_stays_within() -> None:
    order = order_of([accepted(1, quantity=1), despatched(2, "LS-1", (ORDER, 3)), received(3, "WE-1", (ORDER, 3))])
    assert (order.status, order.progress) == ("delivered", 66)
    assert ("10", "despatched_too_many", 2) in differences(order)


def test_what_was_lost_or_never_ordered_is_named() -> None:
    said = [accepted(1, quantity=2), despatched(2, "LS-1", (ORDER, 2)), received(3, "WE-1", (ORDER, 1))]
    order = order_of([*said, answer(orders.ORDER_COMPLETED, 9, "AS-1")])
    assert (order.status, order.progress) == ("completed", 100)
    assert differences(order) == [("10", "lost_on_the_way", 1), ("10", "not_invoiced", 1)]
    assert differences(order_of([received(3, "WE-1", (ORDER, 1))])) == [
        ("10", "never_ordered", 1),
        ("10", "received_without_advice", 1),
    ]


AMOUNTS = st.integers(1, 5_000)


@given(
    shares=st.lists(st.tuples(st.integers(1, 5), AMOUNTS), min_size=1, max_size=4),
    payments=st.lists(st.tuples(st.integers(0, 3), AMOUNTS, st.booleans()), max_size=6),
    notes=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), AMOUNTS), max_size=3),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=60, deadline=None)
def test_receipts_and_reversals_balance(
    shares: list[tuple[int, int]], payments: list[tuple[int, int, bool]], notes: list[tuple[int, int, int]], seed: int
) -> None:
    """A reversed receipt leaves the order and the open items as if it had never been."""
    said = [accepted(0, quantity=20), *(invoiced(1, f"RE-{n}", (ORDER, quantity, net)) for n, (quantity, net) in enumerate(shares))]
    said += [credited(2, f"GS-{n}", f"RE-{at}", (ORDER, quantity, net)) for n, (at, quantity, net) in enumerate(notes)]
    receipts = [(paid(3, f"ZE-{n}", (f"RE-{at}", ORDER, minor)), is_held) for n, (at, minor, is_held) in enumerate(payments)]
    reversals = [reversed_(4, f"ZS-{n}", receipt) for n, (receipt, is_held) in enumerate(receipts) if not is_held]
    everything = in_any_order([*said, *(receipt for receipt, _ in receipts), *reversals], (), seed)
    without = [*said, *(receipt for receipt, is_held in receipts if is_held)]
    assert quantities(order_of(everything)) == quantities(order_of(without))
    for n in range(len(shares)):
        assert owed(order_of(everything), f"RE-{n}") == owed(order_of(without), f"RE-{n}")
        item, plain = (ordering.item_of(these, f"invoice/RE-{n}") for these in (everything, without))
        assert (item.open_minor, item.paid_minor) == (plain.open_minor, plain.paid_minor)
        assert item.amount_minor == item.credited_minor + item.paid_minor + item.open_minor
    for n, (_, is_held) in enumerate(receipts):
        assert ordering.item_of(everything, f"receipt/ZE-{n}").open_minor == 0, is_held


def heard(*said: Said) -> list[tuple[str, Any]]:
    """The notices while these come in one by one."""
    subject, before, found = subjects.of_order(ORDER), None, []
    for n, one in enumerate(ordering.told(said), 1):
        after = ordering.folded("orders", subject, said[:n])
        found += [(notice.template, notice.fields.get("promised")) for notice in told.notices(before, after, subject, one.body, n)]
        before = after
    return found


def test_the_customer_hears_of_confirmation_day_and_delay() -> None:
    lines = [{"line": "10", "quantity": 3}]
    changed = [
        answer(orders.ORDER_CHANGED, n, f"AE-{n}", lines=lines, promised=day)
        for n, day in enumerate(("2026-05-20", "2026-06-03", "2026-05-28"), 2)
    ]
    assert heard(won(0), accepted(1), *changed, *LIFE[4:]) == [
        ("order-confirmed", None),
        ("order-dated", "2026-05-20"),
        ("order-delayed", "2026-06-03"),
        ("order-dated", "2026-05-28"),
    ]


def test_a_confirmation_with_its_day_is_one_message() -> None:
    assert heard(won(0), accepted(1, promised="2026-05-20")) == [("order-dated", "2026-05-20")]


def test_a_new_hub_has_the_templates_with_the_fields_that_they_get() -> None:
    found = {laid.datum.id: laid.datum for laid in read(STARTER).editions if isinstance(laid.datum, Template)}
    for name, fields in (("order-confirmed", {"order"}), ("order-dated", {"order", "promised"}), ("order-delayed", {"order", "promised"})):
        assert {field.name for field in found[name].fields} == fields


def test_nobody_hears_of_stock_nor_of_what_was_refused() -> None:
    assert heard(won(0), answer(orders.ORDER_REJECTED, 1, "AB-1", reason="no longer made")) == []
    assert heard(accepted(1, dealer="ber-01")) == []


def test_a_second_event_of_one_document_is_kept_without_effect() -> None:
    state = order_of([accepted(1)])
    body = ordering.told([accepted(5)])[0].body
    assert isinstance(answers.accepted(state, body, Facts(subjects.of_order(ORDER), ordering.BaseData())), Keep)  # type: ignore[arg-type]
