"""Find the subjects that a batch concerns: by its events, by what they correct, by the timers that fired."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.timers import WaitAnswered, WaitExpired
from hub.rules.decision import Subject, Wait
from hub.rules.folding import Told
from hub.state import journal, meeting, offsets
from hub.state.store import Connection
from hub.stream.consumer import Consumer
from hub.stream.failures import Conflict
from hub.stream.sorting import Sorted


@dataclass(slots=True)
class Touch:
    """One subject that a batch touches: its new events in order of arrival, and whether all must be folded again.

    `causes` are the events of other subjects for which it is folded again, `released` its parts that an operator let go.
    """

    new: list[Told] = field(default_factory=list)
    released: frozenset[tuple[UUID, int]] = frozenset()
    causes: tuple[Told, ...] = ()
    again: bool = False


class Touched(NamedTuple):
    """Every subject that a batch touches, by store; the waits that have ended by time, with the time that was set, and those given up."""

    subjects: Mapping[str, Mapping[Subject, Touch]]
    ended: Mapping[tuple[str, Subject, Wait], datetime]
    given_up: frozenset[tuple[UUID, int]]


class Released(NamedTuple):
    """A journalled part that is folded again by an operator's word; one whose wait `is_over` may not go on waiting."""

    store: str
    subject: Subject
    row: tuple[UUID, int]
    is_over: bool = False


async def touch(connection: Connection, consumer: Consumer, found: Sorted, released: Sequence[Released] = ()) -> Touched:
    """Note the corrections, and gather the subjects; one whose records wait is folded again with each arrival."""
    touched: dict[str, dict[Subject, Touch]] = defaultdict(lambda: defaultdict(Touch))
    ended: dict[tuple[str, Subject, Wait], datetime] = {}
    holds = found.holds
    if released:
        await _let_go(connection, consumer, touched, released)
    for _, told, store, concerned, _ in found.parts:
        subject = touched[store][concerned]
        subject.new.append(told)
        if told.event in holds.corrected or (store, concerned) in holds.subjects:
            subject.again = True
    if found.corrections:
        await journal.correct(connection, [(correction.target, correction.told.event) for correction in found.corrections])
        await _await_targets(connection, consumer, [correction.told.event for correction in found.corrections])
        causes = {correction.target: correction.told for correction in found.corrections}
        for event, store, concerned in await journal.subjects_of(connection, causes):
            subject = touched[store][concerned]
            subject.again = True
            subject.causes += (causes[event],)
    for good in found.control:
        body = good.body
        if isinstance(body, WaitAnswered | WaitExpired) and body.consumer == consumer.name and body.store in consumer.stores:
            waiter = Subject(body.principal, body.subject)
            touched[body.store][waiter].again = True
            if isinstance(body, WaitExpired):
                ended[body.store, waiter, Wait(body.kind, body.ref)] = body.occurred_at
    return Touched(touched, ended, frozenset(part.row for part in released if part.is_over))


async def _await_targets(connection: Connection, consumer: Consumer, corrections: Sequence[UUID]) -> None:
    """What these correct may be under way in another lane, or come back: it sees nothing of them, and is waited for, or looks again."""
    topics = await journal.unheard_in(connection, corrections)
    is_alone = not topics or await offsets.await_others(connection, consumer.name, topics)
    if not (is_alone and await meeting.correcting(connection, consumer.name, corrections)):
        raise Conflict("corrections")


async def _let_go(
    connection: Connection, consumer: Consumer, touched: dict[str, dict[Subject, Touch]], released: Sequence[Released]
) -> None:
    """What was released counts from now on, and so does what it corrects no longer."""
    for part in released:
        subject = touched[part.store][part.subject]
        subject.again = True
        subject.released |= {part.row}
    events = [part.row[0] for part in released]
    await _await_targets(connection, consumer, events)
    for store, concerned in await journal.corrected_by(connection, events):
        touched[store][concerned].again = True
