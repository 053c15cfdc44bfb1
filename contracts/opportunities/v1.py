"""First editions of what a dealer says of its opportunities."""

from contracts.contract import Event
from contracts.values import Day, Line, Money, Ref, Slug


class OpportunityOpened(Event):
    """A sale became possible; it starts in `stage` of the sales model."""

    opportunity: Ref
    sales_model: Slug = "standard"
    stage: Slug
    title: Line | None = None
    customer: Ref | None = None
    lead: Ref | None = None
    product: Line | None = None
    owner: Line | None = None
    amount: Money | None = None
    expected_close: Day | None = None


class OpportunityMoved(Event):
    """The opportunity went from one stage to another.

    Both ends are named: whether the model allows the move can then be decided whatever arrived before.
    """

    opportunity: Ref
    sales_model: Slug = "standard"
    from_stage: Slug
    to_stage: Slug
    amount: Money | None = None
    expected_close: Day | None = None


class OpportunityWon(Event):
    """The customer buys; `stage` is where the sale stood."""

    opportunity: Ref
    sales_model: Slug = "standard"
    stage: Slug
    amount: Money | None = None


class OpportunityLost(Event):
    """The customer does not buy from us: in which stage, why, and from whom instead.

    `not_recorded` and `none` are answers that the sender has to give, never defaults.
    """

    opportunity: Ref
    sales_model: Slug = "standard"
    stage: Slug
    reason: Slug
    competitor: Slug


class OpportunityReopened(Event):
    """A closed opportunity lives again, in `stage`."""

    opportunity: Ref
    sales_model: Slug = "standard"
    stage: Slug
