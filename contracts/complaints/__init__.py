"""Complaints: as long as one is open, its customer is left alone by all that is marketing."""

from contracts.complaints.v1 import ComplaintClosed, ComplaintReceived, ComplaintReopened
from contracts.contract import Lineage

COMPLAINT_RECEIVED = Lineage("complaint.received", ComplaintReceived, kind="complaint")
COMPLAINT_CLOSED = Lineage("complaint.closed", ComplaintClosed, kind="complaint")
COMPLAINT_REOPENED = Lineage("complaint.reopened", ComplaintReopened, kind="complaint")

LINEAGES = (COMPLAINT_RECEIVED, COMPLAINT_CLOSED, COMPLAINT_REOPENED)

__all__ = [
    "COMPLAINT_CLOSED",
    "COMPLAINT_RECEIVED",
    "COMPLAINT_REOPENED",
    "LINEAGES",
    "ComplaintClosed",
    "ComplaintReceived",
    "ComplaintReopened",
]
