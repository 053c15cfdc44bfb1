"""One change of a schema, and who must deploy it first."""

from enum import StrEnum
from typing import NamedTuple


class First(StrEnum):
    """Who deploys a change first."""

    NOBODY = "nobody matters"
    READERS = "readers first"
    WRITERS = "writers first"
    NEITHER = "a new edition: no order is right"


class Change(NamedTuple):
    """One difference between two schemas, at a field path."""

    path: str
    reason: str
    takes_old: bool
    """The new reader takes what old writers wrote."""
    old_takes: bool
    """The old reader takes what new writers write."""
    keeps_meaning: bool = True

    @property
    def is_breaking(self) -> bool:
        """Whether bodies that exist are refused, or mean something else."""
        return not (self.takes_old and self.keeps_meaning)

    @property
    def first(self) -> First:
        """Who deploys first."""
        if not self.keeps_meaning:
            return First.NEITHER
        if self.takes_old:
            return First.NOBODY if self.old_takes else First.READERS
        return First.WRITERS if self.old_takes else First.NEITHER


def first_of(changes: list[Change]) -> First:
    """Who deploys first, all changes taken together."""
    wanted = {change.first for change in changes} - {First.NOBODY}
    if not wanted:
        return First.NOBODY
    return wanted.pop() if len(wanted) == 1 else First.NEITHER


def same(path: str, reason: str, *, keeps_meaning: bool = True) -> Change:
    """A change that refuses no body on either side."""
    return Change(path, reason, takes_old=True, old_takes=True, keeps_meaning=keeps_meaning)


def wider(path: str, reason: str) -> Change:
    """A change that takes more than before."""
    return Change(path, reason, takes_old=True, old_takes=False)


def narrower(path: str, reason: str) -> Change:
    """A change that takes less than before."""
    return Change(path, reason, takes_old=False, old_takes=True)


def other(path: str, reason: str) -> Change:
    """A change that takes other bodies than before, or one that nobody here can judge."""
    return Change(path, reason, takes_old=False, old_takes=False)
