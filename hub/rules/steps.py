"""Which step of a reminder comes next: of those that have passed the last one alone, and at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

SOON = timedelta(seconds=1)
LAST_WORD = timedelta(days=30)
"""How long the last step of all is worth saying."""


class Named(Protocol):
    """A step of a plan."""

    @property
    def id(self) -> str: ...  # noqa: D102 - see the class


S = TypeVar("S", bound=Named)


def left(told: Collection[str], steps: Sequence[S]) -> Sequence[S]:
    """The steps after those that were told; plans change, so a step that was told may be one no longer."""
    last = max((place for place, step in enumerate(steps) if step.id in told), default=-1)
    return steps[last + 1 :]


def following(moments: Iterable[tuple[str, datetime]], as_of: datetime) -> tuple[str, datetime] | None:
    """The step that comes next, and its moment; `moments` are those of the steps that are left, in their order."""
    passed: tuple[str, datetime] | None = None
    coming: tuple[str, datetime] | None = None
    for step, at in moments:
        if at <= as_of:
            passed = step, as_of + SOON
        elif coming is None:
            coming = step, at
    return passed or coming
