"""Park what a batch could not fold: waiting rows, dead letters, and the answers to their senders."""

from collections.abc import Sequence
from datetime import datetime

from hub.rules.decision import Wait
from hub.state import dead_letters, waiting
from hub.state.base import BaseDataCache
from hub.state.dead_letters import DeadLetter
from hub.state.segments import Said
from hub.state.store import Connection
from hub.state.together import Asked
from hub.state.waiting import Waiter
from hub.stream import slips
from hub.stream.failures import NOBODY, Conflict
from hub.stream.outcome import Applied, Outcome
from hub.stream.record import Part
from hub.stream.settling import Settled
from hub.stream.sorting import Sorted, place
from hub.stream.subjects import Row


async def park(connection: Connection, consumer: str, found: Sorted, settled: Settled, base: BaseDataCache, until: datetime) -> None:
    """Write down what waits, and let go of what no longer does.

    Raises Conflict where base data came in the meantime: what waits now may be known by then.
    """
    waits, awaited = _waits(consumer, found, settled, until)
    if awaited:
        await waiting.expect(connection, list(awaited))
        if await base.has_changed(connection):
            raise Conflict("base data")
    waited = {row for result in settled.folds for row in result.waited}
    released = waited - {(wait.event, wait.part) for wait in waits}
    if released:
        await waiting.release(connection, released)
    waits += [slips.newer(consumer, record) for record in found.newer]
    waits += [slips.held(consumer, part) for part in settled.held]
    if waits:
        await waiting.insert(connection, waits)


def _waits(consumer: str, found: Sorted, settled: Settled, until: datetime) -> tuple[list[Waiter], set[tuple[str, str]]]:
    """What waits for news, be it of this batch or of an earlier one, and for what beside its own subject."""
    waits: list[Waiter] = []
    awaited: set[tuple[str, str]] = set()
    parts: dict[Row, Part] | None = None
    for result in settled.folds:
        for subject, told, verdict in result.unsettled:
            if not isinstance(verdict, Wait):
                continue
            if parts is None:
                parts = {part.told.row: part for part in found.parts}
            if verdict != (told.lineage.kind, subject.ref):
                awaited.add(verdict)
            part = parts.get(told.row)
            if part:
                found.outcomes[place(part.good)] = Outcome.WAITING
            where = place(part.good) if part else result.pasts[told.row].place
            waits.append(slips.waiter(consumer, told, subject, result.store, verdict, where, until))
    return waits, awaited


async def bury(connection: Connection, letters: Sequence[DeadLetter], applied: Applied) -> tuple[list[Said], list[Asked[None]]]:
    """Keep dead letters; returns what their senders hear, and what is still to be asked.

    Where nobody may be asked they are taken for new, as the batch is.
    """
    asked: list[Asked[None]] = []
    if connection is NOBODY:
        asked.append(dead_letters.adding(letters))
    else:
        kept = await dead_letters.insert(connection, letters)
        letters = [letter for letter in letters if letter.id in kept]
    applied.reasons.update(letter.reason for letter in letters)
    applied.buried |= {letter.id: letter for letter in letters}
    return [answer for letter in letters if (answer := slips.rejection(letter)) is not None], asked
