"""Predict when a service is due: after so many months, or when the odometer will show so much more, whichever comes first.

By months: the same day of the month as the last service, in the plan's time zone, or that month's last day. By distance: the
moment at which the car's course (`hub.rules.odometer`) passes the mark, which is what the odometer showed at the last service
and the plan's distance. If believed readings lie on either side of the mark, on the line between them; else from the last
one on, at the measured pace, or at what the plan takes for usual. What the odometer showed at the service is its own
reading if that is believed, else read off the course: a mistyped number in the workshop spoils nothing, and neither does
a new odometer. A car that does not run has no due date by distance.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from contracts.base import ServicePlan
from hub.rules.odometer import Course, Reading, km_at

_YEAR_DAYS = 365
_HORIZON_DAYS = 20 * _YEAR_DAYS
"""What lies further ahead is no prediction any more."""
_NO_YEAR = 2200
"""No contract says a day of it."""

Basis = Literal["months", "distance"]


class Served(NamedTuple):
    """The service, or the handover, from which the next one counts."""

    at: datetime
    km: int | None = None


class Due(NamedTuple):
    """The day in the plan's time zone, and what it follows from."""

    on: date
    basis: Basis


def due(plan: ServicePlan, served: Served, course: Course) -> Due | None:
    """When the next service of the plan is due; None where nothing tells, or never."""
    zone = ZoneInfo(plan.zone)
    found = []
    if plan.months is not None:
        found.append(Due(in_months(served.at.astimezone(zone).date(), plan.months), "months"))
    if plan.distance_km is not None and (at := _reached(plan.distance_km, plan.usual_km_a_year, served, course)) is not None:
        found.append(Due(at.astimezone(zone).date(), "distance"))
    first = min(found, key=lambda one: one.on, default=None)
    return first if first and first.on.year < _NO_YEAR else None


def _reached(distance: int, usual_a_year: int, served: Served, course: Course) -> datetime | None:
    pace = usual_a_year / _YEAR_DAYS if course.km_a_day is None else course.km_a_day
    believed = course.believed
    start: float | None = served.km
    if believed and (start is None or Reading(served.at, int(start)) not in believed):
        start = km_at(course, served.at, pace)
    line = [(served.at, float(start or 0)), *(reading for reading in believed if reading.at > served.at)]
    mark = line[0][1] + distance
    for (before, low), (later, high) in pairwise(line):
        if low < mark <= high:
            return before + (mark - low) / (high - low) * (later - before)
    last, shown = line[-1]
    left = mark - shown
    return last + timedelta(days=left / pace) if left < pace * _HORIZON_DAYS else None


def in_months(day: date, months: int) -> date:
    """The same day so many months later; a month that is too short gives its last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
