"""What calendars say of a day, by country and by dealer, each edition of them for the days on which it is in force."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache

from dateutil.easter import easter

from contracts.base.calendars import Calendar, Holiday, QuietHours
from contracts.base.calendars.v1 import WEEK, awake, minutes
from hub.rules.basedata import BaseData
from hub.rules.quiet_hours import WHOLE_DAY, Hours

_easter = lru_cache(maxsize=400)(easter)


def in_force(base: BaseData, ref: str, day: date) -> Calendar | None:
    """The calendar of a country or dealer on that day; None where none is laid down, or it is retired."""
    found = base.find(Calendar, ref, datetime.combine(day, time(), UTC))
    return None if found is None or found.retired else found


def holiday(calendar: Calendar, day: date) -> Holiday | None:
    """What makes the day a free one."""
    sunday = _easter(day.year)
    return next((one for one in calendar.holidays if one.falls_on(day, sunday)), None)


def waking(calendar: Calendar, day: date, otherwise: Hours = WHOLE_DAY) -> Sequence[Hours]:
    """The hours of the day in which somebody may be disturbed; `otherwise` are those where the calendar says nothing of it."""
    if holiday(calendar, day):
        return ()
    return (otherwise,) if calendar.quiet_hours is None else _left_by(calendar.quiet_hours, day.weekday())


def opening(calendar: Calendar, day: date) -> Sequence[Hours]:
    """The hours of its weekday in which somebody is there; whole days where the calendar says nothing of hours."""
    if calendar.business_hours is None:
        return (WHOLE_DAY,)
    found = [one for one in calendar.business_hours if WEEK[day.weekday()] in one.days]
    return sorted(Hours.of_minutes(minutes(one.opens), minutes(one.closes)) for one in found)


@lru_cache(maxsize=1_000)
def _left_by(quiet: tuple[QuietHours, ...], weekday: int) -> Sequence[Hours]:
    return [Hours.of_minutes(begin, end) for begin, end in awake(quiet, weekday)]
