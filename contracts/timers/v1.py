"""First editions of the timers."""

from contracts.contract import Event
from contracts.values import Instant, Line, Subject


class WaitEvent(Event):
    """A subject, `store` and `subject`, of which a consumer's records wait for news of `kind` and `ref`."""

    consumer: Line
    principal: Line
    store: Line
    subject: Subject
    kind: Line
    ref: Subject


class WaitAnswered(WaitEvent):
    """What the subject waited for has come."""


class WaitExpired(WaitEvent):
    """What the subject waited for did not come in time."""


class TimerFired(Event):
    """The moment that a subject's state set a timer for has come; `occurred_at` is that moment too."""

    consumer: Line
    principal: Line
    store: Line
    subject: Subject
    due_at: Instant
