"""A service is due by months or by distance, whichever comes first, and its date is read off the car's own course."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import ServicePlan
from hub.rules.basedata import BaseData
from hub.rules.business_days import Office
from hub.rules.odometer import Course, Reading, course
from hub.rules.service_due import Due, Served, due, in_months

NO_CALENDAR = Office(BaseData(), "ber-01")
HANDOVER = datetime(2025, 3, 10, 9, tzinfo=UTC)


def plan(**fields: Any) -> ServicePlan:
    return ServicePlan.model_validate({"occurred_at": HANDOVER, "id": "annual", "name": "Annual service", **fields})


YEARLY = plan(distance_km=15_000, zone="Europe/Berlin")
BY_DISTANCE = plan(months=None, distance_km=15_000)


def after(days: float, km: int) -> Reading:
    return Reading(HANDOVER + timedelta(days=days), km)


def test_the_worked_example_of_the_page() -> None:
    """Handed over with 12 km on 10 March 2025; 4,500, 6,900 and 11,700 km were read since, one of them mistyped in between."""
    readings = [after(0, 12), after(90, 4_512), after(140, 96_900), after(140.5, 7_012), after(234, 11_712)]
    known = course(readings)
    assert known.believed == (readings[0], readings[1], readings[3], readings[4])
    assert known.km_a_day is not None
    assert round(known.km_a_day, 2) == 50.0
    # 15,012 km are the mark: 3,300 km after the last reading, 66 days at that pace
    assert due(YEARLY, Served(HANDOVER, 12), known) == Due(date(2026, 1, 4), "distance")
    # a car that is driven less comes by months
    assert due(YEARLY, Served(HANDOVER, 12), course([after(0, 12), after(234, 4_700)])) == Due(date(2026, 3, 10), "months")


def test_without_readings_the_usual_pace_counts_from_the_service() -> None:
    assert due(BY_DISTANCE, Served(HANDOVER, None), Course()) == Due(date(2026, 3, 10), "distance")
    assert due(plan(months=None, distance_km=15_000, usual_km_a_year=30_000), Served(HANDOVER), Course()) == Due(
        date(2025, 9, 8), "distance"
    )


def test_a_mark_between_two_readings_was_passed_on_the_line_between_them() -> None:
    known = course([after(0, 0), after(100, 10_000), after(200, 20_000)])
    assert due(BY_DISTANCE, Served(HANDOVER, 0), known) == Due((HANDOVER + timedelta(days=150)).date(), "distance")


def test_a_mark_before_the_first_reading_was_passed_on_the_line_from_the_service_on() -> None:
    known = course([after(265, 70_600), after(475, 88_200)])
    passed = due(plan(months=120, distance_km=21_900), Served(HANDOVER, None), known)
    assert passed is not None
    assert passed.on < (HANDOVER + timedelta(days=265)).date()


def test_a_car_that_stands_still_is_not_due_by_distance() -> None:
    assert due(BY_DISTANCE, Served(HANDOVER, 100), course([after(0, 100), after(100, 100)])) is None
    assert due(YEARLY, Served(HANDOVER, 100), course([after(0, 100), after(100, 100)])) == Due(date(2026, 3, 10), "months")


def test_what_was_mistyped_at_the_service_is_read_off_the_course() -> None:
    known = course([after(-100, 5_000), after(0, 100_000), after(50, 12_500), after(100, 15_000), after(150, 17_500)])
    assert due(BY_DISTANCE, Served(HANDOVER, 100_000), known) == Due((HANDOVER + timedelta(days=300)).date(), "distance")


def test_a_new_odometer_counts_on_from_the_service_before_it() -> None:
    known = course([after(-200, 50_000), after(-100, 55_000), after(0, 60_000), after(100, 10), after(200, 5_010)])
    assert due(BY_DISTANCE, Served(HANDOVER, 60_000), known) == Due((HANDOVER + timedelta(days=300)).date(), "distance")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2025, 12, 15), 12, date(2026, 12, 15)),
    ],
)
def test_a_month_that_is_too_short_gives_its_last_day(day: date, months: int, expected: date) -> None:
    assert in_months(day, months) == expected


def test_the_day_is_that_of_the_plan_s_zone() -> None:
    served = Served(datetime(2025, 3, 9, 23, 30, tzinfo=UTC))
    assert due(plan(), served, Course()) == Due(date(2026, 3, 9), "months")
    assert due(plan(zone="Europe/Berlin"), served, Course()) == Due(date(2026, 3, 10), "months")


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.integers(0, 23),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Kathmandu"]),
)
def test_a_step_comes_on_its_day_at_its_hour_whatever_the_clocks_do(day: date, hour: int, zone: str) -> None:
    """An hour that is left out in spring comes an hour later by the clock; never on another day before it."""
    there = NO_CALENDAR.moment(day, hour, zone, is_early=False).astimezone(ZoneInfo(zone))
    assert there.date() == day
    assert there.hour in {hour, hour + 1}


@pytest.mark.parametrize(
    ("day", "utc_hour"), [(date(2026, 3, 28), 8), (date(2026, 3, 30), 7), (date(2026, 10, 24), 7), (date(2026, 10, 26), 8)]
)
def test_nine_o_clock_stays_nine_o_clock_over_the_change_of_clocks(day: date, utc_hour: int) -> None:
    at_nine = NO_CALENDAR.moment(day, 9, "Europe/Berlin", is_early=False)
    assert at_nine == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)


READINGS = st.lists(st.builds(after, st.integers(-500, 2_000), st.integers(0, 400_000)), max_size=12)


@given(READINGS, st.integers(1, 48), st.integers(1_000, 60_000), st.one_of(st.none(), st.integers(0, 400_000)))
def test_it_is_never_due_before_the_service_nor_after_its_months(
    readings: list[Reading], months: int, distance: int, km: int | None
) -> None:
    found = due(plan(months=months, distance_km=distance), Served(HANDOVER, km), course(readings))
    assert found is not None
    assert HANDOVER.date() <= found.on <= in_months(HANDOVER.date(), months)


@given(READINGS, st.integers(1_000, 30_000), st.integers(0, 30_000))
def test_a_longer_interval_is_never_due_earlier(readings: list[Reading], distance: int, more: int) -> None:
    near, far = (due(plan(distance_km=km, months=120), Served(HANDOVER, 0), course(readings)) for km in (distance, distance + more))
    assert near is not None
    assert far is not None
    assert near.on <= far.on


@given(st.integers(10, 200), st.integers(1, 10), st.integers(0, 100_000), st.integers(2_000, 40_000))
def test_a_steady_car_is_predicted_to_the_day(pace: int, months_of_readings: int, start: int, distance: int) -> None:
    readings = [after(28 * n, start + 28 * n * pace) for n in range(months_of_readings + 1)]
    found = due(plan(months=None, distance_km=distance), Served(HANDOVER, start), course(readings))
    expected = HANDOVER + timedelta(days=distance / pace)
    if distance / pace < 20 * 365 - 300:
        assert found is not None
        assert abs((found.on - expected.date()).days) <= 1
