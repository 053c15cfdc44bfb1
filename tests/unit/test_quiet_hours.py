"""Nobody is disturbed at night or on a holiday, where they live, whatever the clocks do."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules.quiet_hours import Hours, Wall, may_disturb, next_moment

DAYTIME = Hours(time(8), time(20))
BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")
CHANGES = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC)]


def on_wall(zone: ZoneInfo, *hours: Hours, holidays: Collection[date] = ()) -> Wall:
    """The same hours each day but for holidays."""
    return Wall(zone, lambda day: () if day in holidays else hours)


def in_berlin(*, holidays: Collection[date] = ()) -> list[Wall]:
    return [on_wall(BERLIN, DAYTIME, holidays=holidays)]


zones = st.sampled_from([BERLIN, NEW_YORK, APIA, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])
moments = st.one_of(
    st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.builds(lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-2000, 2000)),
)
hours = st.tuples(st.integers(0, 1438), st.integers(1, 1439)).map(
    lambda pair: Hours(time(pair[0] // 60, pair[0] % 60), time(max(pair[1], pair[0] + 1) // 60, max(pair[1], pair[0] + 1) % 60))
)


@settings(deadline=None)
@given(moments, zones, st.lists(hours, min_size=1, max_size=3), st.sets(st.integers(0, 6)))
def test_the_moment_found_lies_in_the_hours_and_no_minute_before_it_did(
    moment: datetime, zone: ZoneInfo, hours: list[Hours], holidays: set[int]
) -> None:
    wall = on_wall(zone, *hours, holidays={(moment + timedelta(days=days)).date() for days in holidays})
    found = next_moment(moment, [wall])
    assert found >= moment
    assert may_disturb(found, wall)
    step = timedelta(minutes=7)
    looked, gap = moment, timedelta(hours=1)  # in spring the hours may begin within the hour that is left out: then after it
    while looked < found - gap:
        assert not may_disturb(looked, wall)
        looked += step


def test_a_night_in_berlin_ends_at_eight_by_its_own_clock_on_the_days_when_it_is_changed() -> None:
    spring = next_moment(datetime(2026, 3, 28, 22, tzinfo=UTC), in_berlin())
    autumn = next_moment(datetime(2026, 10, 24, 22, tzinfo=UTC), in_berlin())
    assert (spring, autumn) == (datetime(2026, 3, 29, 6, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC))


def test_the_hour_that_comes_twice_is_quiet_again_before_its_second_begin() -> None:
    hours = Hours(time(2, 30), time(20))
    between = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert next_moment(between, [on_wall(BERLIN, hours)]) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_holidays_are_passed_over() -> None:
    easter = frozenset({date(2026, 4, 3), date(2026, 4, 5), date(2026, 4, 6)})
    place = in_berlin(holidays=easter)
    assert next_moment(datetime(2026, 4, 3, 10, tzinfo=UTC), place) == datetime(2026, 4, 4, 6, tzinfo=UTC)
    assert next_moment(datetime(2026, 4, 4, 18, tzinfo=UTC), place) == datetime(2026, 4, 7, 6, tzinfo=UTC)


def test_a_country_of_several_zones_is_asleep_while_one_of_them_is() -> None:
    america = [on_wall(NEW_YORK, DAYTIME), on_wall(ZoneInfo("America/Los_Angeles"), DAYTIME)]
    assert next_moment(datetime(2026, 7, 1, 13, tzinfo=UTC), america) == datetime(2026, 7, 1, 15, tzinfo=UTC)


def test_where_no_moment_suits_all_zones_the_first_counts() -> None:
    narrow = Hours(time(10), time(11))
    apart = [on_wall(BERLIN, narrow), on_wall(APIA, narrow)]
    assert next_moment(datetime(2026, 7, 1, 0, tzinfo=UTC), apart) == datetime(2026, 7, 1, 8, tzinfo=UTC)
