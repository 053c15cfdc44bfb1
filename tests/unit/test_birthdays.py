"""Each birthday has one day in each year, whatever the calendar and the clocks do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.birthdays import after, begins, celebrated, day_of, earliest, wished_until

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "America/Havana"])


@given(st.dates(date(1920, 1, 1), date(2020, 1, 1)), st.integers(2021, 2101), st.sampled_from(["before", "after"]))
def test_everybody_has_a_birthday_once_a_year(born: date, year: int, leap_day: str) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    assert [(born.month, born.day) in celebrated(day, leap_day) for day in days if day.year == year].count(True) == 1


@pytest.mark.parametrize(
    ("day", "leap_day", "is_theirs"),
    [
        (date(2027, 2, 28), "before", True),
        (date(2027, 2, 28), "after", False),
        (date(2027, 3, 1), "after", True),
        (date(2027, 3, 1), "before", False),
        (date(2028, 2, 28), "before", False),
        (date(2028, 2, 29), "before", True),
        (date(2028, 3, 1), "after", False),
        (date(2100, 2, 28), "before", True),
    ],
)
def test_who_was_born_on_a_leap_day_has_it_on_the_day_that_was_chosen(day: date, leap_day: str, *, is_theirs: bool) -> None:
    assert ((2, 29) in celebrated(day, leap_day)) is is_theirs
    assert (day.month, day.day) in celebrated(day, leap_day)


@given(st.dates(date(2000, 1, 1), date(2037, 12, 1)), ZONES)
def test_a_day_begins_on_itself_and_ends_where_the_next_begins(day: date, zone: str) -> None:
    start, end = begins(day, zone), begins(day + timedelta(days=1), zone)
    if zone != "Pacific/Apia" or date(2011, 12, 29) != day != date(2011, 12, 30):  # they went without a Friday
        assert day_of(start, zone) == day
        assert day_of(end - timedelta(seconds=1), zone) == day
        assert timedelta(hours=22) < end - start < timedelta(hours=26)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 4), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    assert begins(day + timedelta(days=1), "Europe/Berlin") - begins(day, "Europe/Berlin") == timedelta(hours=hours)


def test_of_days_that_were_missed_only_those_are_wished_that_are_not_too_late() -> None:
    now = datetime(2026, 5, 10, 22, 30, tzinfo=UTC)  # the eleventh in Berlin
    assert earliest(now, "Europe/Berlin") == date(2026, 5, 9)
    assert after(date(2026, 5, 1), now, "Europe/Berlin") == date(2026, 5, 9)
    assert after(date(2026, 5, 10), now, "Europe/Berlin") == date(2026, 5, 11)
    assert wished_until(date(2026, 5, 9), "Europe/Berlin") == begins(date(2026, 5, 12), "Europe/Berlin")
