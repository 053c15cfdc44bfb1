"""When a person may be disturbed: in the hours of the day where they live, on days that are no holiday there."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])\Z")
_MOST_DAYS = 30
_MOST_ROUNDS = 60


class Hours(NamedTuple):
    """From `begin` on and before `end`, on the clock of the place."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> "Hours":
        """As an operator writes them, `08:00-20:00`; raises ValueError, which says what is expected."""
        match = _HOURS.match(text)
        if match is None or match[1] >= match[2]:
            raise ValueError("hours of one day such as 08:00-20:00")
        return cls(time.fromisoformat(match[1]), time.fromisoformat(match[2]))


class Place(NamedTuple):
    """Where somebody lives, as far as it is known: every zone of the country, the most likely one first."""

    zones: Sequence[ZoneInfo]
    is_holiday: Callable[[date], bool]


def may_disturb(moment: datetime, zone: ZoneInfo, hours: Hours, is_holiday: Callable[[date], bool]) -> bool:
    """Whether the clock there shows one of the hours, on a day that is no holiday."""
    there = moment.astimezone(zone)
    return hours.begin <= there.time() < hours.end and not is_holiday(there.date())


def next_moment(moment: datetime, place: Place, hours: Hours) -> datetime:
    """The first moment from this one on at which a person of that place may be disturbed, whichever of its zones they live in.

    Where no moment suits all zones of a country, its first one counts.
    """
    found = moment
    for _ in range(_MOST_ROUNDS):
        later = max(_next_in(found, zone, hours, place.is_holiday) for zone in place.zones)
        if later == found:
            return found
        found = later
    return _next_in(moment, place.zones[0], hours, place.is_holiday)


def _next_in(moment: datetime, zone: ZoneInfo, hours: Hours, is_holiday: Callable[[date], bool]) -> datetime:
    if may_disturb(moment, zone, hours, is_holiday):
        return moment
    today = moment.astimezone(zone).date()
    for days in range(_MOST_DAYS):
        begin = datetime.combine(today + timedelta(days=days), hours.begin, zone)
        # the hour that comes twice in autumn is quiet again before its second begin; the one that spring leaves out begins after the gap
        for candidate in (begin.replace(fold=0).astimezone(UTC), begin.replace(fold=1).astimezone(UTC)):
            if candidate > moment and may_disturb(candidate, zone, hours, is_holiday):
                return candidate
    return moment + timedelta(days=_MOST_DAYS)  # a month of holidays: somebody laid down nonsense, and waiting for it is no help
