"""How many may start in any window of time: exact, by the starts that there were."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Limit(NamedTuple):
    """At most so many in any stretch of that length, wherever it begins (its end left out)."""

    most: int
    within: timedelta


class Start(NamedTuple):
    """So many that started at one moment."""

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
    """Which of those that asked may start at `at`; of the others which limit was in the way, and when it has room again."""

    at: datetime
    started: tuple[int, ...]
    waiting: Mapping[int, str]
    again_at: Mapping[str, datetime]
    windows: Mapping[str, tuple[Start, ...]]


def share(wanted: Sequence[Sequence[str]], limits: Mapping[str, Limit], windows: Mapping[str, Sequence[Start]], now: datetime) -> Shared:
    """Let start as many of those as all of each one's limits leave room for, in their order; `wanted` names the limits of each."""
    at = max((now, *(start.at for starts in windows.values() for start in starts)))
    room = {scope: admit(windows[scope], limit, at, limit.most).number for scope, limit in limits.items()}
    used, started, waiting = Counter[str](), list[int](), dict[int, str]()
    for place, scopes in enumerate(wanted):
        full = next((scope for scope in scopes if used[scope] >= room[scope]), None)
        if full is None:
            started.append(place)
            used.update(scopes)
        else:
            waiting[place] = full
    after = {scope: admit(windows[scope], limit, at, used[scope]).starts for scope, limit in limits.items()}
    again_at = {scope: after[scope][0].at + limits[scope].within for scope in set(waiting.values())}
    return Shared(at, tuple(started), waiting, again_at, after)
