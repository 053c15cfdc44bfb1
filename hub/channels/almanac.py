"""Where people live by their country: its time zones, its holidays, and when somebody there may be disturbed."""

from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import holidays

from hub.rules.quiet_hours import Hours, Place, next_moment


class Almanac:
    """Of whom no country is known, `country` is taken for it."""

    def __init__(self, country: str, hours: Hours) -> None:
        self.country, self._hours = country, hours

    def awake_at(self, country: str | None, moment: datetime) -> datetime:
        """When a person of that country may be disturbed, from the moment on."""
        return next_moment(moment, self._place(country), self._hours)

    def zone(self, country: str | None) -> str:
        """The zone in which most people of that country read a clock."""
        return self._place(country).zones[0].key

    def _place(self, country: str | None) -> Place:
        return _place(country or self.country) or _place(self.country) or _ANYWHERE


_ANYWHERE = Place([ZoneInfo("UTC")], lambda _: False)


@cache
def _place(country: str) -> Place | None:
    zones = _zones().get(country)
    return Place([ZoneInfo(zone) for zone in zones], _Holidays(country).__contains__) if zones else None


@cache
def _zones() -> dict[str, list[str]]:
    """Every zone of each country, the most populous first, as the time zone database lists them."""
    found: dict[str, list[str]] = {}
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return found


class _Holidays:
    """Public holidays of a whole country; one that nobody has written down has none."""

    def __init__(self, country: str) -> None:
        try:
            self._days: holidays.HolidayBase | None = holidays.country_holidays(country)
        except NotImplementedError:
            self._days = None

    def __contains__(self, day: date) -> bool:
        return self._days is not None and day in self._days
