"""How a vehicle, and the reminders of its services, follow from what any dealer says of it.

All dealers' news of a VIN meet in one subject: a visit at one moves the reminder of another's customer. What a dealer hears of it
is made of its own customer's reference and of dates, never of another dealer's words.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from contracts.activities import ActivityDone
from contracts.base import ServicePlan
from contracts.contract import Event
from contracts.reminders import ReminderAnswered
from contracts.vehicles import OdometerRead, ServiceVisited, VehicleHandedOver, VehicleSoldOn
from hub.rules.business_days import Office
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, Wait
from hub.rules.odometer import MOST_READINGS, Reading, course
from hub.rules.service_due import Served
from hub.rules.service_reminders import NEAR, Reminder, Row, answered, begun, reckoned, restored, silent, stepped, stored

EVERYBODY = "hub"
"""The principal of what all dealers speak of alike."""
NAME = "service"
"""How names of service reminders begin: `service/VIN/plan`."""


class Vehicle(NamedTuple):
    """A car as all dealers know it together; who holds it is a dealer's customer in that dealer's own words, or not known.

    `readings` are the newest, as [moment, kilometres, who said so]; `reminders` one for each plan. `due_on` is the earliest due
    date, `next_at` the moment of the next step. It is folded up to `as_of`.
    """

    product: str | None
    dealer: str | None
    customer: str | None
    held_since: datetime | None
    opportunity: str | None
    purchase: str | None
    visited_at: datetime | None
    visited_by: str | None
    readings: list[Any]
    reminders: list[Any]
    due_on: date | None
    next_at: datetime | None
    as_of: datetime


def of_vin(event: Any, _principal: str) -> Iterable[Subject]:  # noqa: ANN401 - whichever event names a VIN
    """One subject for all that anybody says of a VIN."""
    return (Subject(EVERYBODY, event.vin),)


def of_reminder(event: ActivityDone, _principal: str) -> Iterable[Subject]:
    """The vehicle of the service reminder that an activity belongs to, if it belongs to one."""
    named = _plan_named(event)
    return (Subject(EVERYBODY, named[0]),) if named else ()


def handed_over(state: Vehicle | None, event: VehicleHandedOver, facts: Facts) -> Decision[Vehicle]:
    """A customer of the dealer holds it from now on; the first handover begins the plans, a later one leaves those that run."""
    wait = _unknown_plan(event.service_plans, event.occurred_at, facts)
    if wait:
        return wait
    new = _held(_known(state, event.occurred_at), _dealer(facts), event.customer, event.occurred_at)
    new = new._replace(
        product=event.product or new.product,
        opportunity=event.opportunity or new.opportunity,
        purchase=event.order or new.purchase,
    )
    served = Served(event.occurred_at, event.odometer_km)
    running = {reminder["plan"] for reminder in new.reminders}
    fresh = [begun(plan, served) for plan in event.service_plans if plan not in running]
    new = new._replace(reminders=stored([*restored(new.reminders), *fresh]))
    return _reckon(_read(new, event.occurred_at, event.odometer_km, facts), event.occurred_at, facts)


def sold_on(state: Vehicle | None, event: VehicleSoldOn, facts: Facts) -> Decision[Vehicle]:
    """Whoever held it is reminded no longer; the new owner is, where a dealer knows him."""
    new = _held(_known(state, event.occurred_at), _dealer(facts), event.customer, event.occurred_at)
    return _reckon(_read(new, event.occurred_at, event.odometer_km, facts), event.occurred_at, facts)


def visited(state: Vehicle | None, event: ServiceVisited, facts: Facts) -> Decision[Vehicle]:
    """The services that were done count from now on, at whichever dealer; a car that nobody held has an owner again."""
    wait = _unknown_plan(event.service_plans, event.occurred_at, facts)
    if wait:
        return wait
    new = _known(state, event.occurred_at)
    if new.dealer is None and event.customer is not None:
        new = _held(new, _dealer(facts), event.customer, event.occurred_at)
    served = Served(event.occurred_at, event.odometer_km)
    others = [reminder for reminder in restored(new.reminders) if reminder.plan not in event.service_plans]
    done = [begun(plan, served) for plan in dict.fromkeys(event.service_plans)]
    new = new._replace(reminders=stored([*others, *done]), visited_at=event.occurred_at, visited_by=_dealer(facts))
    return _reckon(_read(new, event.occurred_at, event.odometer_km, facts), event.occurred_at, facts)


def odometer_read(state: Vehicle | None, event: OdometerRead, facts: Facts) -> Decision[Vehicle]:
    """A reading moves what is due by distance, if it can be believed."""
    new = _known(state, event.occurred_at)
    return _reckon(_read(new, event.occurred_at, event.odometer_km, facts), event.occurred_at, facts)


def reminder_answered(state: Vehicle | None, event: ReminderAnswered, facts: Facts) -> Decision[Vehicle]:
    """What the customer said counts if he still holds the car, and as long as no service begins the plan anew."""
    return _answer(state, event, event.service_plan, event.answer, event.appointment_at, facts)


def activity_done(state: Vehicle | None, event: ActivityDone, facts: Facts) -> Decision[Vehicle]:
    """What came of an activity about a reminder is an answer to it, if its result is one."""
    named = _plan_named(event)
    return _answer(state, event, named[1] if named else "", event.result, None, facts)


def timer_fired(state: Vehicle | None, event: Event, facts: Facts) -> Decision[Vehicle]:
    """The steps whose time has come are told.

    A timer may have been set when less was known. If late news have moved the step on a little since, it counts as told all
    the same: it was. If they have moved it far, it will be told in its time.
    """
    if state is None:
        return Keep("nothing is known of it any more")
    at, next_at = event.occurred_at, state.next_at
    limit = next_at if next_at is not None and at < next_at <= at + NEAR else at
    office, rows = Office(facts.base, state.dealer), list(state.reminders)
    for place, row in enumerate(rows):
        if row["next_at"] and datetime.fromisoformat(row["next_at"]) <= limit:
            rows[place] = stepped(row, at, office)
    if rows == state.reminders:
        return Keep("another time was set meanwhile")
    return Change(state._replace(reminders=rows, next_at=_earliest(rows), as_of=max(state.as_of, at)))


def next_step(state: Vehicle, _subject: Subject) -> datetime | None:
    """When the clock shall speak of it."""
    return state.next_at


def _answer(
    state: Vehicle | None, event: Event, plan: str, answer: str, appointment_at: datetime | None, facts: Facts
) -> Decision[Vehicle]:
    if state is None or state.dealer != _dealer(facts):
        return Keep("no customer of this dealer holds the car")
    if answer not in {"booked", "declined"}:
        return Keep("no answer: the next step comes in its time")
    reminders = restored(state.reminders)
    if all(reminder.plan != plan for reminder in reminders):
        return Keep("the car has no such plan")
    new = [answered(r, answer, appointment_at, event.occurred_at) if r.plan == plan else r for r in reminders]
    return _reckon(state._replace(reminders=stored(new)), event.occurred_at, facts)


def _known(state: Vehicle | None, at: datetime) -> Vehicle:
    return state or Vehicle(None, None, None, None, None, None, None, None, [], [], None, None, at)


def _held(state: Vehicle, dealer: str, customer: str | None, at: datetime) -> Vehicle:
    """Somebody else holds it now, and has been told nothing; told again of the same customer nothing changes."""
    if customer is not None and (state.dealer, state.customer) == (dealer, customer):
        return state
    heard_nothing = stored([silent(reminder) for reminder in restored(state.reminders)])
    return state._replace(dealer=dealer if customer else None, customer=customer, held_since=at, reminders=heard_nothing)


def _read(state: Vehicle, at: datetime, km: int | None, facts: Facts) -> Vehicle:
    if km is None:
        return state
    reading = [at.astimezone(UTC).isoformat(), km, _dealer(facts)]
    return state._replace(readings=sorted([*state.readings, reading])[-MOST_READINGS:])


def _reckon(state: Vehicle, at: datetime, facts: Facts) -> Change[Vehicle]:
    """Every reminder anew, by all that is known; nobody is reminded of a car that nobody holds."""
    as_of = max(state.as_of, at)
    known = course([Reading(datetime.fromisoformat(when), km) for when, km, _ in state.readings])
    office = Office(facts.base, state.dealer)
    reminders = [
        reckoned(reminder, facts.base.find(ServicePlan, reminder.plan, as_of), known, as_of, office)
        for reminder in restored(state.reminders)
    ]
    return Change(_with_reminders(state._replace(as_of=as_of), reminders))


def _with_reminders(state: Vehicle, reminders: Sequence[Reminder]) -> Vehicle:
    due = min((reminder.due_on for reminder in reminders if reminder.due_on), default=None)
    rows = stored(reminders)
    return state._replace(reminders=rows, due_on=date.fromisoformat(due) if due else None, next_at=_earliest(rows))


def _earliest(rows: Sequence[Row]) -> datetime | None:
    """The moment of the next step of all."""
    moments = [datetime.fromisoformat(row["next_at"]) for row in rows if row["next_at"]]
    return min(moments, default=None)


def _unknown_plan(plans: Iterable[str], at: datetime, facts: Facts) -> Wait | None:
    return next((Wait("service_plan", plan) for plan in plans if facts.base.find(ServicePlan, plan, at) is None), None)


def _plan_named(event: ActivityDone) -> tuple[str, str] | None:
    """VIN and plan of the service reminder that an activity belongs to."""
    name, _, rest = event.belongs_to.ref.partition("/")
    vin, _, plan = rest.partition("/")
    return (vin, plan) if event.belongs_to.kind == "reminder" and name == NAME and vin and plan else None


def _dealer(facts: Facts) -> str:
    return Subject(facts.speaker, "").dealer
