"""Note what came of operators' acts that a consumer's own rules fold, as it is noted of those that the engine carries out."""

from collections import defaultdict
from uuid import UUID

from contracts.acts.v1 import ConsumerAct
from hub.rules.decision import Change, Decision, Keep, Reject, Wait
from hub.rules.masking import mask_path, mask_reference
from hub.state import effects
from hub.state.store import Connection
from hub.stream.outcome import DEAD, DEALT_WITH
from hub.stream.settling import Settled
from hub.stream.sorting import Sorted

_ORDER = (DEAD, "nothing", "done", DEALT_WITH)
"""Of several subjects that an act concerns the first of these is told first."""


async def note(connection: Connection, consumer: str, found: Sorted, settled: Settled) -> None:
    """Say what each act of this batch came to; one that waits is in vain for now, and its operator has to look again."""
    acts = {part.told.row for part in found.parts if isinstance(part.told.body, ConsumerAct)}
    if not acts:
        return
    words: dict[UUID, set[str]] = defaultdict(set)
    for result in settled.folds:
        for folded in result.folded.values():
            for told, verdict in folded.verdicts:
                if told.row in acts:
                    words[told.event].add(_in_words(verdict))
    for letter in settled.letters:
        if letter.event is not None and (letter.event, letter.part) in acts:
            words[letter.event].update(f"{DEAD}: {letter.reason}: {mask_path(path)}: {expected}" for path, expected in letter.faults)
    for part in settled.held:
        if part.told.row in acts:
            words[part.told.event].add("nothing yet: an earlier record of its key waits for an operator")
    await effects.note(connection, consumer, {event: "; ".join(sorted(said, key=_rank)) for event, said in words.items()})


def _in_words(verdict: Decision[object]) -> str:
    match verdict:
        case Change():
            return "done"
        case Keep():
            return f"{DEALT_WITH}: {verdict.reason}"
        case Wait():
            return f"nothing yet: it waits for {verdict.kind} {mask_reference(verdict.ref)}"
        case Reject():
            return f"{DEAD}: rejected: {verdict.path}: {verdict.expected}"


def _rank(words: str) -> tuple[int, str]:
    return next(rank for rank, begins in enumerate(_ORDER) if words.startswith(begins)), words
