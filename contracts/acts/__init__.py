"""Operators' acts: whatever changes state is a record, so an operator's word is one too."""

from contracts.acts.v1 import (
    BodyChange,
    ConsentRecorded,
    DeadLetterDiscarded,
    DeadLetterRedriven,
    DisputeConceded,
    OperationBegun,
    OperationEnded,
    PersonalDataUnmasked,
    SuppressionAdded,
    SuppressionReleased,
    WaitEnded,
    WaitReleased,
)
from contracts.contract import Lineage

DEAD_LETTER_REDRIVEN = Lineage("dead_letter.redriven", DeadLetterRedriven, kind="dead_letter", ref="letter")
DEAD_LETTER_DISCARDED = Lineage("dead_letter.discarded", DeadLetterDiscarded, kind="dead_letter", ref="letter")
WAIT_RELEASED = Lineage("wait.released", WaitReleased, kind="wait")
WAIT_ENDED = Lineage("wait.ended", WaitEnded, kind="wait")
OPERATION_BEGUN = Lineage("operation.begun", OperationBegun, kind="operation")
OPERATION_ENDED = Lineage("operation.ended", OperationEnded, kind="operation")
PERSONAL_DATA_UNMASKED = Lineage("personal_data.unmasked", PersonalDataUnmasked, kind="personal_data", ref="subject")
CONSENT_RECORDED = Lineage("consent.recorded", ConsentRecorded, kind="consent", ref="person", pressing=True)
SUPPRESSION_ADDED = Lineage("suppression.added", SuppressionAdded, kind="suppression", ref="address", pressing=True)
SUPPRESSION_RELEASED = Lineage("suppression.released", SuppressionReleased, kind="suppression", ref="address")
DISPUTE_CONCEDED = Lineage("freight_dispute.conceded", DisputeConceded, kind="charge", ref="consignment")

FOR_CONSUMERS = (DEAD_LETTER_REDRIVEN, DEAD_LETTER_DISCARDED, WAIT_RELEASED, WAIT_ENDED)
"""Acts that the consumer which they name carries out."""

FOR_THE_RECORD = (OPERATION_BEGUN, OPERATION_ENDED, PERSONAL_DATA_UNMASKED)
"""Acts that the operator's own command carries out: kept, and folded by nobody."""

FOR_RULES = (CONSENT_RECORDED, SUPPRESSION_ADDED, SUPPRESSION_RELEASED, DISPUTE_CONCEDED)
"""Acts that the consumer which they name folds by a rule, like any event."""

LINEAGES = (*FOR_CONSUMERS, *FOR_THE_RECORD, *FOR_RULES)

__all__ = [
    "CONSENT_RECORDED",
    "DEAD_LETTER_DISCARDED",
    "DEAD_LETTER_REDRIVEN",
    "DISPUTE_CONCEDED",
    "FOR_CONSUMERS",
    "FOR_RULES",
    "FOR_THE_RECORD",
    "LINEAGES",
    "OPERATION_BEGUN",
    "OPERATION_ENDED",
    "PERSONAL_DATA_UNMASKED",
    "SUPPRESSION_ADDED",
    "SUPPRESSION_RELEASED",
    "WAIT_ENDED",
    "WAIT_RELEASED",
    "BodyChange",
    "ConsentRecorded",
    "DeadLetterDiscarded",
    "DeadLetterRedriven",
    "DisputeConceded",
    "OperationBegun",
    "OperationEnded",
    "PersonalDataUnmasked",
    "SuppressionAdded",
    "SuppressionReleased",
    "WaitEnded",
    "WaitReleased",
]
