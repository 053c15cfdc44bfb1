"""A car's course is read out of its readings whatever is wrong with some of them, and whatever order they came in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from hub.rules.odometer import Course, Reading, course, km_at

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def on(day: float, km: int) -> Reading:
    return Reading(NEW_YEAR + timedelta(days=day), km)


def steady(pace: int, days: list[int], start: int = 0) -> list[Reading]:
    return [on(day, start + pace * day) for day in days]


PACES = st.integers(5, 200)
DAYS = st.lists(st.integers(0, 700), min_size=5, max_size=20, unique=True).map(sorted)
STEADY = st.builds(steady, PACES, DAYS, st.integers(0, 200_000))
ANY = st.lists(st.builds(on, st.integers(0, 30_000).map(lambda tenths: tenths / 10), st.integers(0, 9_999_999)), max_size=30)


def test_no_reading_tells_nothing() -> None:
    assert course([]) == Course((), None)


def test_one_reading_is_believed_and_measures_no_pace() -> None:
    assert course([on(3, 400)]) == Course((on(3, 400),), None)


def test_two_readings_within_four_weeks_measure_no_pace() -> None:
    assert course(steady(40, [0, 27])).km_a_day is None
    assert course(steady(40, [0, 28])).km_a_day == 40


@given(PACES, DAYS, st.integers(0, 200_000))
def test_a_steady_car_is_believed_in_all_it_says(pace: int, days: list[int], start: int) -> None:
    assume(days[-1] - days[0] >= 28)
    found = course(steady(pace, days, start))
    assert len(found.believed) == len(days)
    assert found.km_a_day is not None
    assert abs(found.km_a_day - pace) < 1e-6


@given(
    st.integers(5, 100), st.lists(st.integers(0, 300), min_size=4, max_size=12, unique=True).map(sorted), st.integers(1, 11), st.booleans()
)
def test_a_digit_too_many_or_too_few_changes_neither_pace_nor_what_is_believed_of_the_others(
    pace: int, days: list[int], wrong: int, is_too_long: bool
) -> None:
    readings = steady(pace, days, start=30_000)
    right = readings.pop(wrong % (len(days) - 1) + 1)
    mistyped = right.km * 10 + 3 if is_too_long else right.km // 10
    assert course([*readings, Reading(right.at, mistyped)]) == course(readings)


def test_a_mistyped_first_reading_is_not_believed() -> None:
    readings = steady(40, [0, 60, 120, 180], start=5_000)
    assert course([on(0, 50_000), *readings[1:]]).believed == tuple(readings[1:])


def test_a_last_reading_that_leaps_ahead_is_not_believed_until_another_confirms_it() -> None:
    """Each could be true by itself: 100 days are enough for 30,000 km."""
    known = steady(40, [0, 60, 120, 180])
    leap = on(280, 37_200)
    assert course([*known, leap]).believed == tuple(known)
    assert course([*known, leap, on(300, 38_000)]).believed == (*known, leap, on(300, 38_000))
    assert course([*known, leap, on(300, 12_000)]).believed == (*known, on(300, 12_000))


def test_a_car_that_runs_very_fast_is_believed_from_its_third_reading_on() -> None:
    """Two alone might be a digit too many."""
    fast = steady(300, [0, 30, 60])
    assert course(fast[:2]) == Course((fast[0],), None)
    assert course(fast) == Course(tuple(fast), 300)


def test_two_mistyped_readings_that_agree_are_a_leap_and_no_new_odometer() -> None:
    known = steady(28, [0, 38, 80, 119])
    assert course([*known, on(155, 43_400), on(190, 53_200)]).believed == tuple(known)


def test_one_lower_reading_is_a_mistake_and_two_that_agree_are_a_new_odometer() -> None:
    old = steady(50, [0, 100, 200, 300], start=10_000)
    assert course([*old, on(320, 900)]).believed == tuple(old)
    found = course([*old, on(320, 900), on(340, 1_900)])
    assert found.believed == (on(320, 900), on(340, 1_900))
    assert found.km_a_day == 50  # the driver did not change with the odometer


def test_a_pace_of_long_ago_is_forgotten() -> None:
    readings = [*steady(100, [0, 50, 100, 150]), on(1_200, 15_500), on(1_300, 16_500), on(1_400, 17_500)]
    found = course(readings)
    assert found.km_a_day is not None
    assert 0 < found.km_a_day <= 10.01


@given(ANY, st.randoms(use_true_random=False))
def test_the_course_is_the_same_in_whatever_order_readings_become_known(readings: list[Reading], random: Any) -> None:
    shuffled = readings[:]
    random.shuffle(shuffled)
    assert course([*shuffled, *shuffled[:3]]) == course(readings)


@given(ANY)
def test_what_is_believed_never_runs_backwards_and_never_faster_than_a_car(readings: list[Reading]) -> None:
    found = course(readings)
    assert set(found.believed) <= set(readings)
    for before, later in zip(found.believed, found.believed[1:], strict=False):
        days = (later.at - before.at) / timedelta(days=1)
        assert 0 <= later.km - before.km <= 1_000 + 400 * days + 1e-3
    assert found.km_a_day is None or 0 <= found.km_a_day <= 400 + 1_000 / 28


@given(ANY.filter(bool), st.lists(st.integers(0, 3_000), min_size=2, max_size=2).map(sorted))
def test_the_odometer_is_never_read_to_run_backwards(readings: list[Reading], days: list[float]) -> None:
    found = course(readings)
    early, late = (km_at(found, NEW_YEAR + timedelta(days=day), found.km_a_day or 0) for day in days)
    assert early is not None
    assert late is not None
    assert early <= late + 1e-6


@given(STEADY)
def test_a_reading_says_itself_what_the_odometer_showed(readings: list[Reading]) -> None:
    found = course(readings)
    for reading in found.believed:
        assert abs((km_at(found, reading.at, 1) or 0) - reading.km) < 1e-6
