"""Leads: interest shown, before it is an opportunity."""

from contracts.contract import Lineage
from contracts.leads.v1 import LeadAnswered, LeadDropped, LeadPromoted, LeadReceived

LEAD_RECEIVED = Lineage("lead.received", LeadReceived, kind="lead", snapshot=True)
LEAD_ANSWERED = Lineage("lead.answered", LeadAnswered, kind="lead")
LEAD_PROMOTED = Lineage("lead.promoted", LeadPromoted, kind="lead")
LEAD_DROPPED = Lineage("lead.dropped", LeadDropped, kind="lead")

LINEAGES = (LEAD_RECEIVED, LEAD_ANSWERED, LEAD_PROMOTED, LEAD_DROPPED)

__all__ = [
    "LEAD_ANSWERED",
    "LEAD_DROPPED",
    "LEAD_PROMOTED",
    "LEAD_RECEIVED",
    "LINEAGES",
    "LeadAnswered",
    "LeadDropped",
    "LeadPromoted",
    "LeadReceived",
]
