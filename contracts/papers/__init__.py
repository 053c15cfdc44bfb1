"""Papers of many orders: despatch advices, goods receipts, invoices, credit notes, receipts of payments."""

from contracts.contract import Lineage
from contracts.papers.v1 import (
    DeliveryDespatched,
    DeliveryReceived,
    DespatchedLine,
    InvoiceCredited,
    InvoiceIssued,
    InvoiceLine,
    ReceiptPosted,
    ReceiptReversed,
    ReceivedLine,
    Settlement,
)

DELIVERY_DESPATCHED = Lineage("delivery.despatched", DeliveryDespatched, kind="delivery", ref="document")
DELIVERY_RECEIVED = Lineage("delivery.received", DeliveryReceived, kind="delivery", ref="document")
INVOICE_ISSUED = Lineage("invoice.issued", InvoiceIssued, kind="invoice", ref="document")
INVOICE_CREDITED = Lineage("invoice.credited", InvoiceCredited, kind="invoice", ref="document")
RECEIPT_POSTED = Lineage("receipt.posted", ReceiptPosted, kind="receipt", ref="document")
RECEIPT_REVERSED = Lineage("receipt.reversed", ReceiptReversed, kind="receipt", ref="document")

DELIVERIES = (DELIVERY_DESPATCHED, DELIVERY_RECEIVED)
ACCOUNTS = (INVOICE_ISSUED, INVOICE_CREDITED, RECEIPT_POSTED, RECEIPT_REVERSED)
LINEAGES = (*DELIVERIES, *ACCOUNTS)

__all__ = [
    "ACCOUNTS",
    "DELIVERIES",
    "DELIVERY_DESPATCHED",
    "DELIVERY_RECEIVED",
    "INVOICE_CREDITED",
    "INVOICE_ISSUED",
    "LINEAGES",
    "RECEIPT_POSTED",
    "RECEIPT_REVERSED",
    "DeliveryDespatched",
    "DeliveryReceived",
    "DespatchedLine",
    "InvoiceCredited",
    "InvoiceIssued",
    "InvoiceLine",
    "ReceiptPosted",
    "ReceiptReversed",
    "ReceivedLine",
    "Settlement",
]
