"""First editions of operators' acts."""

from contracts.contract import Event
from contracts.values import Line, Ref, Text


class Act(Event):
    """What an operator did: `who` by the operating system's or the console's login, and `why`."""

    consumer: Line
    who: Line
    why: Line


class DeadLetterRedriven(Act):
    """A dead letter is to be folded again, as it came or with `body` in its place; what waits behind it follows in order."""

    letter: Ref
    body: Text | None = None


class DeadLetterDiscarded(Act):
    """A dead letter is given up; what waits behind it goes on without it."""

    letter: Ref
