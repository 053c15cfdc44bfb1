"""Read a car's course out of its odometer readings, some of which are wrong.

**Which readings are believed.** People mistype, dealers enter miles for kilometres, odometers are replaced. Of the newest
two dozen readings the longest chain is believed in which the car never runs backwards and never faster than a car can: at
most 400 km a day, and 1,000 km on top for a journey. A reading that fits into no long chain (a digit too many, one too few)
stays out of it; among chains of equal length the flattest is taken, and of those the one that reaches furthest into the
present. Two or more readings after the chain's end that agree with each other, but not with the chain, are a new odometer if
they are no leap: the course goes on with them. A leap is a step of more than a journey at four times the pace of those
before, or at four times 50 km a day as long as none is measured. The very last reading is not believed either where it
leaps, until another one confirms it.

**How fast it runs.** The median of the slopes between any two believed readings of one odometer that lie four weeks or more
apart (Theil-Sen's estimator), the later of them no more than two years old. A median of slopes needs half of them to be
wrong before it is; a line of least squares is bent by one. Where no two readings lie so far apart the pace is not measured,
and whoever asks falls back on what is usual.

All of it follows from the readings themselves, in their order of time: it does not matter when each became known.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from statistics import median
from typing import NamedTuple

MOST_READINGS = 24
_MOST_KM_A_DAY = 400
_JOURNEY_KM = 1_000
_FAR_APART = timedelta(days=28)
_LONG_AGO = timedelta(days=730)
_LEAP = 4
_ENOUGH_TO_DOUBT = 2
_USUAL_KM_A_DAY = 50
_A_NEW_ODOMETER = 2
_DAY = timedelta(days=1)


class Reading(NamedTuple):
    """What an odometer showed at a moment."""

    at: datetime
    km: int


class Course(NamedTuple):
    """The readings of the present odometer that are believed, in their order; kilometres a day, None where not measured."""

    believed: tuple[Reading, ...] = ()
    km_a_day: float | None = None


def course(readings: Sequence[Reading]) -> Course:
    """What the readings tell, whatever order they are given in."""
    newest = sorted(set(readings))[-MOST_READINGS:]
    if not newest:
        return Course()
    chains = [_longest_chain(newest)]
    while len(chain := _longest_chain([r for r in newest if r.at > chains[-1][-1].at])) >= _A_NEW_ODOMETER:
        if any(_is_leap(*step, _pace(chains)) for step in pairwise(chain)):
            break
        chains.append(chain)
    present = chains[-1]
    if len(present) >= _ENOUGH_TO_DOUBT and _is_leap(present[-2], present[-1], _pace([present[:-1]])):
        present = chains[-1] = present[:-1]
    return Course(tuple(present), _pace(chains))


def km_at(known: Course, at: datetime, km_a_day: float) -> float | None:
    """What the odometer showed or will show at a moment: between two readings on the line between them; None without any."""
    believed = known.believed
    if not believed:
        return None
    after = bisect_left(believed, at, key=attrgetter("at"))
    if after == len(believed):
        return believed[-1].km + km_a_day * _days(believed[-1].at, at)
    if after == 0:
        return believed[0].km - km_a_day * _days(at, believed[0].at)
    before, later = believed[after - 1], believed[after]
    return before.km + (later.km - before.km) * _days(before.at, at) / _days(before.at, later.at)


def _longest_chain(readings: Sequence[Reading]) -> list[Reading]:
    """The most of these readings, which are in order, that can all be true of one odometer."""
    days = [reading.at.timestamp() / _DAY.total_seconds() for reading in readings]
    lengths: list[int] = []
    climbs: list[int] = []
    origins: list[int | None] = []
    for place, (_, km) in enumerate(readings):
        length, climb, origin = 0, 0, None
        for earlier in range(place):
            apart, up = days[place] - days[earlier], km - readings[earlier].km
            if lengths[earlier] >= length and apart > 0 and 0 <= up <= _JOURNEY_KM + _MOST_KM_A_DAY * apart:
                total = climbs[earlier] + up
                if lengths[earlier] > length or total <= climb:
                    length, climb, origin = lengths[earlier], total, earlier
        lengths.append(length + 1)
        climbs.append(climb)
        origins.append(origin)
    if not lengths:
        return []
    end: int | None = max(range(len(lengths)), key=lambda place: (lengths[place], -climbs[place], place))
    chain: list[Reading] = []
    while end is not None:
        chain.append(readings[end])
        end = origins[end]
    return chain[::-1]


def _is_leap(before: Reading, later: Reading, usual: float | None) -> bool:
    """Whether a step is much too fast for the pace that is usual."""
    pace = _USUAL_KM_A_DAY if usual is None else usual
    return later.km - before.km > _JOURNEY_KM + _LEAP * pace * _days(before.at, later.at)


def _pace(chains: Sequence[Sequence[Reading]]) -> float | None:
    since = chains[-1][-1].at - _LONG_AGO
    slopes = [
        (later.km - earlier.km) / _days(earlier.at, later.at)
        for chain in chains
        for place, later in enumerate(chain)
        if later.at >= since
        for earlier in chain[:place]
        if later.at - earlier.at >= _FAR_APART
    ]
    return median(slopes) if slopes else None


def _days(start: datetime, end: datetime) -> float:
    return (end - start) / _DAY
