"""Fold the subjects of one store that a batch touches: load, fold in order, save what moved on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from contracts.catalogue import lookup
from contracts.contract import Event
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Decision, Subject
from hub.rules.folding import NOTHING, Folded, Told, fold
from hub.rules.order import Position, follows, in_order
from hub.state import journal, waiting
from hub.state.journal import Past
from hub.state.store import Connection, Heard, Kept
from hub.state.together import Asked, ask
from hub.stream.consumer import Fold
from hub.stream.failures import Conflict
from hub.stream.passing import fold_forward
from hub.stream.record import speaker
from hub.stream.touching import Touch

Row = tuple[UUID, int]
"""A part's place in the journal: the event and the part."""


@dataclass(slots=True)
class StoreFold:
    """What folding one store's touched subjects came to, before anything is saved.

    `kept` are the states as loaded. `pasts` are the journal's parts of those subjects that were folded again,
    `waited` those among them that waited for news until now, and until when they would have. `unsettled` is what changed nothing.
    `unheard` are those of whom nothing had been said before, and how many parts this batch says.
    """

    declared: Fold
    kept: Mapping[Subject, Kept[Any]]
    folded: dict[Subject, Folded[Any]]
    pasts: dict[Row, Past]
    waited: Mapping[Row, datetime]
    unsettled: list[tuple[Subject, Told, Decision[Any]]] = field(default_factory=list)
    unheard: dict[Subject, int] = field(default_factory=dict)

    @property
    def store(self) -> str:
        """The store's name."""
        return self.declared.store.name


async def fold_store(
    connection: Connection,
    consumer: str,
    declared: Fold,
    base: BaseData,
    touched: Mapping[Subject, Touch],
    without: set[Row],
    heard: Heard[Any] | None = None,
) -> StoreFold:
    """Fold one store's subjects: on from the stored state where all new events follow it, else again from the journal.

    `without` are parts that do not count: held, refused or dead in this very batch. What was `heard` of the subjects already is not asked
    for again.
    """
    kept, spoken_of = heard or await hearing(declared, {subject: len(touch.new) for subject, touch in touched.items()}).alone(connection)
    result = StoreFold(declared, kept, {}, {}, {})
    again: list[Subject] = []
    for subject, touch in touched.items():
        state = kept.get(subject)
        start = Folded(state.state, state.position, state.because, ()) if state else NOTHING
        new = [told for told in touch.new if told.row not in without] if without else touch.new
        if not declared.history:
            result.folded[subject] = fold_forward(subject, declared, base, start, new)
            continue
        onward = None if touch.again or subject in spoken_of else _onward(start.position, new)
        if onward is None:
            again.append(subject)
        else:
            if state is None:
                result.unheard[subject] = len(touch.new)
            result.folded[subject] = fold(subject, declared.rules, base, start, onward)
    if again:
        await _fold_again(connection, consumer, result, base, again, without)
    for subject, folded in result.folded.items():
        for told, verdict in folded.verdicts:
            if not isinstance(verdict, Change):
                result.unsettled.append((subject, told, verdict))
    return result


def hearing(declared: Fold, subjects: Mapping[Subject, int]) -> Asked[Heard[Any]]:
    """What is to be asked about a store's subjects before they are folded; so many parts of each are in the journal with this batch."""
    return declared.store.hearing(subjects) if declared.history else declared.store.loading(subjects)


async def _fold_again(
    connection: Connection, consumer: str, result: StoreFold, base: BaseData, subjects: Sequence[Subject], without: set[Row]
) -> None:
    result.waited = await waiting.of(connection, consumer, result.store, subjects)
    events: dict[Subject, list[Told]] = {subject: [] for subject in subjects}
    bodies: dict[UUID, Event] = {}
    for past in await journal.history(connection, result.store, subjects, without):
        told = as_told(past, bodies)
        if told.row not in without:
            result.pasts[told.row] = past
            events[past.subject].append(told)
    for subject, history in events.items():
        result.folded[subject] = fold(subject, result.declared.rules, base, NOTHING, in_order(history))


def _onward(position: Position | None, new: Sequence[Told]) -> list[tuple[Position, Told]] | None:
    """The new events with the positions after them; None where one of them is late news."""
    if position is None:
        return in_order(new)
    if len(new) > 1:
        new = [told for _, told in in_order(new)]
    onward: list[tuple[Position, Told]] = []
    for told in new:
        after = follows(position, told)
        if after is None:
            return None
        position = after
        onward.append((after, told))
    return onward


def as_told(past: Past, bodies: dict[UUID, Event]) -> Told:
    """A journalled part, read as it was told; `bodies` keeps what is read, as a document has many parts."""
    lineage, version = lookup(past.type)
    body = bodies.get(past.event)
    if body is None:
        body = bodies[past.event] = lineage.decode(version, past.body)
    return Told(past.event, past.part, lineage, body, past.source, past.event_id, past.is_historical, speaker(past.topic))


class Saved(NamedTuple):
    """What was saved: the new version of each subject whose state itself changed (0: it is no more), and all that were compared."""

    changed: dict[Subject, int]
    moved: set[Subject]


def saving(result: StoreFold) -> tuple[Saved, list[Asked[Any]]]:
    """Save what moved on: what is to be asked for that."""
    moved: dict[Subject, Kept[Any]] = {}
    gone: dict[Subject, int] = {}
    changed: dict[Subject, int] = {}
    for subject, folded in result.folded.items():
        old = result.kept.get(subject)
        if folded.state is None or folded.position is None or folded.because is None:
            if old is not None:
                gone[subject] = old.version
                changed[subject] = 0
            continue
        is_changed = old is None or old.state != folded.state
        if old is not None and not is_changed and old.position == folded.position and old.because == folded.because:
            continue
        version, place = (old.version + 1, old.place) if old else (1, None)
        moved[subject] = Kept(version, folded.position, folded.because, folded.state, place)
        if is_changed:
            changed[subject] = version
    store = result.declared.store
    asked = [*store.saving(moved, result.kept), store.removing(gone)] if gone else store.saving(moved, result.kept)
    return Saved(changed, moved.keys() | gone.keys()), asked


async def write(connection: Connection, asked: Sequence[Asked[Any]]) -> None:
    """Save, and do whatever else is asked, in one round trip.

    Raises Conflict where another transaction has saved or removed a state since it was loaded.
    """
    try:
        await ask(connection, *asked)
    except (asyncpg.UniqueViolationError, asyncpg.DivisionByZeroError) as elsewhere:
        raise Conflict("a state") from elsewhere
