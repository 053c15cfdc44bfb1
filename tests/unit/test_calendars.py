"""Calendars say when somebody is there and when nobody may be disturbed; without them all is as the settings have it."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import ServicePlan
from hub.channels.almanac import Almanac
from hub.rules.basedata import BaseData
from hub.rules.business_days import Office
from hub.rules.calendars import holiday, waking
from hub.rules.quiet_hours import Hours
from hub.rules.service_reminders import Reminder, stepped
from tests.support.calendars import GERMANY, SAID, SHOP, calendar, dealer

DAYTIME = Hours(time(8), time(20))
BERLIN = ZoneInfo("Europe/Berlin")
days = st.dates(date(1990, 1, 1), date(2190, 1, 1))
weeks = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=6, unique=True)
clocks = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@settings(deadline=None)
@given(st.integers(1900, 2199))
def test_holidays_move_with_easter(year: int) -> None:
    found = calendar("DE", holidays=[{"name": "Whit Monday", "easter": 50}])
    sunday = easter(year)
    assert [day for days in range(365) if holiday(found, day := sunday + timedelta(days=days - 100))] == [sunday + timedelta(days=50)]


def test_a_holiday_of_one_year_is_none_in_the_next() -> None:
    found = calendar("DE", holidays=[{"name": "Jubilee", "day": date(2026, 5, 4)}, {"name": "Leap", "month_day": "02-29"}])
    named = [holiday(found, date(*day)) for day in ((2026, 5, 4), (2027, 5, 4), (2028, 2, 29), (2027, 3, 1))]
    assert [one and one.name for one in named] == ["Jubilee", None, "Leap", None]


@settings(deadline=None)
@given(days, weeks, clocks, clocks)
def test_quiet_hours_and_what_they_leave_make_up_the_day(day: date, on: list[str], begins: str, ends: str) -> None:
    """Minute by minute, also over midnight, against what the words say."""
    found = calendar("DE", quiet_hours=[{"days": on, "begins": begins, "ends": ends}])
    left = waking(found, day)
    for minute in range(0, 1440, 7):
        clock = time(minute // 60, minute % 60)
        text = f"{clock:%H:%M}"
        is_over_midnight = ends <= begins
        today = f"{day:%a}".lower() in on and (text >= begins if is_over_midnight else begins <= text < ends)
        since_yesterday = is_over_midnight and f"{day - timedelta(days=1):%a}".lower() in on and text < ends
        assert any(hours.hold(clock) for hours in left) != (today or since_yesterday)


@settings(deadline=None)
@given(days, st.integers(0, 23), st.booleans(), st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Kathmandu"]))
def test_a_step_comes_on_the_nearest_day_of_business_within_its_hours(day: date, hour: int, is_early: bool, zone: str) -> None:
    base = BaseData([calendar("DE", holidays=GERMANY, zone=zone), calendar("ber-01", business_hours=SHOP), dealer("ber-01")])
    office = Office(base, "ber-01")
    moment = office.moment(day, hour, zone, is_early=is_early).astimezone(ZoneInfo(zone))
    found = moment.date()
    assert office.works_on(found)
    passed = (day - found if is_early else found - day).days
    assert 0 <= passed < 7
    assert not any(office.works_on(day + timedelta(days=-step if is_early else step)) for step in range(passed))
    opens, closes = (9, 13) if found.weekday() == 5 else (8, 18)
    assert moment.hour in ({hour} if opens <= hour < closes else {opens})


@settings(deadline=None)
@given(
    st.integers(0, 200 * 365 * 24 * 60),
    st.booleans(),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Kathmandu"]),
)
def test_a_moment_is_moved_to_one_at_which_somebody_is_there(minutes: int, is_early: bool, zone: str) -> None:
    lunch = ({"days": SHOP[0]["days"], "opens": "08:00", "closes": "12:00"}, {"days": SHOP[0]["days"], "opens": "13:00", "closes": "18:00"})
    base = BaseData([calendar("DE", holidays=GERMANY, zone=zone), calendar("ber-01", business_hours=lunch), dealer("ber-01")])
    office, wished = Office(base, "ber-01"), at("1990-01-01T00:00") + timedelta(minutes=minutes)
    moment = office.attended(wished, is_early=is_early)

    def is_there(at: datetime) -> bool:
        there = at.astimezone(ZoneInfo(zone))
        return office.works_on(there.date()) and (8 <= there.hour < 12 or 13 <= there.hour < 18)

    assert is_there(moment)
    assert moment <= wished if is_early else moment >= wished
    if is_there(wished):
        assert moment == wished
    elif not is_early:  # nobody was there in between
        between = range(0, int((moment - wished) / timedelta(minutes=1)), 15)
        assert not any(is_there(wished + timedelta(minutes=minute)) for minute in between)
    assert abs(moment - wished) < timedelta(days=8)


@pytest.mark.parametrize(
    ("laid", "wished", "early", "late"),
    [
        ([], "2026-07-04T10:00", "2026-07-04T10:00", "2026-07-04T10:00"),  # nobody laid a calendar down: any time will do
        ([{"ref": "ber-01", "business_hours": SHOP}], "2026-07-05T10:00", "2026-07-04T10:00", "2026-07-06T08:00"),  # a Sunday
        ([{"ref": "ber-01", "business_hours": SHOP}], "2026-07-06T07:00", "2026-07-04T09:00", "2026-07-06T08:00"),  # too early on Monday
        ([{"ref": "ber-01", "business_hours": SHOP}], "2026-07-06T20:00", "2026-07-06T08:00", "2026-07-07T08:00"),  # too late
        ([{"ref": "ber-01", "business_hours": SHOP, "zone": "Asia/Tokyo"}], "2026-07-06T07:00", "2026-07-06T07:00", "2026-07-06T07:00"),
        ([{"ref": "DE", "holidays": GERMANY}], "2026-12-25T10:00", "2026-12-24T10:00", "2026-12-27T00:00"),  # holidays alone: whole days
        ([{"ref": "ber-01", "business_hours": []}], "2026-07-06T07:00", "2026-07-06T07:00", "2026-07-06T07:00"),  # nonsense moves nothing
    ],
)
def test_when_somebody_hears_of_what_is_due_at_a_moment(laid: list[dict[str, Any]], wished: str, early: str, late: str) -> None:
    office = Office(BaseData([dealer("ber-01"), *(calendar(**fields) for fields in laid)]), "ber-01")
    assert office.attended(at(wished), is_early=True) == at(early)
    assert office.attended(at(wished), is_early=False) == at(late)


def test_of_a_dealer_without_hours_those_of_its_country_count_and_either_makes_a_day_free() -> None:
    base = BaseData(
        [
            calendar("DE", holidays=GERMANY, business_hours=SHOP[:1]),
            calendar("ber-01", holidays=[{"name": "Stocktaking", "day": date(2026, 7, 17)}]),
            dealer("ber-01"),
        ]
    )
    free = [day for days in range(31) if not Office(base, "ber-01").works_on(day := date(2026, 7, 1) + timedelta(days=days))]
    assert [day.day for day in free] == [4, 5, 11, 12, 17, 18, 19, 25, 26]
    assert not Office(base, "ber-01").works_on(date(2026, 12, 25))
    assert Office(base, "muc-02").works_on(date(2026, 7, 4))  # nobody laid down anything of that dealer


def test_each_day_is_judged_by_the_edition_in_force_on_it() -> None:
    old = calendar("ber-01", business_hours=SHOP)
    new = calendar("ber-01", effective_from=date(2027, 1, 1), business_hours=SHOP[:1])
    gone = calendar("ber-01", effective_from=date(2028, 1, 1), retired=True)
    office = Office(BaseData([old, new, gone]), "ber-01")
    assert [office.works_on(date(*day)) for day in ((2026, 12, 26), (2027, 1, 2), (2028, 1, 2))] == [True, False, True]


def test_a_month_of_holidays_keeps_the_step_on_its_day() -> None:
    shut = calendar("ber-01", business_hours=[])
    at_nine = Office(BaseData([shut]), "ber-01").moment(date(2026, 7, 1), 9, "Europe/Berlin", is_early=False)
    assert at_nine == at("2026-07-01T07:00")


MARKET = [calendar("ber-01", business_hours=SHOP), calendar("muc-02", business_hours=SHOP[:1], holidays=GERMANY)]
PLANS = [
    *(ServicePlan(occurred_at=SAID, id=ref, name=ref, hour=hour) for ref, hour in (("annual", 7), ("brakes", 20))),
    ServicePlan(occurred_at=SAID, id="annual", name="annual", hour=8, effective_from=date(2026, 11, 21)),
]
reminders = st.fixed_dictionaries(
    {
        "told": st.sampled_from([[], ["before"]]),
        "next_step": st.sampled_from(["before", "due"]),
        "due_on": st.sampled_from(["2026-12-19", "2026-12-26"]),
        "quiet_until": st.sampled_from([None, "2026-12-26T12:00:00+00:00"]),
        "answer": st.sampled_from([None, "declined"]),
    }
)
askings = st.tuples(st.sampled_from(["annual", "brakes", "unknown"]), reminders, st.integers(0, 1))


@settings(deadline=None)
@given(st.lists(askings, min_size=2, max_size=12), st.sampled_from([[], MARKET]))
def test_what_comes_after_a_step_is_each_reminder_s_own_whatever_was_asked_before(asked: list[Any], laid: list[Any]) -> None:
    """Much of it is the same for many cars, and is found once for as long as the base data holds."""
    base = BaseData([*PLANS, *laid])
    for (plan, fields, days), whose in product(asked, ("ber-01", "muc-02")):
        row = {**Reminder(plan, "2025-12-20T09:00:00+00:00")._asdict(), **fields}
        moment = at("2026-11-20T09:00") + timedelta(days=days)
        afresh = stepped(row, moment, Office(BaseData([*PLANS, *laid]), whose))
        assert stepped(row, moment, Office(base, whose)) == afresh


@pytest.mark.parametrize(
    ("laid", "moment", "awake"),
    [
        ([], "2026-12-25T10:00", "2026-12-27T07:00"),  # by the list of public holidays, Saturday the 26th as well
        ([{"ref": "DE"}], "2026-12-25T10:00", "2026-12-25T10:00"),  # a calendar without holidays: there are none
        ([{"ref": "DE", "holidays": GERMANY}], "2026-12-25T10:00", "2026-12-27T07:00"),
        ([{"ref": "DE", "quiet_hours": [{"begins": "18:00", "ends": "10:00"}]}], "2026-07-01T17:00", "2026-07-02T08:00"),
        ([{"ref": "DE", "quiet_hours": [{"days": ["sun"], "begins": "00:00", "ends": "00:00"}]}], "2026-07-05T10:00", "2026-07-05T22:00"),
        ([{"ref": "DE", "quiet_hours": []}], "2026-07-01T01:00", "2026-07-01T01:00"),
        ([{"ref": "DE", "zone": "Asia/Tokyo"}], "2026-07-01T20:00", "2026-07-01T23:00"),
        ([{"ref": "ber-01", "holidays": [{"name": "Fair", "day": date(2026, 7, 1)}]}], "2026-07-01T10:00", "2026-07-02T06:00"),
        ([{"ref": "ber-01", "quiet_hours": [{"begins": "12:00", "ends": "14:00"}]}], "2026-07-01T10:30", "2026-07-01T12:00"),
        ([{"ref": "muc-02", "holidays": [{"name": "Fair", "day": date(2026, 7, 1)}]}], "2026-07-01T10:00", "2026-07-01T10:00"),
        ([{"ref": "DE", "retired": True}], "2026-12-25T10:00", "2026-12-27T07:00"),
    ],
)
def test_who_may_be_disturbed_when(laid: list[dict[str, Any]], moment: str, awake: str) -> None:
    almanac = Almanac("DE", DAYTIME).by(BaseData([calendar(**fields) for fields in laid]))
    assert almanac.awake_at("DE", "ber-01", at(moment)) == at(awake)


@settings(deadline=None)
@given(st.integers(0, 366 * 24 * 60), clocks, clocks)
def test_nobody_is_disturbed_in_quiet_hours_whatever_the_clocks_do(minute: int, begins: str, ends: str) -> None:
    laid = calendar("DE", quiet_hours=[{"begins": begins, "ends": ends}]) if begins != ends else calendar("DE", quiet_hours=[])
    almanac = Almanac("DE", DAYTIME).by(BaseData([laid]))
    there = almanac.awake_at("DE", "oem", at("2026-01-01T00:00") + timedelta(minutes=minute)).astimezone(BERLIN)
    text = f"{there:%H:%M}"
    assert not (begins <= text < ends if begins < ends else begins != ends and (text >= begins or text < ends))


def test_a_country_that_nobody_knows_of_is_the_settings_own() -> None:
    almanac = Almanac("DE", DAYTIME)
    assert almanac.awake_at("QQ", "oem", at("2026-07-01T01:00")) == at("2026-07-01T06:00")
    assert Almanac("QQ", DAYTIME).awake_at(None, "oem", at("2026-07-01T01:00")) == at("2026-07-01T08:00")
    assert (almanac.zone(None), Almanac("QQ", DAYTIME).zone(None)) == ("Europe/Berlin", "UTC")
