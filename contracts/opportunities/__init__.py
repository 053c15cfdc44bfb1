"""Opportunities: the spine of a long sale."""

from contracts.contract import Lineage
from contracts.opportunities.v1 import (
    OpportunityLost,
    OpportunityMoved,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
)

OPPORTUNITY_OPENED = Lineage("opportunity.opened", OpportunityOpened, kind="opportunity")
OPPORTUNITY_MOVED = Lineage("opportunity.moved", OpportunityMoved, kind="opportunity")
OPPORTUNITY_WON = Lineage("opportunity.won", OpportunityWon, kind="opportunity")
OPPORTUNITY_LOST = Lineage("opportunity.lost", OpportunityLost, kind="opportunity")
OPPORTUNITY_REOPENED = Lineage("opportunity.reopened", OpportunityReopened, kind="opportunity")

LINEAGES = (OPPORTUNITY_OPENED, OPPORTUNITY_MOVED, OPPORTUNITY_WON, OPPORTUNITY_LOST, OPPORTUNITY_REOPENED)

__all__ = [
    "LINEAGES",
    "OPPORTUNITY_LOST",
    "OPPORTUNITY_MOVED",
    "OPPORTUNITY_OPENED",
    "OPPORTUNITY_REOPENED",
    "OPPORTUNITY_WON",
    "OpportunityLost",
    "OpportunityMoved",
    "OpportunityOpened",
    "OpportunityReopened",
    "OpportunityWon",
]
