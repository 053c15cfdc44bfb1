"""What became of a record, and of a batch."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from hub.state.dead_letters import DeadLetter
from hub.state.offsets import TopicPartition

if TYPE_CHECKING:
    from hub.stream.record import Good

DEAD, DEALT_WITH = "dead", "already dealt with"
"""How the effect of an act begins where it was in vain: the operator's own command looks for these words."""


class Outcome(StrEnum):
    """Every record ends in exactly one of these; only the last three hold anything back."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    WAITING = "waiting"
    HELD = "held"
    DEAD = "dead"


@dataclass(slots=True)
class Applied:
    """One committed batch: an outcome per record, where each partition goes on, holes passed, dead letters, seconds by step.

    So many records are `repeated` that came with an earlier batch, byte for byte. `acts` are still to be carried out. Where it
    `is_redriven` dead letters are being folded again: their records are not read a second time, but meant.
    """

    outcomes: dict[tuple[str, int, int], Outcome] = field(default_factory=dict)
    next_offsets: dict[TopicPartition, int] = field(default_factory=dict)
    holes: int = 0
    repeated: int = 0
    emitted: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    buried: dict[UUID, DeadLetter] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    is_redriven: bool = False
    acts: "list[Good]" = field(default_factory=list)

    def take(self, part: "Applied") -> None:
        """Count in what was done within this batch, beside its own records."""
        self.reasons.update(part.reasons)
        self.buried |= part.buried
        self.emitted += part.emitted
        self.acts += part.acts
