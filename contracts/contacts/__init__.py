"""Contacts: the people who speak for a customer, and whom they report to."""

from contracts.contacts.v1 import ContactLeft, ContactMoved, ContactRecorded, ContactReportsTo
from contracts.contract import Lineage

CONTACT_RECORDED = Lineage("contact.recorded", ContactRecorded, kind="contact", snapshot=True)
CONTACT_MOVED = Lineage("contact.moved", ContactMoved, kind="contact")
CONTACT_LEFT = Lineage("contact.left", ContactLeft, kind="contact")
CONTACT_REPORTS_TO = Lineage("contact.reports_to", ContactReportsTo, kind="contact")

LINEAGES = (CONTACT_RECORDED, CONTACT_MOVED, CONTACT_LEFT, CONTACT_REPORTS_TO)

__all__ = [
    "CONTACT_LEFT",
    "CONTACT_MOVED",
    "CONTACT_RECORDED",
    "CONTACT_REPORTS_TO",
    "LINEAGES",
    "ContactLeft",
    "ContactMoved",
    "ContactRecorded",
    "ContactReportsTo",
]
