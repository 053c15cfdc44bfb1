"""Ask consumers for acts, and hear from the store what each came to."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from contracts.contract import Lineage
from contracts.topics import ACTS
from hub.operations.acts import Operator
from hub.state import act_desk
from hub.state.reading import snapshot
from hub.stream.outcome import DEAD, DEALT_WITH
from hub.stream.record import event_name

OnProgress = Callable[[int], None]
"""Called with how many acts were carried out by now."""

_PRINCIPAL = ACTS.principal(ACTS.name)
_SHORTEST, _LONGEST = 0.1, 1.0  # seconds between two looks
NOT_YET = "not carried out yet"


class CameTo(NamedTuple):
    """What an act upon `subject` came to, in the owner's words."""

    subject: UUID
    act: str
    words: str

    @property
    def standing(self) -> str:
        """In a word, to be counted: done, dead, already dealt with, waiting, not carried out yet."""
        if self.words == NOT_YET:
            return NOT_YET
        if self.words.startswith(DEAD):
            return "dead"
        if self.words.startswith(DEALT_WITH):
            return DEALT_WITH
        return "waiting" if self.words.startswith(("it goes on waiting", "nothing")) else "done"

    @property
    def is_in_vain(self) -> bool:
        """Whether an operator has to look again."""
        return self.standing in {"dead", "waiting", NOT_YET}

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"id": self.subject, "act": self.act, "standing": self.standing, "effect": self.words}


class Asked(NamedTuple):
    """Acts that were said: the subject of each, its id, and its name in the journal of the consumer that carries it out."""

    acts: Sequence[tuple[UUID, str, UUID]]


def ask(operator: Operator, lineage: Lineage[Any], acts: Mapping[UUID, Mapping[str, Any]]) -> Asked:
    """Say one act upon each subject, in the order given; each names its consumer."""
    ids = operator.asks((lineage, dict(fields)) for fields in acts.values())
    source = f"/hub/operators/{operator.who}"
    return Asked(
        [
            (subject, act, event_name(fields["consumer"], _PRINCIPAL, source, act))
            for (subject, fields), act in zip(acts.items(), ids, strict=True)
        ]
    )


async def hear(url: str, asked: Asked, silence: float, on_progress: OnProgress = lambda _: None) -> list[CameTo]:
    """What each act came to, as soon as all are carried out, or nothing was for so many seconds."""
    left = {event: (subject, act) for subject, act, event in asked.acts}
    words: dict[UUID, str] = {}
    pause, heard_at = _SHORTEST, monotonic()
    while left:
        async with snapshot(url) as moment:
            told = await act_desk.effects(moment, list(left))
        for event, effect in told.items():
            del left[event]
            words[event] = effect.lines[0]
        on_progress(len(words))
        pause, heard_at = (_SHORTEST, monotonic()) if told else (min(pause * 2, _LONGEST), heard_at)
        if left and monotonic() - heard_at >= silence:
            break
        if left:
            await asyncio.sleep(pause)
    return [CameTo(subject, act, words.get(event, NOT_YET)) for subject, act, event in asked.acts]
