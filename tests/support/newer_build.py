"""The hub as it will be after its next deployment: it knows a second version of one contract.

`python -m tests.support.newer_build NAME` runs a process of that build; the code that ships knows nothing of it.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from contracts import catalogue
from contracts.contract import Contract, Event, wire_type
from contracts.opportunities import OPPORTUNITY_WON, OpportunityWon
from contracts.values import Money, Ref, Slug


class Closing(Contract):
    """Where a sale stood when it ended; the first edition had the stage alone."""

    stage: Slug
    amount: Money | None = None


class OpportunityWonV2(Event):
    """The customer buys; what the first edition said at the top now stands under `closing`, which an older reader misses."""

    opportunity: Ref
    sales_model: Slug = "standard"
    closing: Closing

    @property
    def stage(self) -> str:
        """As the rules know it."""
        return self.closing.stage

    @property
    def amount(self) -> Money | None:
        """As the rules know it."""
        return self.closing.amount


def _lift(old: OpportunityWon) -> OpportunityWonV2:
    return OpportunityWonV2(
        occurred_at=old.occurred_at,
        revision=old.revision,
        corrects=old.corrects,
        opportunity=old.opportunity,
        sales_model=old.sales_model,
        closing=Closing(stage=old.stage, amount=old.amount),
    )


@contextmanager
def deployed() -> Iterator[None]:
    """Within the block this process knows both versions."""
    lineage, wire = OPPORTUNITY_WON, wire_type(OPPORTUNITY_WON.name, 2)
    before = lineage.editions, lineage.lifts
    lineage.editions, lineage.lifts = (OpportunityWon, OpportunityWonV2), (_lift,)  # type: ignore[assignment]
    catalogue._BY_WIRE[wire] = lineage, 2
    try:
        yield
    finally:
        lineage.editions, lineage.lifts = before
        del catalogue._BY_WIRE[wire]


if __name__ == "__main__":
    from hub import wiring
    from hub.settings import Settings

    with deployed():
        asyncio.run(wiring.run(sys.argv[1], Settings()))
