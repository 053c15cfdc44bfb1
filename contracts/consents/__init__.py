"""Consents: whether a person may be written to, over which channel, for what, by whom, and what proves it."""

from contracts.consents.v1 import ConsentGiven, ConsentWithdrawn, Proof
from contracts.contract import Lineage

CONSENT_GIVEN = Lineage("consent.given", ConsentGiven, kind="consent", ref="person")
CONSENT_WITHDRAWN = Lineage("consent.withdrawn", ConsentWithdrawn, kind="consent", ref="person", pressing=True)

LINEAGES = (CONSENT_GIVEN, CONSENT_WITHDRAWN)

__all__ = ["CONSENT_GIVEN", "CONSENT_WITHDRAWN", "LINEAGES", "ConsentGiven", "ConsentWithdrawn", "Proof"]
