"""Whose birthday a day is, and until when one may still be wished a happy one."""

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.rules.business_days import on_wall

MonthDay = tuple[int, int]

LATE = timedelta(days=2)
"""On a holiday nobody is written to: a wish comes so much later at most."""

_DAY = timedelta(days=1)
_LEAP_DAY: MonthDay = (2, 29)


def celebrated(day: date, leap_day: str) -> tuple[MonthDay, ...]:
    """Month and day of birth of those who celebrate on that day; those of 29 February on the day `before` or `after` it in common years."""
    own = (day.month, day.day)
    stands_in = (2, 28) if leap_day == "before" else (3, 1)
    return (own, _LEAP_DAY) if own == stands_in and not isleap(day.year) else (own,)


def day_of(moment: datetime, zone: str) -> date:
    """The day that it is then in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def begins(day: date, zone: str) -> datetime:
    """When a day begins in a zone, in UTC; where the clocks leave midnight out, when they go on."""
    return on_wall(day, time(), zone).astimezone(UTC)


def wished_until(day: date, zone: str) -> datetime:
    """From when on it is too late."""
    return begins(day + _DAY + LATE, zone)


def after(day: date, now: datetime, zone: str) -> date:
    """The day to go on with once one is done; of those that were missed, only what is not too late yet."""
    return max(day + _DAY, earliest(now, zone))


def earliest(now: datetime, zone: str) -> date:
    """The first day of which a wish is not too late."""
    return day_of(now, zone) - LATE
