"""The reminders of one vehicle: a due date for each of its service plans, and the steps that come before, on and after it.

A reminder counts from a service or, before the first one, from the handover. Whatever becomes known moves its date, but a step
that was told is not told again for that: only a date that moves far away begins a new round. Of several steps that have
passed the last one alone is told.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from contracts.base import ServicePlan
from hub.rules.business_days import Office
from hub.rules.odometer import Course
from hub.rules.service_due import Served, due
from hub.rules.steps import LAST_WORD, following, left

FAR = timedelta(days=45)
"""A date that moves on by more makes what was told pointless, and begins a new round of steps."""
NEAR = timedelta(days=14)
"""So far ahead of its time a step still counts as told by a timer that was set when less was known."""
AFTER_APPOINTMENT = timedelta(days=3)
_NO_APPOINTMENT = timedelta(days=30)

Row = dict[str, Any]
"""A reminder as the state keeps it."""


class Reminder(NamedTuple):
    """Moments and days in ISO 8601, as they are stored; `told` are the steps of this round, `next_step` comes at `next_at`.

    `told_due` is the due date as it was told last, `told_until` how long that is worth saying. A customer who has answered
    hears no more: `declined` for good, `booked` until `quiet_until`, by when the visit should have come.
    """

    plan: str
    since: str
    since_km: int | None = None
    due_on: str | None = None
    basis: str | None = None
    round: int = 0
    told: list[str] = []  # noqa: RUF012 - never changed in place, and JSON has no tuples
    told_due: str | None = None
    told_at: str | None = None
    told_until: str | None = None
    next_step: str | None = None
    next_at: str | None = None
    answer: str | None = None
    quiet_until: str | None = None
    template: str = "service-due"
    title: str = ""

    @property
    def served(self) -> Served:
        """What it counts from."""
        return Served(datetime.fromisoformat(self.since), self.since_km)


def begun(plan: str, served: Served) -> Reminder:
    """A reminder that counts from a service or handover."""
    return Reminder(plan, served.at.astimezone(UTC).isoformat(), served.km)


def reckoned(reminder: Reminder, plan: ServicePlan | None, course: Course, as_of: datetime, office: Office) -> Reminder:
    """The reminder with its due date and its next step, as known at a moment; nobody is reminded of a car that nobody holds.

    A step comes on a day on which the holder's dealer works: before the due date on the last one, from it on on the next one.
    """
    found = due(plan, reminder.served, course) if plan is not None and not plan.retired else None
    if found is None or plan is None:
        return reminder._replace(due_on=None, basis=None, next_step=None, next_at=None)
    if reminder.told_due and found.on - date.fromisoformat(reminder.told_due) > FAR:
        reminder = reminder._replace(round=reminder.round + 1, told=[], told_due=None, told_at=None, told_until=None)
    step, at = (None, None)
    if office.dealer and reminder.answer != "declined":
        step, at = _next(reminder.quiet_until, reminder.told, plan, found.on, as_of, office)
    return reminder._replace(
        due_on=found.on.isoformat(), basis=found.basis, template=plan.template, title=plan.name, next_step=step, next_at=at
    )


def _next(
    quiet_until: str | None, told: Sequence[str], plan: ServicePlan, on: date, as_of: datetime, office: Office
) -> tuple[str | None, str | None]:
    """The step that comes next once these were told, and its moment; of those that have passed the last one, at once."""
    quiet = datetime.fromisoformat(quiet_until) if quiet_until is not None else None
    moments = (
        (step.id, office.moment(on + timedelta(days=step.days), plan.hour, plan.zone, is_early=step.days < 0))
        for step in left(told, plan.steps)
    )
    found = following(((step, at) for step, at in moments if quiet is None or at > quiet), as_of)
    return (found[0], found[1].astimezone(UTC).isoformat()) if found else (None, None)


def stepped(row: Row, at: datetime, office: Office) -> Row:
    """The reminder, as it is kept, after its next step was told at a moment; the same where nobody knows its plan.

    Very many cars are due on one day: what a step of a plan changes is the same for all of a dealer's, and is found once.
    """
    told, due_on, quiet_until, answer = tuple(row["told"]), row["due_on"], row["quiet_until"], row["answer"]
    named = "step", row["plan"], told, row["next_step"], due_on, quiet_until, answer, at, office.whose
    return {**row, **office.base.once(named, lambda: _step(row, at.astimezone(UTC), office))}


def _step(row: Row, at: datetime, office: Office) -> Row:
    """What the step changes; it is worth saying until the step after it comes."""
    plan = office.base.find(ServicePlan, row["plan"], at)
    if plan is None:
        return {}
    told, due_on = [*row["told"], row["next_step"]], row["due_on"]
    step, next_at = None, None
    if row["answer"] != "declined":
        step, next_at = _next(row["quiet_until"], told, plan, date.fromisoformat(due_on), at, office)
    return {
        "told": told,
        "told_due": due_on,
        "told_at": at.isoformat(),
        "told_until": next_at or (at + LAST_WORD).isoformat(),
        "template": plan.template,
        "title": plan.name,
        "next_step": step,
        "next_at": next_at,
    }


def answered(reminder: Reminder, answer: str, appointment_at: datetime | None, at: datetime) -> Reminder:
    """A no is for good, an appointment until it should have led to a visit."""
    if answer == "declined":
        return reminder._replace(answer=answer, quiet_until=None)
    until = appointment_at + AFTER_APPOINTMENT if appointment_at else at + _NO_APPOINTMENT
    return reminder._replace(answer=answer, quiet_until=until.astimezone(UTC).isoformat())


def silent(reminder: Reminder) -> Reminder:
    """The same, as if nothing had been told or answered: whoever holds the car now has heard nothing."""
    return begun(reminder.plan, reminder.served)


def stored(reminders: Sequence[Reminder]) -> list[Row]:
    """As the state keeps them, by plan."""
    return [reminder._asdict() for reminder in sorted(reminders)]


def restored(rows: Sequence[Row]) -> list[Reminder]:
    """The same, read back."""
    return [Reminder(**row) for row in rows]
