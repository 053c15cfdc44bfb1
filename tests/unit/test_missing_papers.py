"""A paper that the ERP owes is missing once its time is over, and no longer when it comes; in whatever order all that is heard."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import orders
from contracts.base import PaperTerms
from hub.rules.basedata import BaseData
from hub.rules.orders import told
from hub.rules.orders.state import Order
from hub.rules.orders.subjects import of_order
from tests.support import ordering
from tests.support.ordering import (
    DAY,
    ORDER,
    STOCK,
    Said,
    accepted,
    answer,
    at,
    call,
    credited,
    despatched,
    fired,
    folded,
    invoiced,
    received,
    won,
)

LONG_AFTER = DAY + timedelta(days=300)
CALLS = answer(orders.ORDER_SCHEDULED, 2, "LA-1", calls=[call("c1", 1, 2, (40, 44)), call("c2", 2, 1, (64, 68))])


def with_the_clock(said: Sequence[Said], until: datetime, base: BaseData | None = None, order: str = ORDER) -> tuple[Order, list[Said]]:
    """The order, and the timers that fired, when a clock has run to a moment; nothing is heard twice under one id."""
    ticks: list[Said] = []
    while True:
        state = folded("orders", of_order(order), [*said, *ticks], base)
        if state is None or state.watch_at is None or state.watch_at > until:
            return state, ticks
        tick = fired(state.watch_at, order)
        assert tick not in ticks, "the clock has said that already: nobody would hear it again"
        ticks.append(tick)


def missing(said: Sequence[Said], hours: float, **how: Any) -> dict[str, str]:
    """Which papers are missing after so many hours, and since when."""
    state, _ = with_the_clock(said, DAY + timedelta(hours=hours), **how)
    return {one["paper"]: one["due_at"] for one in state.missing}


def test_an_answer_is_missing_after_two_days_until_it_comes() -> None:
    assert missing([won(0)], 47.9) == {}
    assert missing([won(0)], 48) == {"answer": at(48)}
    assert missing([won(0), accepted(60)], 100) == {}
    assert missing([won(0), answer(orders.ORDER_REJECTED, 60, "AB-1", reason="no longer made")], 100) == {}


def test_a_request_that_was_taken_back_awaits_no_answer() -> None:
    assert missing([won(0), won(10, wins=0, before=1)], 1_000) == {}


def test_a_despatch_advice_is_missing_when_a_window_has_ended_or_the_promised_day() -> None:
    begun = [won(0), accepted(1, promised="2026-05-20")]
    assert missing(begun, 16 * 24) == {}
    assert missing(begun, 17 * 24) == {"despatch_advice": "2026-05-21T00:00:00+00:00"}
    assert missing([*begun, CALLS], 44) == {"despatch_advice": at(44)}
    assert missing([*begun, CALLS, despatched(30, "LS-1", (ORDER, 2))], 67) == {}
    assert missing([*begun, CALLS, despatched(30, "LS-1", (ORDER, 2))], 68) == {"despatch_advice": at(68)}
    assert missing([*begun, CALLS, despatched(30, "LS-1", (ORDER, 3))], 10_000) == {}


def test_goods_that_come_without_an_advice_do_not_stand_for_it() -> None:
    """Without it nobody knows who carried them, and what that should cost."""
    assert missing([won(0), accepted(1), CALLS, received(41, "WE-1", (ORDER, 3)), invoiced(42, "RE-1", (ORDER, 3, 900))], 100) == {
        "despatch_advice": at(44)
    }


def test_an_invoice_is_missing_two_weeks_after_the_goods() -> None:
    came = [won(0), accepted(1), despatched(2, "LS-1", (ORDER, 3)), received(10, "WE-1", (ORDER, 1)), received(20, "WE-2", (ORDER, 2))]
    assert missing(came, 345) == {}
    assert missing(came, 346) == {"invoice": at(346)}
    assert missing([*came, invoiced(400, "RE-1", (ORDER, 1, 500))], 1_000) == {"invoice": at(356)}
    assert missing([*came, invoiced(400, "RE-1", (ORDER, 3, 500))], 1_000) == {}


def test_a_credit_note_does_not_ask_for_another_invoice_and_too_many_pieces_for_none() -> None:
    came = [won(0), accepted(1), despatched(2, "LS-1", (ORDER, 4)), received(10, "WE-1", (ORDER, 4)), invoiced(12, "RE-1", (ORDER, 3, 500))]
    assert missing([*came, credited(13, "GS-1", "RE-1", (ORDER, 2, 300))], 1_000) == {}


@pytest.mark.parametrize("lineage", [orders.ORDER_CANCELLED, orders.ORDER_COMPLETED])
def test_of_an_order_that_is_over_nothing_is_awaited(lineage: Any) -> None:
    came = [won(0), accepted(1), CALLS, received(10, "WE-1", (ORDER, 1))]
    assert missing(came, 400).keys() == {"despatch_advice", "invoice"}
    assert missing([*came, answer(lineage, 380, "ST-1")], 400) == {}


def test_more_time_clears_and_less_finds_it_missing_at_once() -> None:
    begun = [won(0), accepted(1, promised="2026-05-05")]
    later = answer(orders.ORDER_CHANGED, 100, "AE-1", lines=[{"line": "10", "quantity": 3}], promised="2026-06-20")
    assert missing(begun, 200) == {"despatch_advice": "2026-05-06T00:00:00+00:00"}
    assert missing([*begun, later], 200) == {}
    earlier = answer(orders.ORDER_CHANGED, 300, "AE-2", lines=[{"line": "10", "quantity": 3}], promised="2026-05-10")
    assert missing([*begun, later, earlier], 300) == {"despatch_advice": "2026-05-11T00:00:00+00:00"}


def test_what_was_agreed_with_the_dealer_goes_before_what_holds_for_all() -> None:
    def terms(ref: str, hours: int, **more: Any) -> PaperTerms:
        return PaperTerms.model_validate({"occurred_at": DAY, "id": ref, "answer_hours": hours, **more})

    assert missing([won(0)], 100, base=BaseData([terms("standard", 12), terms("ber-01", 6)])) == {"answer": at(6)}
    assert missing([won(0)], 100, base=BaseData([terms("standard", 12), terms("ham-01", 6)])) == {"answer": at(12)}
    assert missing([won(0)], 100, base=BaseData([terms("standard", 12), terms("ber-01", 6, retired=True)])) == {"answer": at(12)}
    assert folded("orders", of_order(ORDER), [won(0)], BaseData([terms("standard", 12)])).due_at == DAY + timedelta(hours=12)


def test_what_was_agreed_with_a_dealer_holds_from_the_paper_that_names_it_on() -> None:
    terms = PaperTerms.model_validate({"occurred_at": DAY, "id": "ham-01", "advice_hours": 240})
    stock = [accepted(1, order=STOCK, dealer="ham-01", promised="2026-05-05")]
    due = {"despatch_advice": "2026-05-16T00:00:00+00:00"}
    assert missing(stock, 1_000, order=STOCK, base=BaseData([terms])) == due


def test_dealer_stock_is_watched_too() -> None:
    assert missing([accepted(1, order=STOCK, dealer="ham-01", promised="2026-05-05")], 100, order=STOCK) == {
        "despatch_advice": "2026-05-06T00:00:00+00:00"
    }


LIFE = [
    won(0),
    accepted(70, promised="2026-05-12"),
    answer(orders.ORDER_CHANGED, 90, "AE-1", lines=[{"line": "10", "quantity": 3}], promised="2026-05-08"),
    answer(orders.ORDER_SCHEDULED, 200, "LA-1", calls=[call("c1", 1, 2, (150, 154)), call("c2", 2, 1, (300, 304))]),
    despatched(210, "LS-1", (ORDER, 2)),
    received(220, "WE-1", (ORDER, 2)),
    despatched(310, "LS-2", (ORDER, 1)),
    received(320, "WE-2", (ORDER, 1)),
    invoiced(600, "RE-1", (ORDER, 2, 2_000)),
    invoiced(700, "RE-2", (ORDER, 1, 1_000)),
]


@given(lost=st.sets(st.integers(1, len(LIFE) - 1), max_size=4), seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_late_papers_and_a_clock_that_speaks_between_them_lead_to_the_same(lost: set[int], seed: int) -> None:
    """Also what others hear adds up: of each missing paper they heard once that it is missing, of no other."""
    rng = Random(seed)
    said = [one for n, one in enumerate(LIFE) if n not in lost]
    settled, _ = with_the_clock(said, LONG_AFTER)
    heard: list[Said] = []
    now, before, alarms = DAY, None, set[tuple[str, datetime]]()
    for one in rng.sample(said, len(said)):
        now += timedelta(hours=rng.choice((0, 0, 10, 100, 400)))
        heard.append(one)
        before = _tell(before, heard, alarms)
        while before.watch_at is not None and before.watch_at <= now:
            heard.append(fired(before.watch_at))
            before = _tell(before, heard, alarms)
    state, ticks = with_the_clock(heard, LONG_AFTER)
    assert state._replace(documents=[]) == settled._replace(documents=[])
    _tell(before, [*heard, *ticks], alarms)
    assert alarms == {(one["paper"], datetime.fromisoformat(one["due_at"])) for one in state.missing}


def _tell(before: Order | None, heard: Sequence[Said], alarms: set[tuple[str, datetime]]) -> Order:
    """The order after what was heard last; what others hear of it is added to the alarms that stand, or ends one of them."""
    after = ordering.order_of(heard)
    because = ordering.told(heard)[-1].body
    for news in told.cleared(before, after, of_order(ORDER), because, 1):
        alarms.remove((news.paper, news.due_at))
    for alarm in told.missed(before, after, of_order(ORDER), because, 1):
        assert (alarm.paper, alarm.due_at) not in alarms
        alarms.add((alarm.paper, alarm.due_at))
    return after
