"""Set the timers that changed states want, and let go of those that have fired."""

from collections.abc import Container, Iterable, Mapping

from contracts.timers import TimerFired
from hub.rules.decision import Subject
from hub.state import timers
from hub.state.store import Connection
from hub.state.timers import Timer
from hub.stream.record import Good, Judged
from hub.stream.subjects import StoreFold


async def wind(connection: Connection, consumer: str, result: StoreFold, changed: Mapping[Subject, int]) -> set[tuple[str, Subject]]:
    """Set each changed subject's timer where its new state wants another one than the old state did; returns those (store, subject)."""
    wanted = result.declared.timer
    if wanted is None:
        return set()
    due = {}
    for subject in changed:
        old, state = result.kept.get(subject), result.folded[subject].state
        before = wanted(old.state, subject) if old else None
        after = wanted(state, subject) if state is not None else None
        if before != after:
            due[subject] = after
    if due:
        await timers.wind(connection, consumer, result.store, due)
    return {(result.store, subject) for subject in due}


async def let_go(connection: Connection, records: Iterable[Judged], wound: Container[tuple[str, Subject]]) -> None:
    """A timer that was said is no longer set, also where it was said before or where its rule keeps it as pointless.

    Those that this batch has `wound` show another moment already, or are gone: they need no second look.
    """
    said = []
    for record in records:
        if isinstance(record, Good) and isinstance(record.body, TimerFired):
            fired = record.body
            if (fired.store, Subject(fired.principal, fired.subject)) not in wound:
                said.append(Timer(fired.consumer, fired.store, fired.principal, fired.subject, fired.due_at))
    if said:
        await timers.fired(connection, said)
