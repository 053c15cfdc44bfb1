"""Fold a subject's events, in their order, into its state."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from contracts.contract import Event, Lineage
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Decision, Facts, Keep, Rules, Subject
from hub.rules.order import Position, in_order

S = TypeVar("S")


class Told(NamedTuple):
    """One event as it concerns one subject: `event` and `part` name its journal row, `speaker` is who says it."""

    event: UUID
    part: int
    lineage: Lineage[Any]
    body: Event
    source: str
    event_id: str
    is_historical: bool = False
    speaker: str = ""

    @property
    def row(self) -> tuple[UUID, int]:
        """Its journal row."""
        return self.event, self.part

    @property
    def occurred_at(self) -> datetime:
        """When it happened out there."""
        return self.body.occurred_at

    @property
    def revision(self) -> int | None:
        """The source's own count."""
        return self.body.revision

    @property
    def tie(self) -> str:
        """What settles equal times."""
        return f"{self.source} {self.event_id}"

    @property
    def counter(self) -> tuple[str, str, str, str]:
        """Who counted the revision, and of what: the subject or document that the record's key names."""
        return self.speaker, self.source, self.lineage.kind, self.lineage.ref(self.body)


class Folded(NamedTuple, Generic[S]):
    """A subject's state, how far it is folded, the event that last changed it, and what the rules said of each event."""

    state: S | None
    position: Position | None
    because: UUID | None
    verdicts: Sequence[tuple[Told, Decision[S]]]


def fold(subject: Subject, rules: Rules, base: BaseData, start: Folded[S], events: Iterable[tuple[Position, Told]]) -> Folded[S]:
    """Go on from `start` with events that are in order; those that wait or are rejected leave no trace in the state."""
    state, position, because = start.state, start.position, start.because
    verdicts: list[tuple[Told, Decision[S]]] = []
    for after, told in events:
        decision = rules[told.lineage](state, told.body, Facts(subject, base, told.is_historical, told.speaker))
        verdicts.append((told, decision))
        if isinstance(decision, Change):
            if decision.state != state:
                state, because = decision.state, told.event
            position = after
        elif isinstance(decision, Keep):
            position = after
    return Folded(state, position, because, verdicts)


NOTHING: Folded[Any] = Folded(None, None, None, ())


def fold_all(subject: Subject, rules: Rules, base: BaseData, events: Sequence[Told]) -> Folded[Any]:
    """The state that all of a subject's events make, from nothing."""
    return fold(subject, rules, base, NOTHING, in_order(events))
