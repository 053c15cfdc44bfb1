"""How an opportunity follows from what the dealer says of it.

Whether a sales model allows a move, a win or a loss is decided from the stages that the event itself
names, so the verdict is the same whatever arrived before.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from contracts.base import Competitor, LossReason, SalesModel, Stage
from contracts.contract import Event
from contracts.crm import OpportunityUpdated
from contracts.opportunities import (
    OpportunityLost,
    OpportunityMoved,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
)
from contracts.reminders import ActivityReported
from contracts.values import Money
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait

NOT_RECORDED = "not_recorded"
"""The sender does not know why or against whom it lost: said, not left out."""
NO_COMPETITOR = "none"


class Opportunity(NamedTuple):
    """A possible sale; money in minor units; `wins` counts those that may ask for an order (none of the past)."""

    status: str
    sales_model: str
    stage: str
    title: str | None
    customer: str | None
    lead: str | None
    product: str | None
    owner: str | None
    amount_minor: int | None
    amount_currency: str | None
    expected_close: date | None
    opened_at: datetime
    stage_since: datetime
    closed_at: datetime | None
    wins: int
    reopenings: int
    loss_reason: str | None
    competitor: str | None
    last_activity_at: datetime | None
    last_result: str | None


def opened(state: Opportunity | None, event: OpportunityOpened, facts: Facts) -> Decision[Opportunity]:
    """Opened once; opened again under another id it stays as it is."""
    stage = _stage(event.sales_model, event.stage, "stage", event.occurred_at, facts)
    if not isinstance(stage, Stage):
        return stage
    if state is not None:
        return Keep("already opened")
    amount = event.amount
    return Change(
        Opportunity(
            "open",
            event.sales_model,
            event.stage,
            event.title,
            event.customer,
            event.lead,
            event.product,
            event.owner,
            amount.minor if amount else None,
            amount.currency if amount else None,
            event.expected_close,
            event.occurred_at,
            event.occurred_at,
            None,
            0,
            0,
            None,
            None,
            None,
            None,
        )
    )


def moved(state: Opportunity | None, event: OpportunityMoved, facts: Facts) -> Decision[Opportunity]:
    """To a stage that the model lets follow."""
    origin = _stage(event.sales_model, event.from_stage, "from_stage", event.occurred_at, facts)
    if not isinstance(origin, Stage):
        return origin
    target = _stage(event.sales_model, event.to_stage, "to_stage", event.occurred_at, facts)
    if not isinstance(target, Stage):
        return target
    if origin.moves and target.id not in origin.moves:
        return Reject("to_stage", f"a stage that may follow {origin.id}: {', '.join(origin.moves)}")
    if state is None:
        return Wait("opportunity", facts.subject.ref)
    if state.status != "open":
        return Keep("closed")
    new = _with_amount(state, event.amount)
    if event.expected_close is not None:
        new = new._replace(expected_close=event.expected_close)
    if state.stage != event.to_stage:
        new = new._replace(stage=event.to_stage, stage_since=event.occurred_at)
    return Change(new)


def won(state: Opportunity | None, event: OpportunityWon, facts: Facts) -> Decision[Opportunity]:
    """A win of the past counts for the state, and asks for no order."""
    stage = _stage(event.sales_model, event.stage, "stage", event.occurred_at, facts)
    if not isinstance(stage, Stage):
        return stage
    if not stage.may_win:
        return Reject("stage", "a stage that can be won")
    if state is None:
        return Wait("opportunity", facts.subject.ref)
    if state.status == "won":
        return Keep("already won")
    new = _closed(_with_amount(state, event.amount), event.stage, event.occurred_at)
    wins = state.wins if facts.is_historical else state.wins + 1
    return Change(new._replace(status="won", wins=wins, loss_reason=None, competitor=None))


def lost(state: Opportunity | None, event: OpportunityLost, facts: Facts) -> Decision[Opportunity]:
    """Lost for a reason in use and to a competitor who is known, or to none."""
    stage = _stage(event.sales_model, event.stage, "stage", event.occurred_at, facts)
    if not isinstance(stage, Stage):
        return stage
    if not stage.may_lose:
        return Reject("stage", "a stage that can be lost")
    objection = _to_the_loss(event, facts)
    if objection is not None:
        return objection
    if state is None:
        return Wait("opportunity", facts.subject.ref)
    if state.status == "lost":
        return Keep("already lost")
    new = _closed(state, event.stage, event.occurred_at)
    return Change(new._replace(status="lost", loss_reason=event.reason, competitor=event.competitor))


def reopened(state: Opportunity | None, event: OpportunityReopened, facts: Facts) -> Decision[Opportunity]:
    """Counted; what was lost or won before stays in the history."""
    stage = _stage(event.sales_model, event.stage, "stage", event.occurred_at, facts)
    if not isinstance(stage, Stage):
        return stage
    if state is None:
        return Wait("opportunity", facts.subject.ref)
    if state.status == "open":
        return Keep("already open")
    return Change(
        state._replace(
            status="open",
            stage=event.stage,
            stage_since=event.occurred_at,
            closed_at=None,
            reopenings=state.reopenings + 1,
            loss_reason=None,
            competitor=None,
        )
    )


def activity_reported(state: Opportunity | None, event: ActivityReported, facts: Facts) -> Decision[Opportunity]:
    """What came of an activity about it; the last one counts, closed or not."""
    if state is None:
        return Wait("opportunity", facts.subject.ref)
    return Change(state._replace(last_activity_at=event.occurred_at, last_result=event.result))


def of_report(event: ActivityReported, _principal: str) -> Iterable[Subject]:
    """The dealer's own opportunity, although the hub speaks of it; an activity about anything else concerns none."""
    return (Subject(f"dealer:{event.dealer}", event.belongs_to.ref),) if event.belongs_to.kind == "opportunity" else ()


def told(before: Opportunity | None, after: Opportunity, subject: Subject, because: Event, revision: int) -> OpportunityUpdated:
    """What everybody may hear of it."""
    amount = None
    if after.amount_minor is not None and after.amount_currency is not None:
        amount = Money(minor=after.amount_minor, currency=after.amount_currency)
    return OpportunityUpdated.model_validate(
        {
            "occurred_at": because.occurred_at,
            "revision": revision,
            "subject": f"{subject.dealer}/{subject.ref}",
            "dealer": subject.dealer,
            "opportunity": subject.ref,
            "status": after.status,
            "stage": after.stage,
            "wins": after.wins,
            "wins_before": before.wins if before else 0,
            "customer": after.customer,
            "product": after.product,
            "amount": amount,
            "sales_model": after.sales_model,
            "stage_since": after.stage_since,
            "owner": after.owner,
        }
    )


def _stage(model: str, stage: str, path: str, at: datetime, facts: Facts) -> Stage | Wait | Reject:
    known = facts.base.find(SalesModel, model, at)
    if known is None:
        return Wait("sales_model", model)
    found = known.stage(stage)
    return found or Reject(path, f"a stage of sales model {model}: {', '.join(s.id for s in known.stages)}")


def _to_the_loss(event: OpportunityLost, facts: Facts) -> Wait | Reject | None:
    if event.reason != NOT_RECORDED:
        reason = facts.base.find(LossReason, event.reason, event.occurred_at)
        if reason is None:
            return Wait("loss_reason", event.reason)
        if reason.retired:
            return Reject("reason", "a loss reason in use")
    if event.competitor not in {NOT_RECORDED, NO_COMPETITOR} and facts.base.find(Competitor, event.competitor, event.occurred_at) is None:
        return Wait("competitor", event.competitor)
    return None


def _with_amount(state: Opportunity, amount: Money | None) -> Opportunity:
    return state if amount is None else state._replace(amount_minor=amount.minor, amount_currency=amount.currency)


def _closed(state: Opportunity, stage: str, at: datetime) -> Opportunity:
    since = state.stage_since if state.stage == stage else at
    return state._replace(stage=stage, stage_since=since, closed_at=at)
