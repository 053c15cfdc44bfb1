"""The order in which a subject's events count, whatever order they arrived in.

Events that carry the source's own revision stand in revision order; an event without one stands at the
moment it occurred. Where revisions and clocks disagree the revision wins: such an event counts as
occurred no earlier than those it follows. Ties fall to the source and the event's id.

Where several speak of one subject each one's revisions order its own events alone, and of its documents each
one's own: the third edition of an invoice says nothing of the first one of a despatch advice.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar


class Dated(Protocol):
    """What can be put in order."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened out there."""
        ...

    @property
    def revision(self) -> int | None:
        """The source's own count, if it counts."""
        ...

    @property
    def counter(self) -> Any:  # noqa: ANN401 - whatever can be told apart and put in order
        """Who counted, and of what: revisions of one counter alone can be compared."""
        ...

    @property
    def tie(self) -> str:
        """What settles equal times."""
        ...


D = TypeVar("D", bound=Dated)


class Position(NamedTuple):
    """How far a subject is folded: when its last event counts, the highest revision of any counter, the last event's tie-break."""

    at: datetime
    revision: int
    tie: str


def in_order(events: Sequence[D]) -> list[tuple[Position, D]]:
    """All events of one subject in their order, each with the subject's position after it."""
    if len(events) == 1:
        only = events[0]
        return [(Position(only.occurred_at, only.revision or 0, only.tie), only)]
    placed: list[tuple[datetime, int, str, Any, D]] = []
    counts: dict[Any, list[D]] = defaultdict(list)
    for event in events:
        if event.revision is None:
            placed.append((event.occurred_at, 0, event.tie, event.counter, event))
        else:
            counts[event.counter].append(event)
    for counter, counted in counts.items():
        latest: datetime | None = None
        for event in sorted(counted, key=lambda e: (e.revision, e.occurred_at, e.tie)):
            latest = event.occurred_at if latest is None or event.occurred_at > latest else latest
            placed.append((latest, event.revision or 0, event.tie, counter, event))
    placed.sort(key=lambda p: p[:4])
    highest = 0
    ordered = []
    for at, revision, tie, _, event in placed:
        highest = max(highest, revision)
        ordered.append((Position(at, highest, tie), event))
    return ordered


def follows(last: Position, event: Dated) -> Position | None:
    """The position after an event that surely comes after `last`; None where only a full ordering can tell."""
    return beyond(last, event.occurred_at, event.revision, event.tie)


def beyond(last: Position, at: datetime, revision: int | None, tie: str) -> Position | None:
    """The position after what occurred at that moment, of that revision, if it surely comes after `last`.

    A position does not keep how far each counter has come: what is not above all of them may still follow its own.
    """
    if revision is None:
        if at > last.at or (at == last.at and last.revision == 0 and tie > last.tie):
            return Position(at, last.revision, tie)
        return None
    if revision > last.revision and at >= last.at:
        return Position(at, revision, tie)
    return None
