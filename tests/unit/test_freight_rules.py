"""What should be billed, what is disputed and why, and where the money stands."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from contracts.contract import Event
from hub.cli.charge import judged
from hub.rules.decision import Wait
from hub.rules.folding import fold_all
from hub.rules.freight import accounts, told
from hub.rules.freight.charge import Charge, waits_until
from tests.support.carriage import base, carrier, rate, tariff
from tests.support.charging import RULES, SUBJECT, Paper, at

FREIGHT, FUEL = 15_200, 1_938


def stands(charge: Charge) -> dict[str, int]:
    """What stands on the accounts, in the currency agreed."""
    return {one["account"]: one["minor"] for one in charge.balances if one["currency"] == charge.currency}


def disputed(charge: Charge) -> list[tuple[str, str, int]]:
    """What is disputed: the charge, the reason, the amount."""
    return [(one["charge"], one["reason"], one["disputed_minor"]) for one in charge.findings]


def advised() -> Paper:
    paper = Paper()
    paper.despatched()
    return paper


def test_what_was_despatched_is_expected_and_accrued() -> None:
    charge = advised().charge()
    assert (charge.status, charge.lane, charge.expected) == ("expected", "berlin-munich", {"freight": FREIGHT, "fuel": FUEL})
    assert stands(charge) == {"cost": 17_138, "accrued": -17_138}


def test_a_bill_as_expected_passes_and_takes_the_place_of_the_accrual() -> None:
    paper = advised()
    paper.billed(freight=FREIGHT, fuel=FUEL)
    charge = paper.charge()
    assert (charge.status, disputed(charge)) == ("passed", [])
    assert stands(charge) == {"cost": 17_138, "payable": -17_138}


def test_what_of_the_expected_is_not_billed_yet_stays_accrued() -> None:
    paper = advised()
    paper.billed(freight=FREIGHT)
    charge = paper.charge()
    assert charge.status == "partly_billed"
    assert stands(charge) == {"cost": 17_138, "accrued": -FUEL, "payable": -FREIGHT}


def line(amount: int, **more: Any) -> dict[str, Any]:
    return {"amount_minor": amount, **more}


ERRORS: dict[str, tuple[Callable[[Paper], object], list[tuple[str, str, int]]]] = {
    "rate": (lambda p: p.billed(freight=line(16_000, weight_g=800_000), fuel=FUEL), [("freight", "rate", 800)]),
    "weight": (lambda p: p.billed(freight=line(17_100, weight_g=900_000), fuel=FUEL), [("freight", "weight", 1_900)]),
    "arithmetic": (lambda p: p.billed(freight=line(15_700, quantity=8, unit_minor=1_900), fuel=FUEL), [("freight", "arithmetic", 500)]),
    "fuel": (lambda p: p.billed(freight=FREIGHT, fuel=line(2_128, percent_milli=14_000)), [("fuel", "fuel", 190)]),
    "fuel that follows from the freight": (
        lambda p: p.billed(freight=line(17_100, weight_g=900_000), fuel=line(2_180, percent_milli=12_750)),
        [("freight", "weight", 1_900), ("fuel", "weight", 242)],
    ),
    "fuel that stands before the freight from which it follows": (
        lambda p: p.billed(fuel=line(2_180, percent_milli=12_750), freight=line(17_100, weight_g=900_000)),
        [("fuel", "weight", 242), ("freight", "weight", 1_900)],
    ),
    "accessorial not earned": (
        lambda p: p.billed(freight=FREIGHT, fuel=FUEL, waiting=6_000),
        [("waiting", "accessorial_not_earned", 6_000)],
    ),
    "accessorial too dear": (
        lambda p: (p.performed("waiting", 3), p.billed(freight=FREIGHT, fuel=FUEL, waiting=9_000)),
        [("waiting", "rate", 3_000)],
    ),
    "duplicate under another number": (
        lambda p: (p.billed(freight=FREIGHT, fuel=FUEL), p.billed(60, invoice="I-2", freight=FREIGHT, fuel=FUEL)),
        [("freight", "duplicate_invoice", FREIGHT), ("fuel", "duplicate_invoice", FUEL)],
    ),
    "duplicate under the same number": (
        lambda p: (p.billed(freight=FREIGHT, fuel=FUEL), p.billed(60, freight=FREIGHT, fuel=FUEL)),
        [("freight", "duplicate_invoice", FREIGHT), ("fuel", "duplicate_invoice", FUEL)],
    ),
    "currency": (lambda p: p.billed(currency="CHF", freight=FREIGHT), [("freight", "currency", FREIGHT)]),
    "cancelled": (lambda p: (p.cancelled(), p.billed(freight=FREIGHT)), [("freight", "cancelled_shipment", FREIGHT)]),
}


@pytest.mark.parametrize(("say", "found"), ERRORS.values(), ids=ERRORS)
def test_an_error_on_a_bill_is_disputed_with_its_reason_and_amount(
    say: Callable[[Paper], object], found: list[tuple[str, str, int]]
) -> None:
    paper = advised()
    say(paper)
    charge = paper.charge()
    assert disputed(charge) == found
    assert charge.status == "disputed"
    assert sum(one["minor"] for one in charge.balances if one["account"] == "disputed") == sum(minor for *_, minor in found)


@pytest.mark.parametrize(("status", "passes"), [("delivered", True), ("returned", True), ("in_transit", False)])
def test_what_has_arrived_cannot_be_cancelled(status: str, passes: bool) -> None:
    paper = advised()
    paper.reached(status, 20)
    paper.cancelled(30)
    paper.billed(freight=FREIGHT, fuel=FUEL)
    assert (paper.charge().status == "passed") is passes


def test_what_was_cancelled_before_stays_so() -> None:
    paper = advised()
    paper.cancelled(20)
    paper.reached("delivered", 30)
    paper.billed(freight=FREIGHT)
    assert [reason for _, reason, _ in disputed(paper.charge())] == ["cancelled_shipment"]


@pytest.mark.parametrize(("over", "passes"), [(0, True), (50, True), (51, False), (-9_999, True)])
def test_what_is_within_the_tolerance_is_paid_as_billed(over: int, passes: bool) -> None:
    paper = advised()
    paper.billed(freight=FREIGHT + over, fuel=FUEL)
    charge = paper.charge()
    assert (charge.findings == []) is passes
    assert stands(charge)["cost"] == 17_138 + (over if passes else 0)


@pytest.mark.parametrize(("over", "passes"), [(152, True), (153, False)])
def test_the_tolerance_is_the_amount_or_the_share_whichever_is_more(over: int, passes: bool) -> None:
    paper = advised()
    paper.billed(freight=FREIGHT + over, fuel=FUEL)
    terms = carrier(tolerance_permille=10, effective_from=date(2026, 1, 1))
    assert (paper.charge(base(terms)).findings == []) is passes


def test_a_weight_within_its_tolerance_is_a_matter_of_the_rate() -> None:
    paper = advised()
    paper.billed(freight=line(16_000, weight_g=808_000), fuel=FUEL)
    terms = carrier(weight_tolerance_permille=10, effective_from=date(2026, 1, 1))
    assert disputed(paper.charge(base(terms))) == [("freight", "rate", 800)]


def test_a_lane_without_a_price_is_disputed_unless_there_was_an_offer() -> None:
    elsewhere = {"destination": {"country": "PL", "postal_code": "50-001"}}
    paper = Paper()
    paper.despatched(0, **elsewhere)
    paper.billed(freight=40_000)
    assert disputed(paper.charge()) == [("freight", "no_rate", 40_000)]
    paper.quoted(40_000)
    assert paper.charge().status == "passed"


@pytest.mark.parametrize(("given", "until"), [(1, 24), (-3, -1)])
def test_an_offer_counts_only_if_it_held_when_the_goods_left(given: float, until: float) -> None:
    paper = Paper()
    paper.despatched(0, destination={"country": "PL", "postal_code": "50-001"})
    paper.quoted(40_000, given, until=until)
    assert paper.charge().expected == {}


def test_an_offer_in_another_currency_is_converted_by_the_rate_of_the_day() -> None:
    paper = Paper()
    paper.despatched(0, destination={"country": "PL", "postal_code": "50-001"})
    paper.quoted(100_000, currency="PLN")
    assert paper.charge(base(rate("PLN-EUR", 234_560_000))).expected == {"freight": 23_456}


def test_a_bill_for_a_shipment_that_nobody_advised_waits_and_is_disputed_when_the_time_is_over() -> None:
    paper = Paper()
    paper.billed(freight=FREIGHT)
    charge = paper.charge()
    assert (charge.status, stands(charge)) == ("unclear", {"payable": -FREIGHT, "unclear": FREIGHT})
    assert waits_until(charge, SUBJECT) == at(48 + 7 * 24)
    paper.time_is_over(48 + 7 * 24)
    after = paper.charge()
    assert (after.status, disputed(after)) == ("disputed", [("freight", "unknown_shipment", FREIGHT)])
    assert waits_until(after, SUBJECT) is None


def test_an_advice_that_comes_late_explains_the_bill_and_ends_the_dispute() -> None:
    paper = Paper()
    paper.billed(freight=FREIGHT, fuel=FUEL)
    paper.time_is_over(48 + 7 * 24)
    before = paper.charge()
    paper.despatched(0)
    after = paper.charge()
    assert (after.status, after.findings) == ("passed", [])
    (said,) = told.withdrawn(before, after, SUBJECT, paper.events[-1].body, 7)
    assert (said.consignment, said.invoice, said.revision) == ("RT-1", "I-1", 7)


def test_what_nobody_advised_is_settled_once_all_of_it_came_back() -> None:
    paper = Paper()
    paper.billed(freight=FREIGHT)
    paper.time_is_over(48 + 7 * 24)
    paper.credited(300, l1=FREIGHT)
    charge = paper.charge()
    assert (charge.status, charge.disputes[0]["state"], stands(charge)) == ("settled", "credited", {})


@pytest.mark.parametrize("minor", [0, -500])
def test_a_bill_that_asks_for_nothing_passes_once_its_advice_is_overdue(minor: int) -> None:
    paper = Paper()
    paper.billed(freight=minor)
    paper.time_is_over(48 + 7 * 24)
    assert (paper.charge().status, disputed(paper.charge())) == ("passed", [])


def test_a_timer_that_was_set_for_another_bill_is_passed_over() -> None:
    paper = Paper()
    paper.billed(freight=FREIGHT)
    paper.time_is_over(40 + 7 * 24)
    assert paper.charge().status == "unclear"


def test_what_is_credited_settles_the_dispute_and_lowers_what_is_owed() -> None:
    paper = advised()
    paper.billed(freight=line(16_000, weight_g=800_000), fuel=FUEL)
    paper.answered("granted")
    assert paper.charge().status == "disputed"
    paper.credited(l1=500)
    assert [(one["state"], one["disputed_minor"], one["credited_minor"]) for one in paper.charge().disputes] == [("granted", 800, 500)]
    paper.credited(l1=300, note="C-2")
    charge = paper.charge()
    assert charge.status == "settled"
    assert stands(charge) == {"cost": 17_138, "payable": -17_138}


def test_a_credit_note_may_come_before_its_bill_and_counts_once() -> None:
    paper = advised()
    paper.credited(l1=800, hours=1)
    paper.credited(l1=800, hours=2)
    paper.billed(freight=line(16_000, weight_g=800_000), fuel=FUEL)
    assert stands(paper.charge()) == {"cost": 17_138, "payable": -17_138}


def test_a_refused_dispute_stays_until_a_person_decides() -> None:
    paper = advised()
    paper.billed(freight=16_000, fuel=FUEL)
    paper.answered("refused")
    charge = paper.charge()
    assert (charge.status, stands(charge)["disputed"]) == ("refused", 800)
    paper.conceded()
    paper.answered("refused", 90)
    charge = paper.charge()
    assert (charge.status, charge.disputes[0]["state"], disputed(charge)) == ("settled", "conceded", [("freight", "rate", 800)])
    assert stands(charge) == {"cost": 17_938, "payable": -17_938}


def test_a_concession_that_comes_before_the_bill_waits_for_it() -> None:
    paper = Paper()
    paper.conceded()
    ((_, verdict),) = fold_all(SUBJECT, RULES, base(), paper.events).verdicts
    assert verdict == Wait("charge", "RT-1")


def test_what_was_given_back_in_full_may_be_billed_again() -> None:
    paper = advised()
    paper.billed(freight=16_000, fuel=FUEL)
    paper.credited(l1=16_000)
    assert paper.charge().status == "partly_billed"
    paper.billed(80, invoice="I-2", freight=FREIGHT)
    charge = paper.charge()
    assert (charge.status, disputed(charge)) == ("settled", [("freight", "rate", 800)])
    assert stands(charge) == {"cost": 17_138, "payable": -17_138}


def test_a_duplicate_under_the_same_number_is_credited_and_what_was_billed_first_stands() -> None:
    paper = advised()
    for hours in (48, 50):
        paper.billed(hours, freight=FREIGHT, fuel=FUEL)
    twice = paper.charge()
    assert [reason for _, reason, _ in disputed(twice)] == ["duplicate_invoice", "duplicate_invoice"]
    assert [found is not None for _, found in judged(twice.bills, twice.findings)] == [False, False, True, True]
    paper.credited(l1=FREIGHT, l2=FUEL)
    charge = paper.charge()
    assert charge.status == "settled"
    assert stands(charge) == {"cost": 17_138, "payable": -17_138}
    paper.credited(l1=FREIGHT, l2=FUEL, note="C-2")
    assert stands(paper.charge()) == {"cost": 17_138, "accrued": -17_138}, "all of it was given back"


def test_what_is_given_back_of_a_bill_that_came_twice_goes_to_what_is_held_of_the_first_then_to_the_duplicate() -> None:
    paper = advised()
    for hours in (48, 50):
        paper.billed(hours, freight=16_000, fuel=FUEL)
    paper.credited(l1=16_000)
    found = [(one["reason"], one["disputed_minor"], one["credited_minor"]) for one in paper.charge().findings if one["charge"] == "freight"]
    assert found == [("rate", 800, 800), ("duplicate_invoice", 16_000, 15_200)]


def test_a_displaced_bill_that_comes_once_more_is_the_duplicate_and_its_replacement_stands() -> None:
    paper = advised()
    paper.billed(freight=FREIGHT, fuel=FUEL)
    paper.credited(l1=FREIGHT)
    paper.billed(80, invoice="I-2", freight=FREIGHT)
    assert paper.charge().status == "passed"
    paper.billed(90, freight=FREIGHT)
    charge = paper.charge()
    assert [(one["invoice"], one["reason"], one["credited_minor"]) for one in charge.findings] == [("I-1", "duplicate_invoice", 0)]
    assert (charge.status, stands(charge)) == ("disputed", {"cost": 17_138, "payable": -17_138 - FREIGHT, "disputed": FREIGHT})
    paper.credited(100, note="C-2", l1=FREIGHT)
    assert (paper.charge().status, stands(paper.charge())) == ("settled", {"cost": 17_138, "payable": -17_138})


def test_a_bill_in_another_currency_bills_nothing_and_the_right_one_may_follow() -> None:
    paper = advised()
    paper.billed(currency="CHF", freight=FREIGHT, fuel=FUEL)
    assert stands(paper.charge()) == {"cost": 17_138, "accrued": -17_138}
    paper.billed(60, invoice="I-2", freight=FREIGHT, fuel=FUEL)
    charge = paper.charge()
    assert [reason for _, reason, _ in disputed(charge)] == ["currency", "currency"]
    assert stands(charge) == {"cost": 17_138, "payable": -17_138}


def test_two_advices_of_one_consignment_are_one_load_and_one_told_again_counts_once() -> None:
    paper = advised()
    paper.despatched(1, document="LS-2")
    paper.despatched(2)
    charge = paper.charge()
    assert (charge.weight_g, charge.expected["freight"]) == (1_600_000, 30_400)


def test_an_advice_whose_lines_are_taken_back_advises_nothing() -> None:
    paper = Paper()
    paper.despatched(0, {"order": "x", "line": "1", "quantity": 0})
    assert fold_all(SUBJECT, RULES, base(), paper.events).state is None


def test_a_price_beyond_all_reason_counts_as_none() -> None:
    paper = Paper()
    paper.despatched(0, *({"order": "x", "line": str(n), "quantity": 1, "weight_kg": 2**62} for n in range(9)))
    lane = {"id": "l", "origin": "DE", "destination": "DE", "breaks": ({"from_kg": 0, "per_100kg_minor": 10**12},)}
    dear = tariff(effective_from=date(2026, 2, 1), lanes=(lane,))
    assert paper.charge(base(dear)).expected == {}


@pytest.mark.parametrize("kind", ["carrier", "tariff", "fuel_table"])
def test_base_data_that_is_not_laid_down_yet_is_waited_for(kind: str) -> None:
    ((_, verdict),) = fold_all(SUBJECT, RULES, base(without=(kind,)), advised().events).verdicts
    assert isinstance(verdict, Wait)
    assert verdict.kind == kind


def said(tell: Callable[..., Any], paper: Paper, before: Charge | None) -> list[Event]:
    found = tell(before, paper.charge(), SUBJECT, paper.events[-1].body, 3)
    return [] if found is None else [found] if isinstance(found, Event) else list(found)


def test_the_carrier_hears_once_what_is_disputed_and_until_when_it_is_to_answer() -> None:
    paper = advised()
    before = paper.charge()
    paper.billed(freight=line(16_000, weight_g=800_000), fuel=FUEL)
    (raised,) = said(told.disputed, paper, before)
    assert raised.model_dump(mode="json", exclude={"occurred_at", "corrects", "revision"}) == {
        "consignment": "RT-1",
        "invoice": "I-1",
        "currency": "EUR",
        "disputed_minor": 800,
        "lines": [
            {"line": "1", "charge": "freight", "reason": "rate", "billed_minor": 16_000, "expected_minor": FREIGHT, "disputed_minor": 800}
        ],
        "answer_by": "2026-03-18",
    }
    before = paper.charge()
    paper.credited(l1=800)
    assert said(told.disputed, paper, before) == said(told.withdrawn, paper, before) == []


def test_a_charge_that_did_not_change_is_not_told_again() -> None:
    paper = advised()
    (updated,) = said(told.updated, paper, None)
    assert updated.model_dump()["subject"] == "rhein-trans/RT-1"
    before = paper.charge()
    paper.performed("unheard-of")
    assert said(told.updated, paper, before) == []


def test_accounts_balance_and_the_books_are_what_the_state_says() -> None:
    paper = advised()
    paper.billed(currency="CHF", freight=FREIGHT)
    charge = paper.charge()
    for currency in ("EUR", "CHF"):
        assert sum(one.minor for one in accounts.books(charge) if one.currency == currency) == 0
