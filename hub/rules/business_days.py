"""Move what somebody is reminded of onto a day on which their dealer works, and into its hours."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.base import Calendar, Dealer
from hub.rules.basedata import BaseData
from hub.rules.calendars import holiday, in_force, opening
from hub.rules.quiet_hours import WHOLE_DAY, Hours

_MOST_DAYS = 30
_DAY = timedelta(days=1)


class Office(NamedTuple):
    """A dealer by its own calendar and its country's, each as it is in force on the day in question.

    Either makes a day free. Of the hours of business the dealer's own count, where it says any. Where neither is laid down,
    every day is a day of business, from its beginning to its end.
    """

    base: BaseData
    dealer: str | None

    @property
    def whose(self) -> str | None:
        """By whom a moment is told from those of others: where no calendar is laid down, it is the same for all."""
        return self.dealer if self.base.has(Calendar) else None

    def works_on(self, day: date) -> bool:
        """Whether somebody is there on that day at all."""
        calendars = self._calendars(day)
        return not calendars or (bool(_opening(calendars, day)) and not any(holiday(one, day) for one in calendars))

    def moment(self, day: date, hour: int, zone: str, *, is_early: bool) -> datetime:
        """That hour of the day, or of the next day of business; where it may be early, of the last one before.

        An hour outside of the day's hours of business gives way to the first of them.
        """
        if not self.base.has(Calendar):
            return on_wall(day, time(hour), zone)  # the rest is looked up for each step of each timer: four times as dear
        day = self._day(day, -_DAY if is_early else _DAY)
        at = on_wall(day, time(hour), zone)
        calendars = self._calendars(day)
        hours = _opening(calendars, day)
        there = next((one.zone for one in calendars if one.zone), zone)
        if not hours or any(one.hold(at.astimezone(ZoneInfo(there)).time()) for one in hours):
            return at
        return on_wall(day, hours[0].begin, there)

    def closing(self, moment: datetime, days: int) -> datetime:
        """The end of business on the so-many-th day of business after the moment's own."""
        zone = next((one.zone for one in self._calendars(moment.date()) if one.zone), "UTC")
        day = moment.astimezone(ZoneInfo(zone)).date()
        for _ in range(days):
            day = self._day(day + _DAY, _DAY)
        hours = _opening(self._calendars(day), day) or (WHOLE_DAY,)
        end = hours[-1].end
        return on_wall(day + _DAY if end == WHOLE_DAY.end else day, end, zone)

    def attended(self, moment: datetime, *, is_early: bool) -> datetime:
        """The moment, if somebody is there then; else when somebody comes next.

        Where it may be early, it is that time on the last day of business before, or when somebody came last before it.
        Clocks are those of a calendar that names a zone; where none does, UTC's.
        """
        if not self.base.has(Calendar):
            return moment
        zone = next((one.zone for one in self._calendars(moment.date()) if one.zone), "UTC")
        there = moment.astimezone(ZoneInfo(zone))
        clock = there.time()
        for days in range(_MOST_DAYS):
            day = there.date() + days * (-_DAY if is_early else _DAY)
            if not self.works_on(day):
                continue
            hours = _opening(self._calendars(day), day) or (WHOLE_DAY,)
            if (is_early or not days) and any(one.hold(clock) for one in hours):
                return on_wall(day, clock, zone) if days else moment
            begins = [one.begin for one in hours if days or (one.begin < clock) is is_early]
            if begins:
                return on_wall(day, begins[-1 if is_early and not days else 0], zone)
        return moment

    def _day(self, day: date, step: timedelta) -> date:
        """The nearest day of business in one direction; the day itself where a month has none: somebody laid down nonsense."""
        return next((found for days in range(_MOST_DAYS) if self.works_on(found := day + days * step)), day)

    def _calendars(self, day: date) -> Sequence[Calendar]:
        """The dealer's own first."""
        if self.dealer is None:
            return ()
        laid = self.base.find(Dealer, self.dealer, datetime.combine(day, time(), UTC))
        named = (self.dealer, laid.country) if laid is not None and laid.country else (self.dealer,)
        return [found for ref in named if (found := in_force(self.base, ref, day))]


def _opening(calendars: Sequence[Calendar], day: date) -> Sequence[Hours]:
    """Those of the first that says any; of calendars that say none, whole days; of no calendar at all, none."""
    saying = [one for one in calendars if one.business_hours is not None] or calendars
    return opening(saying[0], day) if saying else ()


@lru_cache(4_096)
def on_wall(day: date, at: time, zone: str) -> datetime:
    """That time of the day on the clocks of a zone; one that is left out when they go forward comes as they went on before."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
