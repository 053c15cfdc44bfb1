"""Freight charges: what carriers quote, bill, credit and answer, and what the hub disputes."""

from contracts.contract import Lineage
from contracts.freight.v1 import (
    BilledLine,
    ChargeStatus,
    ChargeUpdated,
    CreditedLine,
    DisputeAnswered,
    DisputedLine,
    DisputeRaised,
    DisputeReason,
    DisputeWithdrawn,
    FreightCredited,
    FreightInvoiced,
    FreightQuoted,
    InvoiceDisputed,
)

FREIGHT_QUOTED = Lineage("freight.quoted", FreightQuoted, kind="charge", ref="consignment")
FREIGHT_INVOICED = Lineage("freight.invoiced", FreightInvoiced, kind="freight_invoice", ref="invoice")
FREIGHT_CREDITED = Lineage("freight.credited", FreightCredited, kind="freight_credit", ref="credit_note")
DISPUTE_ANSWERED = Lineage("freight_dispute.answered", DisputeAnswered, kind="charge", ref="consignment")
DISPUTE_RAISED = Lineage("freight_dispute.raised", DisputeRaised, kind="charge", ref="consignment")
DISPUTE_WITHDRAWN = Lineage("freight_dispute.withdrawn", DisputeWithdrawn, kind="charge", ref="consignment")
INVOICE_DISPUTED = Lineage("freight_invoice.disputed", InvoiceDisputed, kind="freight_invoice", ref="invoice")
CHARGE_UPDATED = Lineage("charge.updated", ChargeUpdated, kind="charge", ref="subject")

FROM_CARRIERS = (FREIGHT_QUOTED, FREIGHT_INVOICED, FREIGHT_CREDITED, DISPUTE_ANSWERED)
TO_CARRIERS = (DISPUTE_RAISED, DISPUTE_WITHDRAWN, INVOICE_DISPUTED)

LINEAGES = (*FROM_CARRIERS, *TO_CARRIERS, CHARGE_UPDATED)

__all__ = [
    "CHARGE_UPDATED",
    "DISPUTE_ANSWERED",
    "DISPUTE_RAISED",
    "DISPUTE_WITHDRAWN",
    "FREIGHT_CREDITED",
    "FREIGHT_INVOICED",
    "FREIGHT_QUOTED",
    "FROM_CARRIERS",
    "INVOICE_DISPUTED",
    "LINEAGES",
    "TO_CARRIERS",
    "BilledLine",
    "ChargeStatus",
    "ChargeUpdated",
    "CreditedLine",
    "DisputeAnswered",
    "DisputeRaised",
    "DisputeReason",
    "DisputeWithdrawn",
    "DisputedLine",
    "FreightCredited",
    "FreightInvoiced",
    "FreightQuoted",
    "InvoiceDisputed",
]
