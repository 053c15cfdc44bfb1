"""How an activity follows from what its dealer says of it."""

from datetime import datetime
from typing import NamedTuple

from contracts.activities import ActivityCancelled, ActivityDone, ActivityPlanned, ActivityRescheduled
from contracts.activities.v1 import Activity as ActivityEvent
from contracts.contract import Event
from contracts.reminders import ActivityReported
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, Wait


class Activity(NamedTuple):
    """Something that somebody means to do; `status` is planned, done or cancelled. It belongs to a record of its dealer."""

    status: str
    belongs_kind: str
    belongs_ref: str
    activity_type: str
    title: str | None
    staff: str | None
    due_at: datetime
    rescheduled: int
    result: str | None
    note: str | None
    ended_at: datetime | None


def planned(state: Activity | None, event: ActivityPlanned, _facts: Facts) -> Decision[Activity]:
    """Planned again under another id it is brought up to date, and what became of it stays."""
    fresh = Activity("planned", *_record(event), event.activity_type, event.title, event.staff, event.due_at, 0, None, None, None)
    if state is None:
        return Change(fresh)
    kept = {name: getattr(state, name) for name in ("status", "rescheduled", "result", "note", "ended_at")}
    return Change(fresh._replace(**kept))


def rescheduled(state: Activity | None, event: ActivityRescheduled, facts: Facts) -> Decision[Activity]:
    """To another time; what was cancelled is planned again with it."""
    if state is None:
        return Wait("activity", facts.subject.ref)
    if state.status == "done":
        return Keep("already done")
    return Change(state._replace(status="planned", due_at=event.due_at, rescheduled=state.rescheduled + 1, ended_at=None))


def done(state: Activity | None, event: ActivityDone, facts: Facts) -> Decision[Activity]:
    """The last result counts; a cancelled activity may have been done after all."""
    if state is None:
        return Wait("activity", facts.subject.ref)
    return Change(state._replace(status="done", result=event.result, note=event.note, ended_at=event.occurred_at))


def cancelled(state: Activity | None, event: ActivityCancelled, facts: Facts) -> Decision[Activity]:
    """What was done cannot be cancelled any more."""
    if state is None:
        return Wait("activity", facts.subject.ref)
    if state.status == "done":
        return Keep("already done")
    return Change(state._replace(status="cancelled", ended_at=event.occurred_at))


def reported(before: Activity | None, after: Activity, subject: Subject, because: Event, _version: int) -> ActivityReported | None:
    """A result returns to the record that the activity belongs to: told, so that the record's owner folds it."""
    is_new = before is None or (before.result, before.ended_at) != (after.result, after.ended_at)
    if after.status != "done" or after.result is None or not is_new:
        return None
    return ActivityReported.model_validate(
        {
            "occurred_at": because.occurred_at if after.ended_at is None else after.ended_at,
            "subject": f"{subject.dealer}/{after.belongs_kind}/{after.belongs_ref}",
            "dealer": subject.dealer,
            "belongs_to": {"kind": after.belongs_kind, "ref": after.belongs_ref},
            "activity": subject.ref,
            "result": after.result,
        }
    )


def _record(event: ActivityEvent) -> tuple[str, str]:
    return event.belongs_to.kind, event.belongs_to.ref
