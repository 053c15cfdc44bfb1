"""How many may start in any window of time: exact, by the starts that there were."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

_NOTHING, _APART = timedelta(), timedelta(milliseconds=4)


class Limit(NamedTuple):
    """At most so many in any stretch of that length, wherever it begins (its end left out)."""

    most: int
    within: timedelta


class Start(NamedTuple):
    """So many that started at one moment; none: a mark that it was as late as that."""

    at: datetime
    number: int


class Admitted(NamedTuple):
    """How many may start at `at`, when the next may (None where all that were wanted did), and the starts to remember, oldest first."""

    number: int
    at: datetime
    again_at: datetime | None
    starts: tuple[Start, ...]


def admit(starts: Sequence[Start], limit: Limit, now: datetime, wanted: int) -> Admitted:
    """Let as many start now as the limit leaves room for.

    A clock that was put back does not open the window: nothing starts before what has started.
    """
    at = max((now, *(start.at for start in starts)))
    inside = [start for start in starts if start.at > at - limit.within]
    number = max(0, min(wanted, limit.most - sum(start.number for start in inside)))
    kept = (*inside, Start(at, number)) if number else tuple(inside)
    again_at = kept[0].at + limit.within if number < wanted and kept else None
    return Admitted(number, at, again_at, kept)


class Shared(NamedTuple):
    """When each of those that asked may start; of the others which limit was in the way, and when it has room again.

    All by `at`, which is now: where the clock was put back, the latest start, less what anybody may lay ahead.
    """

    at: datetime
    started: Mapping[int, datetime]
    waiting: Mapping[int, str]
    again_at: Mapping[str, datetime]
    windows: Mapping[str, tuple[Start, ...]]


def share(
    wanted: Sequence[Sequence[str]],
    limits: Mapping[str, Limit],
    windows: Mapping[str, Sequence[Start]],
    now: datetime,
    ahead: timedelta = timedelta(),
    most_ahead: timedelta = timedelta(),
    soonest: timedelta = timedelta(),
) -> Shared:
    """Lay the starts of as many of those as all of each one's limits leave room for, in their order; `wanted` names the limits of each.

    The first limit of each may be waited for up to `ahead`, of which nobody has more than `most_ahead`; its starts come a little apart, as
    one process starts them one after the other, and none before `soonest` has gone by. The others must have room by then: nobody waits
    behind a full domain.
    """
    at = max((now, *(starts[-1].at - max(ahead, most_ahead) for starts in windows.values() if starts)))
    kept = {scope: _inside(windows[scope], limit, at) for scope, limit in limits.items()}
    started, waiting, again_at = dict[int, datetime](), dict[int, str](), dict[str, datetime]()
    for place, scopes in enumerate(wanted):
        moment, bound = at + soonest, at + max(ahead, soonest)
        for scope in scopes:
            free_at = _free_at(kept[scope], limits[scope], moment, _APART if ahead and scope == scopes[0] else _NOTHING)
            if free_at > bound:
                waiting[place], again_at[scope] = scope, free_at
                break
            moment = bound = free_at
        else:
            started[place] = moment
            for scope in scopes:
                _add(kept[scope], moment)
    return Shared(at, started, waiting, again_at, {scope: tuple(starts) for scope, starts in kept.items()})


def without(starts: Sequence[Start], unused: Iterable[datetime]) -> tuple[Start, ...]:
    """The same without those starts of these moments that did not come to be: their room is free, the latest moment stays as a mark."""
    left = Counter(unused)
    return tuple(
        start._replace(number=number)
        for place, start in enumerate(starts, 1)
        if (number := max(0, start.number - left[start.at])) or place == len(starts)
    )


def _inside(starts: Sequence[Start], limit: Limit, at: datetime) -> list[Start]:
    """Those that still count. If some do no more, it is marked how late it was: put back, the clock must not bring back their room."""
    inside = [start for start in starts if start.at > at - limit.within]
    if len(inside) < len(starts) and (not inside or inside[-1].at < at):
        inside.append(Start(at, 0))
    return inside


def _free_at(starts: Sequence[Start], limit: Limit, at: datetime, apart: timedelta) -> datetime:
    """From when on one more may start: not before what has its start already, nor too soon after it."""
    at = max(at, starts[-1].at + min(apart, limit.within / limit.most)) if starts else at
    room = limit.most
    for start in reversed(starts):
        room -= start.number
        if room <= 0:
            return max(at, start.at + limit.within)
    return at


def _add(starts: list[Start], at: datetime) -> None:
    if starts and starts[-1].at == at:
        starts[-1] = Start(at, starts[-1].number + 1)
    else:
        starts.append(Start(at, 1))
