"""First editions of operators' acts."""

from contracts.contract import Event
from contracts.values import Line, Ref, Several, Subject, Text


class Act(Event):
    """What an operator did: `who` by the operating system's or the console's login, and `why`."""

    who: Line
    why: Line


class ConsumerAct(Act):
    """An act that a consumer carries out, as soon as it reads it."""

    consumer: Line


class DeadLetterRedriven(ConsumerAct):
    """A dead letter is to be folded again, as it came or with `body` in its place; what waits behind it follows in order."""

    letter: Ref
    body: Text | None = None


class DeadLetterDiscarded(ConsumerAct):
    """A dead letter is given up; what waits behind it goes on without it."""

    letter: Ref


class OperationBegun(Act):
    """Something that the operator's own command carries out begins: `what` upon which `subject`, in these steps."""

    operation: Ref
    what: Line
    subject: Subject
    steps: Several[Text] = ()


class OperationEnded(Event):
    """How an operation came out: what was done of it, and what it failed at."""

    operation: Ref
    done: Several[Text] = ()
    failed: Text | None = None


class PersonalDataUnmasked(Act):
    """Somebody looks at personal data: `what` says by which word, `subject` at whose."""

    what: Line
    subject: Subject
