"""Reminders: what the hub reminds of, and what became of it."""

from contracts.contract import Lineage
from contracts.reminders.v1 import ActivityReported, ReminderAnswered, ReminderClosed, ReminderDue

REMINDER_DUE = Lineage("reminder.due", ReminderDue, kind="reminder", ref="subject")
REMINDER_CLOSED = Lineage("reminder.closed", ReminderClosed, kind="reminder", ref="subject")
ACTIVITY_REPORTED = Lineage("activity.reported", ActivityReported, kind="record", ref="subject")
REMINDER_ANSWERED = Lineage("reminder.answered", ReminderAnswered, kind="vehicle", ref="vin")

TOLD = (REMINDER_DUE, REMINDER_CLOSED)
"""What the dealer concerned hears on its feed."""

ANSWERS = (REMINDER_ANSWERED,)
"""What a dealer writes back."""

LINEAGES = (*TOLD, ACTIVITY_REPORTED, *ANSWERS)

__all__ = [
    "ACTIVITY_REPORTED",
    "ANSWERS",
    "LINEAGES",
    "REMINDER_ANSWERED",
    "REMINDER_CLOSED",
    "REMINDER_DUE",
    "TOLD",
    "ActivityReported",
    "ReminderAnswered",
    "ReminderClosed",
    "ReminderDue",
]
