"""Consents: whether a person may be written to, over which channel, for what, by whom, and what proves it."""

from contracts.consents.v1 import ConsentGiven, ConsentUpdated, ConsentWithdrawn, Proof
from contracts.contract import Lineage

CONSENT_GIVEN = Lineage("consent.given", ConsentGiven, kind="consent", ref="person")
CONSENT_WITHDRAWN = Lineage("consent.withdrawn", ConsentWithdrawn, kind="consent", ref="person", pressing=True)
CONSENT_UPDATED = Lineage("consent.updated", ConsentUpdated, kind="consent", ref="subject")

SAID = (CONSENT_GIVEN, CONSENT_WITHDRAWN)
"""What dealers and the OEM say; the other is what the hub tells."""

LINEAGES = (*SAID, CONSENT_UPDATED)

__all__ = [
    "CONSENT_GIVEN",
    "CONSENT_UPDATED",
    "CONSENT_WITHDRAWN",
    "LINEAGES",
    "SAID",
    "ConsentGiven",
    "ConsentUpdated",
    "ConsentWithdrawn",
    "Proof",
]
