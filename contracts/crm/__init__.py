"""What changed in the hub's CRM state, for anyone who may read it."""

from contracts.contract import Lineage
from contracts.crm.v1 import ComplaintUpdated, ContactUpdated, CustomerUpdated, LeadUpdated, OpportunityUpdated

CUSTOMER_UPDATED = Lineage("customer.updated", CustomerUpdated, kind="customer", ref="subject")
CONTACT_UPDATED = Lineage("contact.updated", ContactUpdated, kind="contact", ref="subject")
LEAD_UPDATED = Lineage("lead.updated", LeadUpdated, kind="lead", ref="subject")
OPPORTUNITY_UPDATED = Lineage("opportunity.updated", OpportunityUpdated, kind="opportunity", ref="subject")
COMPLAINT_UPDATED = Lineage("complaint.updated", ComplaintUpdated, kind="complaint", ref="subject")

LINEAGES = (CUSTOMER_UPDATED, CONTACT_UPDATED, LEAD_UPDATED, OPPORTUNITY_UPDATED, COMPLAINT_UPDATED)

__all__ = [
    "COMPLAINT_UPDATED",
    "CONTACT_UPDATED",
    "CUSTOMER_UPDATED",
    "LEAD_UPDATED",
    "LINEAGES",
    "OPPORTUNITY_UPDATED",
    "ComplaintUpdated",
    "ContactUpdated",
    "CustomerUpdated",
    "LeadUpdated",
    "OpportunityUpdated",
]
