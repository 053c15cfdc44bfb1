"""Keep lanes that speak of one subject at once from missing each other: one whose record waits, and one that brings what it waits for."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.rules.decision import Keep, Subject, Wait
from hub.state import journal, meeting, waiting
from hub.state.store import Connection, Kept
from hub.stream.failures import Conflict
from hub.stream.subjects import Row, Saved, StoreFold


class _Party(NamedTuple):
    """What one store's fold came to: which subjects it saved, which parts wait, and what was kept of whom there is nothing yet."""

    result: StoreFold
    saved: Saved
    waits: Mapping[Subject, set[Row]]
    kept: set[Subject]


async def meet(connection: Connection, consumer: str, folded: Iterable[tuple[StoreFold, Saved]]) -> None:
    """The last step of a transaction that has written all it has to write of its subjects.

    Who waits, or was kept for later, looks whether its subject was saved meanwhile; who saved, whether somebody has begun to wait, or has
    said something of a subject that was unheard of. Whoever comes second to where both meet sees what the first has committed. Raises
    Conflict, so that all is folded again with it. A subject of which one key alone speaks is in one lane at a time, and has nobody to miss.
    """
    parties = [_Party(result, saved, _waits(result), _kept(result)) for result, saved in folded if result.declared.concerns]
    alone = {meeting.place(party.result.store, subject) for party in parties for subject in party.waits.keys() | party.kept}
    together = {meeting.place(party.result.store, subject) for party in parties for subject in party.saved.changed}
    if not alone and not together:
        return
    await meeting.lock(connection, alone, together - alone)
    for party in parties:
        await _look(connection, consumer, party)


def _waits(result: StoreFold) -> dict[Subject, set[Row]]:
    waits: dict[Subject, set[Row]] = {}
    for subject, told, verdict in result.unsettled:
        if isinstance(verdict, Wait):
            waits.setdefault(subject, set()).add(told.row)
    return waits


def _kept(result: StoreFold) -> set[Subject]:
    """Subjects without a state of which a rule kept something: it may count once there is one."""
    return {subject for subject, _, verdict in result.unsettled if isinstance(verdict, Keep) and result.folded[subject].state is None}


def _version(kept: Mapping[Subject, Kept[Any]], subject: Subject) -> int:
    return kept[subject].version if subject in kept else 0


async def _look(connection: Connection, consumer: str, party: _Party) -> None:
    result, saved, waits, kept = party
    unsaved = [subject for subject in waits.keys() | kept if subject not in saved.moved]  # what was saved has been compared already
    if unsaved:
        now = await result.declared.store.load(connection, unsaved)
        if any(_version(now, subject) != _version(result.kept, subject) for subject in unsaved):
            raise Conflict(result.store)
    if saved.changed:
        known = result.waited.keys() | {row for rows in waits.values() for row in rows}
        if not known >= (await waiting.of(connection, consumer, result.store, list(saved.changed))).keys():
            raise Conflict(result.store)
        unheard = {subject: result.unheard[subject] for subject in saved.changed.keys() & result.unheard.keys()}
        if unheard and await journal.says_more(connection, result.store, unheard):
            raise Conflict(result.store)
