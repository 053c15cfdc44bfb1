"""What is still to be done about one record, and by when: its open activities, how long it may stand in its stage, its deadlines.

A record is a dealer's opportunity, lead, customer or complaint, or a complaint that the OEM took; everything that reminds somebody of
it meets in one subject, so that a lead that is closed silences all of it at once. A step comes while somebody is there to hear it, by
the dealer's calendar and its country's.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from contracts.activities import ActivityCancelled, ActivityDone, ActivityPlanned, ActivityRescheduled
from contracts.activities.v1 import Activity
from contracts.base import SalesModel
from contracts.contract import Event
from contracts.crm import ComplaintUpdated, LeadUpdated, OpportunityUpdated
from hub.rules.business_days import Office
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, principal_of
from hub.rules.steps import SOON

_OVER = ("won", "lost", "dropped", "promoted", "closed")
AGEING, ACTIVITY, COMPLAINT = "ageing", "activity", "complaint"


class Item(NamedTuple):
    """One thing of which somebody is reminded: an activity by its reference, how long the record stands in its stage (`ageing`), or
    that a complaint is to be answered, or settled.

    Moments in ISO 8601, UTC, as they are stored. `told` are the steps that were said of `due_at`: an activity or a complaint has
    `before` and `overdue`, an ageing record `overdue` alone.
    """

    kind: str
    name: str
    due_at: str
    before_at: str | None = None
    told: list[str] = []  # noqa: RUF012 - never changed in place, and JSON has no tuples
    staff: str | None = None
    stage: str | None = None


class Agenda(NamedTuple):
    """A record's open items by name; `is_open` as far as is known, `ended_as` says how. It is folded up to `as_of`."""

    kind: str
    is_open: bool
    ended_as: str | None
    items: list[Any]
    next_at: datetime | None
    as_of: datetime


def of_record(event: Any, principal: str) -> Iterable[Subject]:  # noqa: ANN401 - whichever event of an activity
    """The record that an activity belongs to; a service reminder has its vehicle instead."""
    kind = event.belongs_to.kind
    return () if kind == "reminder" else (Subject(principal, f"{kind}/{event.belongs_to.ref}"),)


def of_opportunity(event: OpportunityUpdated, _principal: str) -> Iterable[Subject]:
    """The dealer's own subject, although the hub speaks of it."""
    return (Subject(f"dealer:{event.dealer}", f"opportunity/{event.opportunity}"),)


def of_lead(event: LeadUpdated, _principal: str) -> Iterable[Subject]:
    """A lead that nobody handles has no agenda."""
    return () if event.dealer == "oem" else (Subject(f"dealer:{event.dealer}", f"lead/{event.lead}"),)


def of_complaint(event: ComplaintUpdated, _principal: str) -> Iterable[Subject]:
    """Whoever took it has it on their agenda, also the OEM."""
    return (Subject(principal_of(event.dealer), f"complaint/{event.complaint}"),)


def activity_planned(state: Agenda | None, event: ActivityPlanned, facts: Facts) -> Decision[Agenda]:
    """Somebody will be reminded of it."""
    return _activity(state, event, event.due_at, event.remind_minutes_before, facts, event.staff)


def activity_rescheduled(state: Agenda | None, event: ActivityRescheduled, facts: Facts) -> Decision[Agenda]:
    """What was told of the old time no longer counts."""
    return _activity(state, event, event.due_at, event.remind_minutes_before, facts)


def activity_over(state: Agenda | None, event: ActivityDone | ActivityCancelled, facts: Facts) -> Decision[Agenda]:
    """Done or cancelled, nobody is reminded of it."""
    agenda = _known(state, event, facts)
    return _planned(agenda, [item for item in items_of(agenda) if not _is(item, event)], event.occurred_at, _office(facts))


def opportunity_updated(state: Agenda | None, event: OpportunityUpdated, facts: Facts) -> Decision[Agenda]:
    """It may stand in its stage for as long as the sales model allows; closed, nobody is reminded of it at all."""
    agenda = _known(state, event, facts)._replace(
        is_open=event.status not in _OVER, ended_as=event.status if event.status in _OVER else None
    )
    items = [item for item in items_of(agenda) if item.kind != AGEING]
    model = facts.base.find(SalesModel, event.sales_model, event.occurred_at)
    stage = model.stage(event.stage) if model else None
    if agenda.is_open and stage is not None and stage.ageing_days is not None and event.stage_since is not None:
        until = _iso(event.stage_since + timedelta(days=stage.ageing_days))
        old = next((item for item in items_of(agenda) if item.kind == AGEING and item.due_at == until), None)
        items.append(Item(AGEING, event.opportunity, until, told=old.told if old else [], staff=event.owner, stage=event.stage))
    return _planned(agenda, items, event.occurred_at, _office(facts))


def lead_updated(state: Agenda | None, event: LeadUpdated, facts: Facts) -> Decision[Agenda]:
    """Of a lead that was dropped or promoted nobody is reminded."""
    agenda = _known(state, event, facts)._replace(
        is_open=event.status not in _OVER, ended_as=event.status if event.status in _OVER else None
    )
    return _planned(agenda, items_of(agenda), event.occurred_at, _office(facts))


def complaint_updated(state: Agenda | None, event: ComplaintUpdated, facts: Facts) -> Decision[Agenda]:
    """It is to be answered and settled in time; another who has it in hand hears of that anew. Closed, nobody is reminded of it."""
    agenda = _known(state, event, facts)._replace(
        is_open=event.status not in _OVER, ended_as=event.status if event.status in _OVER else None
    )
    items = [item for item in items_of(agenda) if item.kind != COMPLAINT]
    for what, by in (("answer", event.answer_by), ("solution", event.solve_by)):
        if by is not None:
            new = Item(COMPLAINT, f"{event.complaint}/{what}", _iso(by), _iso(by - timedelta(hours=event.remind_hours)), staff=event.staff)
            old = next((item for item in items_of(agenda) if item._replace(told=[]) == new), None)
            items.append(old or new)
    return _planned(agenda, items, event.occurred_at, _office(facts))


def timer_fired(state: Agenda | None, event: Event, facts: Facts) -> Decision[Agenda]:
    """The steps whose time has come are told; of two steps of one item the later alone."""
    if state is None or not state.is_open:
        return Keep("nothing is to be done about it any more")
    at, office = event.occurred_at, _office(facts)
    before = items_of(state)
    after = [_stepped(item, at, office) for item in before]
    new = _planned(state, after, at, office)
    # a calendar that was laid down meanwhile moves the next step, although none has come
    return Keep("another time was set meanwhile") if after == before and new.state.next_at == state.next_at else new


def next_step(state: Agenda, _subject: Subject) -> datetime | None:
    """When the clock shall speak of it."""
    return state.next_at


def _activity(
    state: Agenda | None,
    event: ActivityPlanned | ActivityRescheduled,
    due_at: datetime,
    minutes: int | None,
    facts: Facts,
    staff: str | None = None,
) -> Decision[Agenda]:
    agenda = _known(state, event, facts)
    old = next((item for item in items_of(agenda) if _is(item, event)), None)
    before_at = None if minutes is None else _iso(due_at - timedelta(minutes=minutes))
    new = Item(ACTIVITY, event.activity, _iso(due_at), before_at, staff=staff or (old.staff if old else None))
    if old is not None and (old.due_at, old.before_at) == (new.due_at, new.before_at):
        new = new._replace(told=old.told)
    others = [item for item in items_of(agenda) if not _is(item, event)]
    return _planned(agenda, [*others, new], event.occurred_at, _office(facts))


def _is(item: Item, event: Activity) -> bool:
    return (item.kind, item.name) == (ACTIVITY, event.activity)


def _known(state: Agenda | None, event: Event, facts: Facts) -> Agenda:
    return state or Agenda(facts.subject.ref.partition("/")[0], True, None, [], None, event.occurred_at)


def _office(facts: Facts) -> Office:
    return Office(facts.base, facts.subject.dealer)


def _planned(agenda: Agenda, items: Iterable[Item], at: datetime, office: Office) -> Change[Agenda]:
    as_of = max(agenda.as_of, at)
    kept = sorted(items, key=lambda item: item[:2])
    moments = [moment for item in kept if (moment := _next(item, as_of, office)) is not None] if agenda.is_open else []
    return Change(agenda._replace(items=[item._asdict() for item in kept], next_at=min(moments, default=None), as_of=as_of))


def _next(item: Item, as_of: datetime, office: Office) -> datetime | None:
    """The moment of an item's next step; one that has passed comes at once, of two the later alone."""
    passed, coming = None, None
    for step, at in _steps(item, office):
        if step in item.told:
            passed = None
        elif at > as_of:
            coming = coming or at
        else:
            passed = as_of + SOON
    return passed or coming


def _steps(item: Item, office: Office) -> list[tuple[str, datetime]]:
    steps = [("overdue", office.attended(datetime.fromisoformat(item.due_at), is_early=False))]
    if item.before_at is None:
        return steps
    return [("before", office.attended(datetime.fromisoformat(item.before_at), is_early=True)), *steps]


def _stepped(item: Item, at: datetime, office: Office) -> Item:
    passed = [step for step, moment in _steps(item, office) if moment <= at]
    return item if not passed or passed[-1] in item.told else item._replace(told=[*item.told, passed[-1]])


def items_of(agenda: Agenda) -> list[Item]:
    """What is open, read back from how it is stored."""
    return [Item(**row) for row in agenda.items]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
