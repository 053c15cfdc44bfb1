"""Hear what became of one record that was said: what it changed, or why it changed nothing."""

import asyncio
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from hub.operations.verdicts import faults, verdicts
from hub.rules.decision import Change, Decision, Keep, Reject, Wait
from hub.rules.masking import mask_reference
from hub.state import foresight
from hub.state.base import BaseDataCache
from hub.state.foresight import Whereabouts
from hub.state.store import Connection
from hub.stream.consumer import Consumer

_SHORTEST, _LONGEST = 0.1, 1.0  # seconds between two looks

NOT_YET = "not folded yet"
_PASSING = frozenset({NOT_YET, "waits"})  # a moment later it may have come to something else

_NEXT = {
    "refused": "hub dead-letters list shows it; say it anew once what was expected is there",
    "waits": "hub waiting list shows it; it counts as soon as that is known",
    "held": "see to that dead letter first: hub dead-letters list",
    NOT_YET: "it will be, as soon as its consumer runs: hub status",
}


class Said(NamedTuple):
    """One record, and its name in the journal of the consumer that folds it."""

    id: str
    event: UUID
    consumer: Consumer


class CameTo(NamedTuple):
    """What a record came to, in a word and why.

    `standing` is done, kept (it changes nothing), refused, waits (for news), held (behind a dead letter), not folded yet; or said, where
    nobody waited for it.
    """

    standing: str
    words: str = ""

    @property
    def is_in_vain(self) -> bool:
        """Whether somebody has to look again: it is not as they wished."""
        return self.standing not in {"done", "said"}

    @property
    def told(self) -> str:
        """The same for a person."""
        name = "changed nothing" if self.standing == "kept" else self.standing
        return f"{name}{' ' if self.standing == 'waits' else ': ' if self.words else ''}{self.words}"

    @property
    def advice(self) -> str:
        """What to do next; empty where there is nothing."""
        return _NEXT.get(self.standing, "")


async def hear(url: str, said: Said, silence: float) -> CameTo:
    """What became of a record, as soon as it is folded, or after so many seconds: not folded yet, or what it still waits for."""
    began, pause = monotonic(), _SHORTEST
    while True:
        async with foresight.looking(url) as look:
            found = await _came_to(look, said)
        if found.standing not in _PASSING or monotonic() - began >= silence:
            return found
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST)


async def _came_to(look: Connection, said: Said) -> CameTo:
    found = await foresight.whereabouts(look, said.event)
    if found is None:
        return CameTo(NOT_YET)
    apart = _apart(found)
    if apart is not None:
        return apart
    verdict = await _verdict(look, said, found)
    if found.hold is not None and not isinstance(verdict, Wait):
        return CameTo("waits", "to be looked at again")  # what it waited for is there, its consumer has yet to see so
    return _by_rule(verdict)


def _apart(found: Whereabouts) -> CameTo | None:
    """What it came to where it does not count, by what the hub holds against it."""
    if found.dead is not None:
        return CameTo("refused", faults(found.faults) or found.dead)
    if found.hold == "operator":
        return CameTo("held", "an earlier record of the same is a dead letter")
    return None


async def _verdict(look: Connection, said: Said, found: Whereabouts) -> Decision[Any] | None:
    """What its rule says of it among all that counts now; None where it does not count any more."""
    base = await BaseDataCache(said.consumer.using).refresh(look)
    told = await verdicts(look, said.consumer, base, {(found.store, found.subject): ()})
    return told.get((said.event, found.part))


def _by_rule(verdict: Decision[Any] | None) -> CameTo:
    match verdict:
        case Change():
            return CameTo("done")
        case Keep(reason):
            return CameTo("kept", reason)
        case Wait(kind, ref):
            return CameTo("waits", f"for {kind.replace('_', ' ')} {mask_reference(ref)}")
        case Reject():
            return CameTo("refused", faults([verdict]))
        case None:
            return CameTo("kept", "another record took its place")
