"""What a carriage should cost: lanes, weight breaks and their edges, minimum, volume, distance, fuel, services, currency."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.base import FuelTable, Lane, Tariff
from hub.rules.decision import Wait
from hub.rules.rounding import converted, rounded, shared
from hub.rules.tariffs import Load, Reckoned, by_weight, lane_for, reckoned
from tests.support.carriage import LANES, MONDAY, SERVICES, base, carrier, fuel, rate, tariff

BERLIN, MUNICH, PARIS, BRESLAU = ("DE", "10115"), ("DE", "80331"), ("FR", "75001"), ("PL", "50-001")


def load(kg: int = 800, **changed: Any) -> Load:
    return Load(BERLIN, MUNICH, kg * 1000, 0, 1, None)._replace(**changed)


def price(of: Load, services: dict[str, int] | None = None, *more: Any, **terms: Any) -> Reckoned:
    """What it should cost under the tests' tariff, or another."""
    found = reckoned(carrier(**terms), of, services or {}, MONDAY, base(*more))
    assert isinstance(found, Reckoned)
    return found


def test_freight_is_reckoned_by_the_weight_break_and_fuel_by_the_percentage_of_the_week() -> None:
    assert price(load(800)) == Reckoned("berlin-munich", 800_000, 12_750, {"freight": 15_200, "fuel": 1_938})


@pytest.mark.parametrize(
    ("kg", "freight"),
    [
        (0, 4_500),
        (187, 4_500),  # 44.88 at 24.00 per 100 kg: the minimum is more
        (188, 4_512),
        (395, 9_480),
        (396, 9_500),  # from here on it is less to pay for 500 kg at 19.00
        (499, 9_500),
        (500, 9_500),
        (501, 9_519),
        (1_644, 31_236),
        (1_645, 31_250),  # and for 2,500 kg at 12.50
        (2_499, 31_250),
        (2_500, 31_250),
        (2_600, 32_500),
    ],
)
def test_at_the_edges_of_weight_breaks_the_lesser_price_counts(kg: int, freight: int) -> None:
    assert price(load(kg)).charges["freight"] == freight


BREAKS = st.lists(st.tuples(st.integers(1, 3_000), st.integers(0, 5_000)), max_size=6, unique_by=lambda one: one[0]).map(
    lambda rest: ({"from_kg": 0, "per_100kg_minor": 3_000}, *({"from_kg": kg, "per_100kg_minor": each} for kg, each in sorted(rest)))
)


@given(breaks=BREAKS, weights=st.tuples(st.integers(0, 4_000_000), st.integers(0, 4_000_000)))
def test_a_heavier_load_never_costs_less(breaks: Any, weights: tuple[int, int]) -> None:
    lane = Lane.model_validate({"id": "l", "origin": "DE", "destination": "DE", "breaks": breaks})
    lighter, heavier = sorted(weights)
    assert by_weight(lane, lighter) <= by_weight(lane, heavier)


@given(breaks=BREAKS, weight=st.integers(0, 4_000_000))
def test_a_load_never_costs_more_than_by_its_own_break(breaks: Any, weight: int) -> None:
    lane = Lane.model_validate({"id": "l", "origin": "DE", "destination": "DE", "breaks": breaks})
    own = [one for one in lane.breaks if one.from_kg * 1000 <= weight][-1]
    assert by_weight(lane, weight) <= rounded(own.per_100kg_minor * weight, 100_000)


def test_a_bulky_load_weighs_what_its_volume_stands_for() -> None:
    assert price(load(100, volume_dm3=4_000))[:2] == ("berlin-munich", 800_000)


def test_the_closest_lane_counts_and_postal_codes_are_read_without_blanks() -> None:
    lanes = tariff().lanes
    assert [lane.id for end in (MUNICH, ("DE", "20095"), PARIS) if (lane := lane_for(lanes, BERLIN, end))] == [
        "berlin-munich",
        "germany",
        "vehicles-france",
    ]
    polish = Lane(id="pl", origin="PL-5000", destination="DE")
    assert lane_for([polish], BRESLAU, MUNICH) is polish
    assert lane_for(lanes, BRESLAU, MUNICH) is None
    assert lane_for(lanes, None, MUNICH) is None


def test_without_a_lane_there_is_no_price() -> None:
    assert price(load(destination=BRESLAU)) == Reckoned(None, 800_000, None, {})


def test_distance_and_units_are_priced_and_the_shipments_own_distance_comes_before_the_lanes() -> None:
    assert price(load(destination=("DE", "20095"))).charges["freight"] == 400 * 130
    assert price(load(destination=("DE", "20095"), distance_km=289)).charges["freight"] == 289 * 130
    assert price(load(destination=PARIS, units=8)).charges["freight"] == 8 * 19_500


def test_services_are_charged_beyond_the_free_units_and_some_bear_fuel() -> None:
    charges = price(load(800), {"waiting": 3, "express": 1, "unheard-of": 4}).charges
    assert charges == {"freight": 15_200, "waiting": 6_000, "express": 3_800, "fuel": rounded(19_000 * 12_750, 100_000)}
    assert price(load(800), {"waiting": 1}).charges["waiting"] == 0


def test_last_weeks_fuel_does_not_stand_in_for_this_weeks() -> None:
    sunday, next_monday = MONDAY + timedelta(days=6, hours=15), MONDAY + timedelta(days=7)
    assert reckoned(carrier(), load(), {}, sunday, base()) == price(load())
    assert reckoned(carrier(), load(), {}, next_monday, base()) == Wait("fuel_table", "diesel")
    found = reckoned(carrier(), load(), {}, next_monday, base(fuel(13_000, date(2026, 3, 9))))
    assert isinstance(found, Reckoned)
    assert found.charges["fuel"] == 1_976


def test_the_tariff_of_the_day_counts() -> None:
    dearer = tariff(effective_from=date(2026, 3, 3), lanes=({**LANES[0], "minimum_minor": 99_900},))
    assert price(load(), None, dearer).charges["freight"] == 15_200
    found = reckoned(carrier(), load(), {}, MONDAY + timedelta(days=1), base(dearer))
    assert isinstance(found, Reckoned)
    assert found.charges["freight"] == 99_900


def test_what_is_not_laid_down_yet_is_waited_for() -> None:
    assert reckoned(carrier(), load(), {}, MONDAY, base(without=("tariff",))) == Wait("tariff", "rhein-road")
    assert reckoned(carrier(), load(), {}, MONDAY, base(without=("fuel_table",))) == Wait("fuel_table", "diesel")
    assert reckoned(carrier(currency="CHF"), load(), {}, MONDAY, base()) == Wait("exchange_rate", "EUR-CHF")


def test_the_price_is_told_in_the_carriers_currency_at_the_rate_of_the_day() -> None:
    rates = rate("EUR-CHF", 950_000_000), rate("EUR-CHF", 900_000_000, date(2026, 3, 3))
    assert price(load(), None, *rates, currency="CHF").charges == {"freight": 14_440, "fuel": 1_841}


def test_currencies_with_other_decimals_are_converted_by_their_value() -> None:
    assert converted(100_00, 163_250_000_000, (2, 0)) == 16_325  # EUR to JPY
    assert converted(16_325, 6_125_000, (0, 2)) == 9_999  # and back: 99.990625 EUR
    assert converted(-5, 500_000_000, (2, 2)) == -3


@pytest.mark.parametrize(
    ("of", "told"), [((5, 10), 1), ((-5, 10), -1), ((15, 10), 2), ((25, 10), 3), ((24, 10), 2), ((0, 7), 0), ((-14, 10), -1)]
)
def test_a_half_goes_away_from_zero(of: tuple[int, int], told: int) -> None:
    assert rounded(*of) == told


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_rounding_is_the_nearest_whole_number(numerator: int, denominator: int) -> None:
    assert abs(rounded(numerator, denominator) - Fraction(numerator, denominator)) <= Fraction(1, 2)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_shares_add_up_to_the_last_cent_and_none_is_a_cent_off(total: int, weights: list[int]) -> None:
    parts = shared(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total * weight, whole) if whole else Fraction(total, len(weights))
        assert abs(part - exact) < 1


@given(st.integers(-(10**6), 10**6), st.lists(st.integers(0, 100), min_size=1, max_size=10), st.data())
def test_who_weighs_more_never_bears_less(total: int, weights: list[int], data: st.DataObject) -> None:
    parts = shared(abs(total), weights)
    pairs = st.tuples(*[st.integers(0, len(weights) - 1)] * 2)
    one, other = data.draw(pairs)
    assert weights[one] <= weights[other] or parts[one] >= parts[other]


def test_nobody_shares_nothing() -> None:
    assert shared(100, []) == []
    assert shared(100, [0, 0, 0]) == [34, 33, 33]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"lanes": ({**LANES[0], "breaks": ({"from_kg": 5, "per_100kg_minor": 1},)},)}, "lanes.0.breaks"),
        ({"lanes": ({**LANES[0], "breaks": ({"from_kg": 0, "per_100kg_minor": 1},) * 2},)}, "lanes.0.breaks"),
        ({"lanes": (LANES[0], LANES[0])}, "lanes"),
        ({"lanes": ()}, "lanes"),
        ({"lanes": ({**LANES[0], "origin": "Berlin"},)}, "lanes.0.origin"),
        ({"accessorials": ({**SERVICES[0], "id": "fuel"},)}, "accessorials.0.id"),
    ],
)
def test_a_tariff_that_cannot_be_read_is_refused_by_field(body: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        Tariff.model_validate({"occurred_at": MONDAY, "id": "t", "name": "T", "currency": "EUR", "lanes": LANES, **body})
    assert ".".join(map(str, wrong.value.errors()[0]["loc"])) == path


def test_a_week_of_fuel_begins_on_a_monday() -> None:
    with pytest.raises(ValidationError, match="a Monday"):
        FuelTable(occurred_at=MONDAY, id="diesel", effective_from=date(2026, 3, 3), percent_milli=1)
