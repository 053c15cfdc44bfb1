"""First editions of what the hub answers to the sender of a record."""

from typing import Literal

from contracts.contract import Contract, Event
from contracts.values import Count, Line, Several, Subject, Text


class Fault(Contract):
    """Where a record is wrong, and what was expected there."""

    path: Text
    expected: Text


class RecordRejected(Event):
    """The hub could not take a record; it keeps the original until it is mended or discarded.

    `subject` names the record by its place: `topic[partition]@offset`.
    """

    subject: Subject
    topic: Line
    partition: Count
    offset: Count
    reason: Line
    faults: Several[Fault]
    event_id: Text | None = None
    event_type: Text | None = None
    standing: Literal["held"] = "held"


class RecordSettled(Event):
    """An operator has dealt with a record that was rejected: it was taken after all, or given up."""

    subject: Subject
    topic: Line
    partition: Count
    offset: Count
    standing: Literal["taken", "discarded"]
    event_id: Text | None = None
    event_type: Text | None = None
