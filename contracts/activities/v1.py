"""First editions of what is said of activities."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.contract import Contract, Event
from contracts.values import Instant, Line, Ref, Slug, Text

Minutes = Annotated[int, Field(ge=0, le=525_600)]


class BelongsTo(Contract):
    """The record that an activity is about, in its dealer's own words; a reminder by the name that the hub gave it on the feed."""

    kind: Literal["opportunity", "lead", "customer", "reminder", "complaint"]
    ref: Ref


class Activity(Event):
    """Something said of an activity; what it belongs to is named each time, so that its record hears of it whatever came before."""

    activity: Ref
    belongs_to: BelongsTo


class ActivityPlanned(Activity):
    """Somebody means to do something by `due_at`, and wants to be reminded so many minutes before."""

    due_at: Instant
    remind_minutes_before: Minutes | None = None
    activity_type: Slug = "other"
    title: Line | None = None
    staff: Line | None = None


class ActivityRescheduled(Activity):
    """It is to be done at another time."""

    due_at: Instant
    remind_minutes_before: Minutes | None = None


class ActivityDone(Activity):
    """It was done, with this result, which returns to the record that it belongs to."""

    result: Slug
    note: Text | None = None


class ActivityCancelled(Activity):
    """It will not be done."""

    reason: Line | None = None
