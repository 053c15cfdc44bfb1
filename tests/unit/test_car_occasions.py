"""Whoever has a car is reminded when its contract ends, or when they have had it for long, and no longer once it is another's."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.contract import Event
from contracts.vehicles import VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Rules, Subject
from hub.rules.occasions import cars, occasion
from tests.support.occasions import START, TICK, Course, plan

VIN = "WVWZZZ1JZXW000001"
BEFORE = ({"id": "early", "days": -90}, {"id": "soon", "days": -30}, {"id": "due", "days": 0})
BASE = BaseData(
    [
        plan("contract_end", steps=BEFORE, purpose="renewal"),
        plan("repurchase", steps=BEFORE, purpose="renewal", months=36, zone="Europe/Berlin"),
    ]
)
RULES: Rules = {VEHICLE_HANDED_OVER: cars.handed_over, VEHICLE_SOLD_ON: cars.sold_on}
END = (START + timedelta(days=1_000)).date()


def a_car(kind: str, base: BaseData = BASE) -> Course:
    return Course(Subject("hub", f"{kind}/{VIN}"), RULES, base)


def handed(course: Course, day: float, customer: str = "C1", dealer: str = "ber-01", **fields: Any) -> None:
    course.say(VEHICLE_HANDED_OVER, day, f"dealer:{dealer}", vin=VIN, customer=customer, **fields)


def sold(course: Course, day: float, customer: str | None = None, dealer: str = "ber-01") -> None:
    course.say(VEHICLE_SOLD_ON, day, f"dealer:{dealer}", vin=VIN, customer=customer)


def test_the_end_of_a_contract_is_reminded_of_before_and_on_its_day() -> None:
    car = a_car("contract_end")
    handed(car, 0, contract_ends=END, product="tour-m")
    car.until(2_000)
    assert [(due.step, due.due_on, due.vin, due.customer) for due in car.due] == [
        (step, END, VIN, "C1") for step in ("early", "soon", "due")
    ]
    assert [(mail.purpose, mail.nature, mail.fields["product"]) for mail in car.mails.values()] == [("renewal", "marketing", "tour-m")] * 3


def test_a_contract_that_is_extended_begins_its_steps_anew() -> None:
    car = a_car("contract_end")
    handed(car, 0, contract_ends=END)
    car.until(920)
    handed(car, 925, contract_ends=END + timedelta(days=365))
    handed(car, 930)  # said again without a day: it stays
    car.until(2_000)
    assert [step for _, step in car.said] == ["early", "moved", "early", "soon", "due"]


def test_a_sale_anywhere_ends_it() -> None:
    for kind in ("contract_end", "repurchase"):
        car = a_car(kind)
        handed(car, 0, contract_ends=END)
        car.until(1_010)
        sold(car, 1_011, dealer="muc-02")
        car.until(3_000)
        assert car.said[-1] == ("ber-01", "sold")
        assert car.state is not None
        assert car.state.next_at is None


def test_the_buyer_s_own_dealer_counts_anew_and_knows_of_no_contract() -> None:
    repurchase, contract = a_car("repurchase"), a_car("contract_end")
    for car in (repurchase, contract):
        handed(car, 0, contract_ends=END)
        car.until(1_010)
        sold(car, 1_020, "K9", "muc-02")
        car.until(3_000)
    assert [dealer for dealer, step in repurchase.said if step == "due"] == ["muc-02"]
    assert contract.said[-1] == ("ber-01", "sold")
    assert {due.customer for due in repurchase.due if due.dealer == "muc-02"} == {"K9"}


def test_repurchase_is_due_so_many_months_after_the_handover() -> None:
    car = a_car("repurchase")
    handed(car, 0)
    assert car.state is not None
    assert car.state.due_on == date(2029, 3, 2)


def test_what_has_no_contract_leaves_nothing_behind_and_what_has_no_plan_is_reminded_of_to_nobody() -> None:
    unplanned, without = a_car("repurchase", BaseData()), a_car("contract_end")
    handed(unplanned, 0)
    unplanned.until(5_000)
    handed(without, 0)
    sold(without, 5, "C2")
    assert without.state is None
    assert (unplanned.said, unplanned.mails) == ([], {})
    sold(unplanned, 5_001)
    assert unplanned.state is not None
    assert unplanned.state.ended_as == "sold"


@pytest.mark.parametrize("kind", ["contract_end", "repurchase"])
def test_a_plan_that_is_laid_down_later_counts_when_the_clock_speaks_of_it(kind: str) -> None:
    car = a_car(kind, BaseData())
    handed(car, 0, contract_ends=START.date() + timedelta(days=1_096))
    before = car.state
    assert before is not None
    assert before.next_at is None
    car.base = BASE
    fired = Event(occurred_at=START + timedelta(days=1_080))
    car.hear(TICK, fired, "clock")
    assert [step for _, step in car.said] == ["soon"], "of the steps that have passed the last one alone is told"
    assert occasion.timer_fired(before, fired, Facts(car.subject, BASE)) == Change(car.state)
    car.until(2_000)
    assert [step for _, step in car.said] == ["soon", "due"]


@pytest.mark.parametrize(("ref", "months"), [("repurchase", None), ("contract_end", 36)])
def test_a_plan_counts_months_for_repurchase_alone(ref: str, months: int | None) -> None:
    with pytest.raises(ValidationError, match="months for repurchase, and for it alone"):
        plan(ref, months=months)


deeds = st.lists(
    st.tuples(
        st.integers(0, 1_500),
        st.sampled_from(["handed", "sold"]),
        st.sampled_from(["C1", "C2", None]),
        st.sampled_from(["ber-01", "muc-02"]),
        st.sampled_from([None, END, END + timedelta(days=200)]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda deed: deed[0],
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["contract_end", "repurchase"]), deeds, st.data())
def test_whatever_is_heard_when_it_comes_to_the_same(kind: str, said: list[tuple[Any, ...]], data: st.DataObject) -> None:
    def hear(car: Course, deed: tuple[Any, ...]) -> None:
        day, what, customer, dealer, ends = deed
        if what == "sold" or customer is None:
            sold(car, day, customer, dealer)
        else:
            handed(car, day, customer, dealer, contract_ends=ends)

    straight, crooked = a_car(kind), a_car(kind)
    for deed in sorted(said):
        straight.until(deed[0])
        hear(straight, deed)
    heard_on = 0
    for deed in data.draw(st.permutations(said)):
        heard_on = max(heard_on, deed[0]) + data.draw(st.integers(0, 40))
        crooked.until(heard_on)
        hear(crooked, deed)
    standing = []
    for car in (straight, crooked):
        car.until(5_000)
        once = {(mail.grantee, mail.person, mail.fields["step"], mail.fields["due_on"]) for mail in car.mails.values()}
        assert len(car.mails) == len(once)
        standing.append(car.state and (car.state.dealer, car.state.customer, car.state.due_on, car.state.ended_as, car.state.next_at))
    assert standing[0] == standing[1]
