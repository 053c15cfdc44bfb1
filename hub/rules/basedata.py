"""Base data as it held on a day."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TypeVar

from contracts.base.v1 import BaseDatum

B = TypeVar("B", bound=BaseDatum)


class BaseData:
    """Editions of base data, looked up by the day on which an event occurred."""

    def __init__(self, editions: Iterable[BaseDatum] = ()) -> None:
        self._days: dict[tuple[type[BaseDatum], str], list[date]] = {}
        self._editions: dict[tuple[type[BaseDatum], str], list[BaseDatum]] = {}
        self._kinds: set[type[BaseDatum]] = set()
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
