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

    @property
    def comes_at(self) -> datetime | None:
        """The moment of its next step."""
        return datetime.fromisoformat(self.next_at) if self.next_at else None


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
    step, at = _next(reminder, reminder.told, plan, found.on, as_of, office) if office.dealer else (None, None)
    return reminder._replace(
        due_on=found.on.isoformat(), basis=found.basis, template=plan.template, title=plan.name, next_step=step, next_at=at
    )


def _next(
    reminder: Reminder, told: Sequence[str], plan: ServicePlan, on: date, as_of: datetime, office: Office
) -> tuple[str | None, str | None]:
    """The step that comes next once these were told, and its moment; of those that have passed the last one, at once."""
    if reminder.answer == "declined":
        return None, None
    quiet_until = datetime.fromisoformat(reminder.quiet_until) if reminder.quiet_until is not None else None
    moments = (
        (step.id, office.moment(on + timedelta(days=step.days), plan.hour, plan.zone, is_early=step.days < 0))
        for step in left(told, plan.steps)
    )
    found = following(((step, at) for step, at in moments if quiet_until is None or at > quiet_until), as_of)
    return (found[0], found[1].astimezone(UTC).isoformat()) if found else (None, None)


def stepped(reminder: Reminder, plan: ServicePlan, at: datetime, office: Office) -> Reminder:
    """The reminder after its next step was told at a moment; it is worth saying until the step after it comes."""
    assert reminder.next_step is not None  # noqa: S101 - whoever calls has looked
    assert reminder.due_on is not None  # noqa: S101 - a step has a due date
    told, at = [*reminder.told, reminder.next_step], at.astimezone(UTC)
    step, next_at = _next(reminder, told, plan, date.fromisoformat(reminder.due_on), at, office)
    return reminder._replace(
        told=told,
        told_due=reminder.due_on,
        told_at=at.isoformat(),
        told_until=next_at or (at + LAST_WORD).isoformat(),
        next_step=step,
        next_at=next_at,
    )


def answered(reminder: Reminder, answer: str, appointment_at: datetime | None, at: datetime) -> Reminder:
    """A no is for good, an appointment until it should have led to a visit."""
    if answer == "declined":
        return reminder._replace(answer=answer, quiet_until=None)
    until = appointment_at + AFTER_APPOINTMENT if appointment_at else at + _NO_APPOINTMENT
    return reminder._replace(answer=answer, quiet_until=until.astimezone(UTC).isoformat())


def silent(reminder: Reminder) -> Reminder:
    """The same, as if nothing had been told or answered: whoever holds the car now has heard nothing."""
    return begun(reminder.plan, reminder.served)


def stored(reminders: Sequence[Reminder]) -> list[dict[str, Any]]:
    """As the state keeps them, by plan."""
    return [reminder._asdict() for reminder in sorted(reminders)]


def restored(rows: Sequence[dict[str, Any]]) -> list[Reminder]:
    """The same, read back."""
    return [Reminder(**row) for row in rows]
