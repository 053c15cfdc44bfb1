"""Base data as it held on a day."""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from contracts.base.v1 import BaseDatum

B = TypeVar("B", bound=BaseDatum)
F = TypeVar("F")

_MOST_FOUND = 10_000


class BaseData:
    """Editions of base data, looked up by the day on which an event occurred."""

    def __init__(self, editions: Iterable[BaseDatum] = ()) -> None:
        self._days: dict[tuple[type[BaseDatum], str], list[date]] = {}
        self._editions: dict[tuple[type[BaseDatum], str], list[BaseDatum]] = {}
        self._kinds: set[type[BaseDatum]] = set()
        self._found: dict[Hashable, Any] = {}
        for edition in sorted(editions, key=lambda e: e.effective_from):
            key = (type(edition), edition.id)
            self._kinds.add(key[0])
            self._days.setdefault(key, []).append(edition.effective_from)
            self._editions.setdefault(key, []).append(edition)

    def has(self, kind: type[BaseDatum]) -> bool:
        """Whether anything of that kind is laid down at all."""
        return kind in self._kinds

    def editions(self, kind: type[B], ref: str) -> list[B]:
        """Every edition of a datum, the earliest first."""
        return [edition for edition in self._editions.get((kind, ref), ()) if isinstance(edition, kind)]

    def find(self, kind: type[B], ref: str, at: datetime) -> B | None:
        """The edition in force at a moment (by its UTC day); a retired one too, None where none was laid down yet."""
        days = self._days.get((kind, ref))
        if days is None:
            return None
        index = bisect_right(days, at.astimezone(UTC).date()) - 1
        found = self._editions[kind, ref][index] if index >= 0 else None
        return found if isinstance(found, kind) else None

    def once(self, named: Hashable, find: Callable[[], F]) -> F:
        """What follows from this base data and from what it is `named` by, and from nothing else: it is found once."""
        found: F | None = self._found.get(named)
        if found is None:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            found = self._found[named] = find()
        return found
