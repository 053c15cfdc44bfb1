"""When a person may be disturbed: in hours of the day on the clocks where they live, none of them on a holiday there."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])\Z")
_MIDNIGHT = time()
_MOST_DAYS = 30
_MOST_ROUNDS = 60


class Hours(NamedTuple):
    """From `begin` on and before `end`, on the clock of the place; an end at midnight is that of the day."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> "Hours":
        """As an operator writes them, `08:00-20:00`; raises ValueError, which says what is expected."""
        match = _HOURS.match(text)
        if match is None or match[1] >= match[2]:
            raise ValueError("hours of one day such as 08:00-20:00")
        return cls(time.fromisoformat(match[1]), time.fromisoformat(match[2]))

    @classmethod
    def of_minutes(cls, begin: int, end: int) -> "Hours":
        """From one minute of the day to another, of which 1440 is its end."""
        return cls(time(*divmod(begin, 60)), time(*divmod(end % 1440, 60)))

    def hold(self, at: time) -> bool:
        """Whether that time of the day is one of theirs."""
        return self.begin <= at and (at < self.end or self.end == _MIDNIGHT)


WHOLE_DAY = Hours(_MIDNIGHT, _MIDNIGHT)


class Wall(NamedTuple):
    """A clock on somebody's wall, and the hours of each day in which it lets them be disturbed: none on a holiday."""

    zone: ZoneInfo
    hours: Callable[[date], Sequence[Hours]]


def may_disturb(moment: datetime, wall: Wall) -> bool:
    """Whether the clock there shows one of the hours of its day."""
    there = moment.astimezone(wall.zone)
    return any(hours.hold(there.time()) for hours in wall.hours(there.date()))


def next_moment(moment: datetime, walls: Sequence[Wall]) -> datetime:
    """The first moment from this one on at which somebody may be disturbed, whichever of these clocks is theirs.

    Where no moment suits all of them, the first one counts.
    """
    found = moment
    for _ in range(_MOST_ROUNDS):
        later = max(_next_on(found, wall) for wall in walls)
        if later == found:
            return found
        found = later
    return _next_on(moment, walls[0])


def _next_on(moment: datetime, wall: Wall) -> datetime:
    if may_disturb(moment, wall):
        return moment
    today = moment.astimezone(wall.zone).date()
    for days in range(_MOST_DAYS):
        day = today + timedelta(days=days)
        begins = [datetime.combine(day, hours.begin, wall.zone) for hours in wall.hours(day)]
        # the hour that comes twice in autumn is quiet again before its second begin; the one that spring leaves out begins after the gap
        for candidate in sorted(begin.replace(fold=fold).astimezone(UTC) for begin in begins for fold in (0, 1)):
            if candidate > moment and may_disturb(candidate, wall):
                return candidate
    return moment + timedelta(days=_MOST_DAYS)  # a month of holidays: somebody laid down nonsense, and waiting for it is no help
