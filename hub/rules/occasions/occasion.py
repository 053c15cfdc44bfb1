"""A reminder whose day is named by somebody, and the steps of its plan before, on and after it.

The steps that were told are told again only for another day. Of several steps that have passed the last one alone is told.
Nothing waits for a plan: a kind that has none is reminded of to nobody, until the clock speaks of one that was laid down since.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.base import ReminderPlan
from contracts.contract import Event
from hub.rules.basedata import BaseData
from hub.rules.business_days import Office
from hub.rules.decision import Change, Decision, Facts, Keep, Subject
from hub.rules.service_due import in_months
from hub.rules.steps import following, left


class Occasion(NamedTuple):
    """One reminder of a dealer's customer, or of the dealer alone; it is folded up to `as_of`, and its next step comes at `next_at`.

    `about` is the invoice's number, or the VIN. What counts from the moment `since` has its day by the plan. `ended_as` says why
    nobody need be reminded, None while somebody does. Amounts are in minor units. `told` are the steps that were said of `due_on`,
    the last one at `told_at` in the words of `template`.
    """

    kind: str
    about: str
    dealer: str | None
    customer: str | None
    due_on: date | None
    ended_as: str | None
    as_of: datetime
    open_minor: int | None = None
    currency: str | None = None
    told: list[str] = []  # noqa: RUF012 - never changed in place, and JSON has no tuples
    told_at: datetime | None = None
    template: str | None = None
    purpose: str | None = None
    next_step: str | None = None
    next_at: datetime | None = None
    product: str | None = None
    since: datetime | None = None


def named(kind: str, about: str) -> str:
    """The reminder's name, which is its subject's reference too."""
    return f"{kind}/{about}"


def begun(facts: Facts, at: datetime) -> Occasion:
    """What is known of a reminder before the first word about it."""
    kind, _, about = facts.subject.ref.partition("/")
    return Occasion(kind, about, None, None, None, None, at)


def plan_of(kind: str, base: BaseData, at: datetime) -> ReminderPlan | None:
    """The plan in force; None where nobody is reminded of that."""
    found = base.find(ReminderPlan, kind, at)
    return None if found is None or found.retired else found


def settled(before: Occasion | None, after: Occasion, at: datetime, base: BaseData) -> Change[Occasion]:
    """The reminder with its next step, after news; another day, or another person, begins its steps anew."""
    after = _dated(after._replace(as_of=max(after.as_of, at)), base)
    if before is None or (before.due_on, before.dealer, before.customer) != (after.due_on, after.dealer, after.customer):
        after = after._replace(told=[], told_at=None)
    return Change(_with_next(after, base))


def timer_fired(state: Occasion | None, event: Event, facts: Facts) -> Decision[Occasion]:
    """The step whose time has come is told; or, where no step was to come, what a plan says that was laid down meanwhile."""
    at = event.occurred_at
    if state is None or state.ended_as is not None or (state.next_at is not None and state.next_at > at):
        return Keep("another time was set meanwhile")
    now = settled(state, state, at, facts.base).state
    plan = plan_of(now.kind, facts.base, now.as_of)
    passed = [step for step, moment in _moments(now, facts.base) if moment <= at]
    if plan is None or not passed:
        return Change(now)
    step = next(step for step in plan.steps if step.id == passed[-1])
    told = now._replace(told=[*now.told, step.id], told_at=at, template=step.template or plan.template, purpose=plan.purpose)
    return Change(_with_next(told, facts.base))


def next_step(state: Occasion, _subject: Subject) -> datetime | None:
    """When the clock shall speak of it."""
    return state.next_at


def _dated(state: Occasion, base: BaseData) -> Occasion:
    """What counts from a moment is due so many months later, on a day of the plan's zone."""
    if state.since is None:
        return state
    plan = plan_of(state.kind, base, state.as_of)
    if plan is None or plan.months is None:
        return state._replace(due_on=None)
    return state._replace(due_on=in_months(state.since.astimezone(ZoneInfo(plan.zone)).date(), plan.months))


def _with_next(state: Occasion, base: BaseData) -> Occasion:
    step, at = following(_moments(state, base), state.as_of) or (None, None)
    return state._replace(next_step=step, next_at=at)


def _moments(state: Occasion, base: BaseData) -> Iterator[tuple[str, datetime]]:
    """Each step that is still to be told."""
    plan = plan_of(state.kind, base, state.as_of)
    if plan is None or state.due_on is None or state.dealer is None or state.ended_as is not None:
        return
    office = Office(base, state.dealer)
    for step in left(state.told, plan.steps):
        day = state.due_on + timedelta(days=step.days)
        yield step.id, office.moment(day, plan.hour, plan.zone, is_early=step.days < 0).astimezone(UTC)
