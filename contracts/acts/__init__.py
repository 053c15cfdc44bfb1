"""Operators' acts: whatever changes state is a record, so an operator's word is one too."""

from contracts.acts.v1 import DeadLetterDiscarded, DeadLetterRedriven
from contracts.contract import Lineage

DEAD_LETTER_REDRIVEN = Lineage("dead_letter.redriven", DeadLetterRedriven, kind="dead_letter", ref="letter")
DEAD_LETTER_DISCARDED = Lineage("dead_letter.discarded", DeadLetterDiscarded, kind="dead_letter", ref="letter")

LINEAGES = (DEAD_LETTER_REDRIVEN, DEAD_LETTER_DISCARDED)

__all__ = ["DEAD_LETTER_DISCARDED", "DEAD_LETTER_REDRIVEN", "LINEAGES", "DeadLetterDiscarded", "DeadLetterRedriven"]
