"""First editions of what is said of reminders; no personal data: who may know asks the hub."""

from typing import Literal

from contracts.activities.v1 import BelongsTo
from contracts.contract import Event
from contracts.values import Day, Instant, Line, Money, PartnerId, Ref, Slug, Subject, Vin

ReminderKind = Literal["service", "ageing", "activity", "dunning", "contract_end", "repurchase", "complaint"]


class ReminderDue(Event):
    """A step of a reminder has come: before its due date, on it, or after.

    `reminder` is its name, by which an activity can belong to it. A service is due on a day; it names car and plan, and `basis` says
    whether months or distance come first. An ageing opportunity or an activity is due at a moment, and names its record.
    A complaint's answer and its solution are due at a moment, and name it.
    `customer` is in the dealer's own words. An invoice is due on a day, and `open` is what is to be paid of it still.
    So is a car that may soon be another's, or another.
    """

    subject: Subject
    dealer: PartnerId
    reminder: Line
    reminder_kind: ReminderKind
    step: Slug
    due_at: Instant | None = None
    due_on: Day | None = None
    vin: Vin | None = None
    service_plan: Slug | None = None
    basis: Literal["months", "distance"] | None = None
    customer: Ref | None = None
    belongs_to: BelongsTo | None = None
    activity: Ref | None = None
    staff: Line | None = None
    invoice: Ref | None = None
    open: Money | None = None


class ReminderClosed(Event):
    """A reminder of which a step was told is over, or due at another time: nobody needs to act on that step any more."""

    subject: Subject
    dealer: PartnerId
    reminder: Line
    reminder_kind: ReminderKind
    reason: Literal["done", "moved", "sold", "closed", "cancelled", "booked", "declined", "paid"]


class ReminderAnswered(Event):
    """What a dealer heard from its customer about a service: an appointment, a no, or nobody there."""

    vin: Vin
    service_plan: Slug
    answer: Literal["booked", "declined", "not_reached"]
    appointment_at: Instant | None = None


class ActivityReported(Event):
    """An activity's result returns to the record that it belongs to, whose owner folds it."""

    subject: Subject
    dealer: PartnerId
    belongs_to: BelongsTo
    activity: Ref
    result: Slug
