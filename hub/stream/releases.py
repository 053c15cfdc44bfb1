"""Carry out what operators decided of records that wait: look at them again now, or let them wait no longer."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from contracts.acts import WaitEnded, WaitReleased
from contracts.contract import Finding
from hub.rules.decision import Subject
from hub.state import meeting, waiting
from hub.state.waiting import Waiter
from hub.stream import slips
from hub.stream.acting import Acting, Effect, identifier, reason
from hub.stream.failures import Meaning, meaning
from hub.stream.letting_go import waits_for
from hub.stream.outcome import DEAD, DEALT_WITH, Applied
from hub.stream.record import Bad, Good, Judged, Newer, refused
from hub.stream.touching import Released

BEHIND = "nothing: it waits behind a dead letter of its key, which is to be redriven or discarded"
GOES_ON = "it goes on waiting"
_UNKNOWN = Finding("type", "a version that this hub knows")


async def carry_out(acting: Acting, acts: Sequence[Good], applied: Applied) -> list[Effect]:
    """Acts upon records that wait, in their order; one that waits no more was dealt with before, so its act has nothing to do."""
    effects: list[Effect] = []
    for is_ended, run in groupby(acts, key=lambda act: isinstance(act.body, WaitEnded)):
        listed = list(run)
        wanted: dict[UUID, Good] = {}
        for act in listed:
            assert isinstance(act.body, WaitReleased | WaitEnded)  # noqa: S101 - see `acts`
            wait = identifier(act.body.wait)
            if wait is not None:
                wanted.setdefault(wait, act)
        rows = await waiting.named(acting.connection, acting.consumer, list(wanted))
        words = {row.id: BEHIND for row in rows.values() if row.hold == "operator"}
        words |= await _look(acting, [row for row in rows.values() if row.hold != "operator"], is_ended, applied)
        told = {wanted[wait].event: Effect(wanted[wait], said) for wait, said in words.items()}
        effects += [told.get(act.event, Effect(act, DEALT_WITH)) for act in listed]
    return effects


async def _look(acting: Acting, rows: Sequence[Waiter], is_ended: bool, applied: Applied) -> dict[UUID, str]:
    """All at once, or by halves where the database refuses something: what it refuses is a dead letter, or goes on waiting for news."""
    if not rows:
        return {}
    part = Applied()
    judged = {row.id: _judged(acting, row, is_ended) for row in rows if row.hold == "version"}
    try:
        async with acting.connection.transaction():
            words = await _fold(acting, rows, judged, is_ended, part)
    except Exception as error:
        if meaning(error) is not Meaning.RECORD:
            raise
        if len(rows) > 1:
            middle = len(rows) // 2
            return await _look(acting, rows[:middle], is_ended, applied) | await _look(acting, rows[middle:], is_ended, applied)
        if not judged:
            return {rows[0].id: f"{GOES_ON}: database_refused"}
        words = await _fold(acting, rows, {row: refused(record, error) for row, record in judged.items()}, is_ended, part)
    applied.take(part)
    return words


def _judged(acting: Acting, row: Waiter, is_ended: bool) -> Judged:
    """The record of a version from the future, as this process sees it."""
    record = acting.reader.judge(slips.stored(row))
    if isinstance(record, Newer) and is_ended:
        return Bad(record.raw, record.principal, record.key, "wait_expired", (_UNKNOWN,), record.envelope)
    return record


async def _fold(acting: Acting, rows: Sequence[Waiter], judged: dict[UUID, Judged], is_ended: bool, applied: Applied) -> dict[UUID, str]:
    parts = [
        Released(row.store, Subject(row.whose, row.ref), (row.event, row.part), is_over=is_ended)
        for row in rows
        if row.event is not None and row.id not in judged
    ]
    known = {wait: record for wait, record in judged.items() if not isinstance(record, Newer)}
    if known:
        await meeting.coming_back(
            acting.connection, acting.consumer, [record.event for record in known.values() if isinstance(record, Good)]
        )
        await waiting.forget(acting.connection, list(known))
    await acting.work.do(acting.connection, list(known.values()), applied, parts)
    events = {row.id: row.event for row in rows} | {wait: record.event for wait, record in known.items() if isinstance(record, Good)}
    waits = await waits_for(acting, [event for event in events.values() if event is not None])
    dead = {(letter.event or letter.place, letter.part): letter for letter in applied.buried.values()}
    words = {}
    for row in rows:
        event = events[row.id]
        letter = dead.get((event or row.place, row.part)) or dead.get((row.place, 0))
        waited = waits.get((event, row.part)) if event else None
        if isinstance(judged.get(row.id), Newer):
            words[row.id] = f"{GOES_ON}: this hub does not know {row.type} yet"
        elif letter is not None:
            words[row.id] = f"{'ended' if is_ended else DEAD}: dead letter {str(letter.id)[:8]}, {reason(letter)}"
        else:
            words[row.id] = f"{GOES_ON}: {waited}" if waited else "folded"
    return words
