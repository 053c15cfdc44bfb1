"""What changed in the hub's CRM state, for anyone who may read it."""

from contracts.contract import Lineage
from contracts.crm.v1 import ContactUpdated, CustomerUpdated, LeadUpdated, OpportunityUpdated

CUSTOMER_UPDATED = Lineage("customer.updated", CustomerUpdated, kind="customer", ref="subject")
CONTACT_UPDATED = Lineage("contact.updated", ContactUpdated, kind="contact", ref="subject")
LEAD_UPDATED = Lineage("lead.updated", LeadUpdated, kind="lead", ref="subject")
OPPORTUNITY_UPDATED = Lineage("opportunity.updated", OpportunityUpdated, kind="opportunity", ref="subject")

LINEAGES = (CUSTOMER_UPDATED, CONTACT_UPDATED, LEAD_UPDATED, OPPORTUNITY_UPDATED)

__all__ = [
    "CONTACT_UPDATED",
    "CUSTOMER_UPDATED",
    "LEAD_UPDATED",
    "LINEAGES",
    "OPPORTUNITY_UPDATED",
    "ContactUpdated",
    "CustomerUpdated",
    "LeadUpdated",
    "OpportunityUpdated",
]
