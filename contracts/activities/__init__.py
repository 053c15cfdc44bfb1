"""Activities: what somebody means to do about a record, and what came of it."""

from contracts.activities.v1 import ActivityCancelled, ActivityDone, ActivityPlanned, ActivityRescheduled, BelongsTo
from contracts.contract import Lineage

ACTIVITY_PLANNED = Lineage("activity.planned", ActivityPlanned, kind="activity")
ACTIVITY_RESCHEDULED = Lineage("activity.rescheduled", ActivityRescheduled, kind="activity")
ACTIVITY_DONE = Lineage("activity.done", ActivityDone, kind="activity")
ACTIVITY_CANCELLED = Lineage("activity.cancelled", ActivityCancelled, kind="activity")

LINEAGES = (ACTIVITY_PLANNED, ACTIVITY_RESCHEDULED, ACTIVITY_DONE, ACTIVITY_CANCELLED)

__all__ = [
    "ACTIVITY_CANCELLED",
    "ACTIVITY_DONE",
    "ACTIVITY_PLANNED",
    "ACTIVITY_RESCHEDULED",
    "LINEAGES",
    "ActivityCancelled",
    "ActivityDone",
    "ActivityPlanned",
    "ActivityRescheduled",
    "BelongsTo",
]
