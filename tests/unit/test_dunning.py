"""An invoice that is not paid is reminded of, step by step, until nothing of it is open; whatever is heard when."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.accounts import OPEN_ITEM_UPDATED
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject
from hub.rules.occasions import dunning
from hub.rules.occasions.occasion import Occasion
from tests.support.calendars import SHOP, calendar
from tests.support.occasions import START, Course, plan

INVOICE = Subject("erp", "dunning/R1")


def an_invoice(*base: Any) -> Course:
    return Course(INVOICE, {OPEN_ITEM_UPDATED: dunning.item_updated}, BaseData([plan("dunning"), *base]))


def account(course: Course, day: float, revision: int, open_minor: int, **fields: Any) -> None:
    body = {"subject": "invoice/R1", "invoice": "R1", "dealer": "ber-01", "customer": "C1", "due": date(2026, 3, 2), "currency": "EUR"}
    course.say(OPEN_ITEM_UPDATED, day, **{**body, "revision": revision, "amount_minor": 10_000, "open_minor": open_minor, **fields})


def test_steps_come_until_it_is_paid() -> None:
    course = an_invoice()
    account(course, -14, 1, 10_000)
    course.until(30)
    account(course, 31, 2, 4_000)  # a part of it is not enough
    course.until(43)
    account(course, 44, 3, 0)
    course.until(400)
    assert course.said == [("ber-01", step) for step in ("reminder", "first", "last", "paid")]
    assert [(due.invoice, due.open and due.open.minor, due.due_on) for due in course.due][1:] == [
        ("R1", 10_000, date(2026, 3, 2)),
        ("R1", 4_000, date(2026, 3, 2)),
    ]
    assert [(mail.template, mail.nature, mail.purpose, mail.person.ref) for mail in course.mails.values()] == [
        ("words", "transactional", "account", "C1"),
        ("words", "transactional", "account", "C1"),
        ("last-words", "transactional", "account", "C1"),
    ]


def test_one_that_is_paid_in_time_is_never_reminded_of() -> None:
    course = an_invoice()
    account(course, -14, 1, 10_000)
    account(course, 2, 2, -50)  # a little too much
    course.until(400)
    assert (course.said, course.mails) == ([], {})


def test_a_payment_that_did_not_hold_goes_on_where_it_stood() -> None:
    course = an_invoice()
    account(course, -14, 1, 10_000)
    course.until(8)
    account(course, 9, 2, 0)
    account(course, 25, 3, 10_000)
    course.until(400)
    assert [step for _, step in course.said] == ["reminder", "paid", "first", "last"]
    assert len(course.mails) == 3


def test_another_day_to_pay_by_begins_anew() -> None:
    course = an_invoice()
    account(course, -14, 1, 10_000)
    course.until(8)
    account(course, 9, 2, 10_000, due=date(2026, 4, 2))
    course.until(39)
    assert [step for _, step in course.said] == ["reminder", "moved", "reminder"]


def test_of_steps_that_have_passed_the_last_alone_is_told() -> None:
    course = an_invoice()
    account(course, 30, 1, 10_000)
    course.until(31)
    assert [step for _, step in course.said] == ["first"]


def test_an_invoice_of_the_dealer_itself_is_told_to_nobody_else() -> None:
    course = an_invoice()
    account(course, 0, 1, 10_000, customer=None)
    course.until(8)
    assert (course.said, course.mails) == ([("ber-01", "reminder")], {})


def test_without_a_plan_nobody_is_reminded() -> None:
    course = Course(INVOICE, {OPEN_ITEM_UPDATED: dunning.item_updated}, BaseData([plan("dunning", retired=True)]))
    account(course, 0, 1, 10_000)
    assert course.state is not None
    assert course.state.next_at is None


def test_a_plan_laid_down_anew_goes_on_with_its_own_steps() -> None:
    other = plan("dunning", effective_from=date(2026, 3, 5), steps=[{"id": "at_once", "days": 1}, {"id": "later", "days": 30}])
    course = an_invoice(other)
    account(course, 0, 1, 10_000)
    course.until(60)
    assert [step for _, step in course.said] == ["at_once", "later"]


def test_a_step_waits_for_a_day_of_business() -> None:
    course = an_invoice(calendar("ber-01", business_hours=SHOP))
    account(course, 0, 1, 10_000, due=date(2026, 3, 1))  # a week later is a Sunday
    assert course.state is not None
    assert course.state.next_at == START + timedelta(days=7)


papers = st.lists(st.tuples(st.integers(-20, 60), st.sampled_from([10_000, 4_000, 0, -100])), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(papers, st.data())
def test_whatever_is_heard_when_it_comes_to_the_same_and_no_step_goes_twice(said: list[tuple[int, int]], data: st.DataObject) -> None:
    """Papers heard in another order and late, while the clock goes on: the same stands in the end, and nobody is told twice."""
    papers = [(day, revision, open_minor) for revision, (day, open_minor) in enumerate(sorted(said, key=lambda one: one[0]), 1)]
    straight, crooked = an_invoice(), an_invoice()
    for day, revision, open_minor in papers:
        straight.until(day)
        account(straight, day, revision, open_minor)
    heard_on = 0
    for day, revision, open_minor in data.draw(st.permutations(papers)):
        heard_on = max(heard_on, day) + data.draw(st.integers(0, 10))
        crooked.until(heard_on)
        account(crooked, day, revision, open_minor)
    for course in (straight, crooked):
        course.until(200)
        keys = [(mail.fields["step"], mail.fields["due_on"]) for mail in course.mails.values()]
        assert len(keys) == len(set(keys)) <= 3
    assert _standing(straight.state) == _standing(crooked.state)
    if papers[-1][2] > 0:
        assert crooked.state is not None
        assert crooked.state.told[-1:] == ["last"]


def _standing(state: Occasion | None) -> tuple[Any, ...]:
    assert state is not None
    return state.due_on, state.open_minor, state.ended_as, state.customer, state.next_at
