"""First editions of calendars."""

from calendar import monthrange
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import FailFast, Field, field_validator, model_validator

from contracts.base.v1 import BaseDatum
from contracts.contract import Contract
from contracts.values import CalendarId, Clock, Day, Line, MonthDay, TimeZone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As `date.weekday` counts them."""

Weekdays = Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7), FailFast()]

_DAY_MINUTES = 24 * 60
_LEAP_YEAR = 2000


class Holiday(Contract):
    """A free day: on one `day` alone, each year on the same `month_day`, or each year so many days after Easter Sunday (`easter`).

    Easter is that of the Gregorian calendar; what moves otherwise is listed year by year.
    """

    name: Line
    day: Day | None = None
    month_day: MonthDay | None = None
    easter: Annotated[int, Field(ge=-100, le=200)] | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if sum(when is not None for when in (self.day, self.month_day, self.easter)) != 1:
            raise ValueError("one of day, month_day and easter")
        return self

    @field_validator("month_day")
    @classmethod
    def _is_a_day(cls, month_day: str | None) -> str | None:
        """Some months are shorter; the 29th of February is a day of leap years."""
        if month_day is not None and int(month_day[3:]) > monthrange(_LEAP_YEAR, int(month_day[:2]))[1]:
            raise ValueError("a day of each year, such as 12-25")
        return month_day

    def falls_on(self, day: date, easter: date) -> bool:
        """Whether it is this day, by the Easter Sunday of its year."""
        if self.day is not None:
            return self.day == day
        return f"{day:%m-%d}" == self.month_day if self.easter is None else (day - easter).days == self.easter


class OpenHours(Contract):
    """On these days of the week somebody is there, from `opens` on and before `closes`; 00:00 closes at the end of the day."""

    days: Weekdays
    opens: Clock
    closes: Clock

    @model_validator(mode="after")
    def _lie_in_one_day(self) -> Self:
        if minutes(self.opens) >= (minutes(self.closes) or _DAY_MINUTES):
            raise ValueError("a time to close after the time to open")
        return self


class QuietHours(Contract):
    """From `begins` on and before `ends` nobody is disturbed; an end that is not after the begin is on the next day."""

    days: Weekdays = WEEK
    begins: Clock
    ends: Clock


class Calendar(BaseDatum):
    """What holds in a country (its code is the `id`), or at one dealer beside what holds in its country.

    `zone` is the one by whose clocks its hours count; none: every zone of the country. What is not said of `business_hours`
    or `quiet_hours` (as opposed to none, an empty list) is left to whoever else says it: the country, or the hub's settings.
    """

    KIND = "calendar"

    id: CalendarId
    name: Line
    zone: TimeZone | None = None
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=500), FailFast()] = ()
    business_hours: Annotated[tuple[OpenHours, ...], Field(max_length=50)] | None = None
    quiet_hours: Annotated[tuple[QuietHours, ...], Field(max_length=50)] | None = None

    @field_validator("quiet_hours")
    @classmethod
    def _leave_some_time(cls, quiet: tuple[QuietHours, ...] | None) -> tuple[QuietHours, ...] | None:
        if quiet and not any(awake(quiet, weekday) for weekday in range(7)):
            raise ValueError("quiet hours that leave some time of the week")
        return quiet


def minutes(clock: str) -> int:
    """A time of day in minutes since midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


def awake(quiet: tuple[QuietHours, ...], weekday: int) -> list[tuple[int, int]]:
    """What quiet hours leave of a day of the week: from minute to minute, of which the last may be the day's end, 1440."""
    yesterday, today = WEEK[weekday - 1], WEEK[weekday]
    taken = []
    for one in quiet:
        begins, ends = minutes(one.begins), minutes(one.ends)
        if today in one.days:
            taken.append((begins, ends if ends > begins else _DAY_MINUTES))
        if yesterday in one.days and ends <= begins:
            taken.append((0, ends))
    left, at = [], 0
    for begin, end in sorted(taken):
        if begin > at:
            left.append((at, begin))
        at = max(at, end)
    return [*left, (at, _DAY_MINUTES)] if at < _DAY_MINUTES else left
