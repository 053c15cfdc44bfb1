"""Where people live by their country: its time zones, its holidays, and when somebody there may be disturbed.

A country's calendar (base data) says so; of a country without one, the time zone database, a list of public holidays and the settings do.
"""

from collections.abc import Container, Sequence
from datetime import date, datetime
from functools import cache, partial
from importlib import resources
from zoneinfo import ZoneInfo

import holidays

from contracts.base import Calendar
from hub.rules.basedata import BaseData
from hub.rules.calendars import in_force, waking
from hub.rules.quiet_hours import WHOLE_DAY, Hours, Wall, next_moment


class Almanac:
    """Of whom no country is known, `country` is taken for it; `hours` are those where no calendar says any."""

    def __init__(self, country: str, hours: Hours, base: BaseData | None = None) -> None:
        self.country, self._hours, self._base = country, hours, base or BaseData()

    def by(self, base: BaseData) -> "Almanac":
        """The same with these calendars."""
        return Almanac(self.country, self._hours, base)

    def knows(self, dealer: str) -> bool:
        """Whether a dealer has a calendar of its own."""
        return bool(self._base.editions(Calendar, dealer))

    def awake_at(self, country: str | None, dealer: str, moment: datetime) -> datetime:
        """When a person of that country may be disturbed in a dealer's name, from the moment on: the dealer's calendar counts besides."""
        home, zones = self._home(country, moment)
        walls = [Wall(ZoneInfo(zone), partial(self._in_country, home)) for zone in zones]
        if (theirs := in_force(self._base, dealer, moment.date())) is not None:
            walls += [Wall(ZoneInfo(zone), partial(self._at_dealer, dealer)) for zone in ((theirs.zone,) if theirs.zone else zones)]
        return next_moment(moment, walls)

    def zone(self, country: str | None) -> str:
        """The zone in which most people of that country read a clock, by the time zone database."""
        return next(zones[0] for one in (country, self.country, _NOWHERE) if one and (zones := _zones().get(one)))

    def _home(self, country: str | None, moment: datetime) -> tuple[str, Sequence[str]]:
        """The country that counts, and the zones by whose clocks it does."""
        for one in (country, self.country):
            if one and (zones := self._zones_of(one, moment)):
                return one, zones
        return _NOWHERE, _zones()[_NOWHERE]

    def _zones_of(self, country: str, moment: datetime) -> Sequence[str]:
        calendar = in_force(self._base, country, moment.date())
        return (calendar.zone,) if calendar and calendar.zone else _zones().get(country, ())

    def _in_country(self, country: str, day: date) -> Sequence[Hours]:
        calendar = in_force(self._base, country, day)
        if calendar is not None:
            return waking(calendar, day, self._hours)
        return () if day in _holidays(country) else (self._hours,)

    def _at_dealer(self, dealer: str, day: date) -> Sequence[Hours]:
        calendar = in_force(self._base, dealer, day)
        return (WHOLE_DAY,) if calendar is None else waking(calendar, day)


_NOWHERE = "ZZ"
"""The country of people of whom none is known, where the settings name none that is."""


@cache
def _zones() -> dict[str, list[str]]:
    """Every zone of each country, the most populous first, as the time zone database lists them."""
    found: dict[str, list[str]] = {_NOWHERE: ["UTC"]}
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return found


@cache
def _holidays(country: str) -> Container[date]:
    """Public holidays of a whole country; one that nobody has written down has none."""
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return ()
