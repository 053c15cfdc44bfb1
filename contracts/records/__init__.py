"""What becomes of a record: the hub's answers on its sender's feed."""

from contracts.contract import Lineage
from contracts.records.v1 import Fault, RecordRejected, RecordSettled

RECORD_REJECTED = Lineage("record.rejected", RecordRejected, kind="record", ref="subject")
RECORD_SETTLED = Lineage("record.settled", RecordSettled, kind="record", ref="subject")

LINEAGES = (RECORD_REJECTED, RECORD_SETTLED)

__all__ = ["LINEAGES", "RECORD_REJECTED", "RECORD_SETTLED", "Fault", "RecordRejected", "RecordSettled"]
