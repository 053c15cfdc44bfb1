"""First editions of operators' acts."""

from typing import Literal

from contracts.consents.v1 import Proof
from contracts.contract import Contract, Event
from contracts.values import Channel, Document, Line, PartnerId, PersonKind, Ref, Several, Sha256, Slug, Subject, Text


class Act(Event):
    """What an operator did: `who` by the operating system's or the console's login, and `why`."""

    who: Line
    why: Line


class ConsumerAct(Act):
    """An act that a consumer carries out, as soon as it reads it."""

    consumer: Line


class BodyChange(Contract):
    """One field that an operator changed: its path, and its value in JSON before and after; none where the field is not there."""

    path: Text
    before: Document | None = None
    after: Document | None = None


class DeadLetterRedriven(ConsumerAct):
    """A dead letter is to be folded again; what waits behind it follows in order.

    As it came, or mended: with `body` in its place, which differs from it by `changes`, as an event of another `type`, under another `key`.
    """

    letter: Ref
    body: Document | None = None
    type: Line | None = None
    key: Subject | None = None
    changes: Several[BodyChange] = ()


class DeadLetterDiscarded(ConsumerAct):
    """A dead letter is given up; what waits behind it goes on without it."""

    letter: Ref


class WaitReleased(ConsumerAct):
    """A record that waits, `wait` by its id, is to be looked at again now."""

    wait: Ref


class WaitEnded(ConsumerAct):
    """A record that waits, `wait` by its id, waits no longer: it becomes a dead letter, as if its time were over."""

    wait: Ref


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


class ConsentRecorded(ConsumerAct):
    """An operator enters what a person said of being written to; of a dealer's customer `dealer` names whose."""

    status: Literal["given", "withdrawn"]
    person: Ref
    person_kind: PersonKind = "customer"
    dealer: PartnerId | None = None
    channels: Several[Channel] = ()
    purposes: Several[Slug] = ()
    grantee: PartnerId | None = None
    proof: Proof


class SuppressionAdded(ConsumerAct):
    """Nothing is to go to an address any more: no marketing, or by law nothing at all."""

    address: Sha256
    channel: Channel
    hint: Line | None = None
    is_legal: bool = False


class DisputeConceded(ConsumerAct):
    """What is disputed of a consignment on an invoice of its carrier is paid after all."""

    carrier: PartnerId
    consignment: Ref
    invoice: Ref


class SuppressionReleased(ConsumerAct):
    """An address may be written to again; `reason` is the one that no longer holds, `purpose` and `grantee` whose letters were meant."""

    address: Sha256
    channel: Channel
    reason: Slug
    purpose: Slug | None = None
    grantee: PartnerId | None = None
