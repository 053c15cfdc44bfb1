"""Complaints: as long as one is open, its customer is left alone by all that is marketing."""

from contracts.complaints.v1 import ComplaintAnswered, ComplaintAssigned, ComplaintClosed, ComplaintReceived, ComplaintReopened
from contracts.contract import Lineage

COMPLAINT_RECEIVED = Lineage("complaint.received", ComplaintReceived, kind="complaint")
COMPLAINT_ASSIGNED = Lineage("complaint.assigned", ComplaintAssigned, kind="complaint")
COMPLAINT_ANSWERED = Lineage("complaint.answered", ComplaintAnswered, kind="complaint")
COMPLAINT_CLOSED = Lineage("complaint.closed", ComplaintClosed, kind="complaint")
COMPLAINT_REOPENED = Lineage("complaint.reopened", ComplaintReopened, kind="complaint")

LINEAGES = (COMPLAINT_RECEIVED, COMPLAINT_ASSIGNED, COMPLAINT_ANSWERED, COMPLAINT_CLOSED, COMPLAINT_REOPENED)

__all__ = [
    "COMPLAINT_ANSWERED",
    "COMPLAINT_ASSIGNED",
    "COMPLAINT_CLOSED",
    "COMPLAINT_RECEIVED",
    "COMPLAINT_REOPENED",
    "LINEAGES",
    "ComplaintAnswered",
    "ComplaintAssigned",
    "ComplaintClosed",
    "ComplaintReceived",
    "ComplaintReopened",
]
