"""Customers, as each dealer knows them by its own reference."""

from contracts.contract import Lineage
from contracts.customers.v1 import CustomerAssigned, CustomerChanged, CustomerClassified, CustomerRecorded

CUSTOMER_RECORDED = Lineage("customer.recorded", CustomerRecorded, kind="customer", snapshot=True)
CUSTOMER_CHANGED = Lineage("customer.changed", CustomerChanged, kind="customer")
CUSTOMER_CLASSIFIED = Lineage("customer.classified", CustomerClassified, kind="customer")
CUSTOMER_ASSIGNED = Lineage("customer.assigned", CustomerAssigned, kind="customer")

LINEAGES = (CUSTOMER_RECORDED, CUSTOMER_CHANGED, CUSTOMER_CLASSIFIED, CUSTOMER_ASSIGNED)

__all__ = [
    "CUSTOMER_ASSIGNED",
    "CUSTOMER_CHANGED",
    "CUSTOMER_CLASSIFIED",
    "CUSTOMER_RECORDED",
    "LINEAGES",
    "CustomerAssigned",
    "CustomerChanged",
    "CustomerClassified",
    "CustomerRecorded",
]
