"""Find the subjects that a batch concerns: by its events, by what they correct, by the timers that fired."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from contracts.timers import WaitAnswered, WaitExpired
from hub.rules.decision import Subject, Wait
from hub.rules.folding import Told
from hub.state import journal
from hub.state.store import Connection
from hub.stream.consumer import Consumer
from hub.stream.sorting import Sorted


@dataclass(slots=True)
class Touch:
    """One subject that a batch touches: its new events in order of arrival, and whether all must be folded again.

    `causes` are the events of other subjects for which it is folded again.
    """

    new: list[Told] = field(default_factory=list)
    causes: list[Told] = field(default_factory=list)
    again: bool = False


class Touched(NamedTuple):
    """Every subject that a batch touches, by store, and the waits that have ended by time, with the time that was set."""

    subjects: Mapping[str, Mapping[Subject, Touch]]
    ended: Mapping[tuple[str, Subject, Wait], datetime]


async def touch(connection: Connection, consumer: Consumer, found: Sorted) -> Touched:
    """Note the corrections, and gather the subjects; one whose records wait is folded again with each arrival."""
    touched: dict[str, dict[Subject, Touch]] = defaultdict(lambda: defaultdict(Touch))
    ended: dict[tuple[str, Subject, Wait], datetime] = {}
    holds = found.holds
    for part in found.parts:
        subject = touched[part.store][part.subject]
        subject.new.append(part.told)
        if part.told.event in holds.corrected or (part.store, part.subject) in holds.subjects:
            subject.again = True
    if found.corrections:
        await journal.correct(connection, [(target, part.told.event) for target, part in found.corrections])
        causes = {target: part.told for target, part in found.corrections}
        for event, store, concerned in await journal.subjects_of(connection, causes):
            subject = touched[store][concerned]
            subject.again = True
            subject.causes.append(causes[event])
    for good in found.control:
        body = good.body
        if isinstance(body, WaitAnswered | WaitExpired) and body.consumer == consumer.name and body.store in consumer.stores:
            waiter = Subject(body.principal, body.subject)
            touched[body.store][waiter].again = True
            if isinstance(body, WaitExpired):
                ended[body.store, waiter, Wait(body.kind, body.ref)] = body.occurred_at
    return Touched(touched, ended)
