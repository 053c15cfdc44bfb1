"""First editions of what dealers and the OEM say of consents."""

from typing import Annotated, Literal

from pydantic import FailFast, Field

from contracts.contract import Contract, Event
from contracts.values import Channel, Instant, Line, PartnerId, PersonKind, Ref, Several, Slug, Subject


class Proof(Contract):
    """What shows that it was said: where, when (if not when it occurred), which version of the text, in which message."""

    where: Line
    at: Instant | None = None
    text_version: Line | None = None
    message: Line | None = None


class ConsentGiven(Event):
    """A person agreed to be written to over each of the channels for each of the purposes.

    `grantee` is who may write, a dealer or `oem`: the speaker itself, unless the agreement is to the OEM. `dealer` is whose reference
    `person` is, where the OEM speaks of a dealer's customer.
    """

    person: Ref
    person_kind: PersonKind = "customer"
    dealer: PartnerId | None = None
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=10), FailFast()]
    purposes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=100), FailFast()]
    grantee: PartnerId | None = None
    proof: Proof


class ConsentWithdrawn(Event):
    """A person no longer agrees, or objects; no channels named: over none, no purposes named: for nothing."""

    person: Ref
    person_kind: PersonKind = "customer"
    dealer: PartnerId | None = None
    channels: Several[Channel] = ()
    purposes: Several[Slug] = ()
    grantee: PartnerId | None = None
    proof: Proof | None = None


class ConsentUpdated(Event):
    """Whether a dealer's person may be written to has changed; where a no names no channel or no purpose, it is `*`, each of them."""

    subject: Subject
    dealer: PartnerId
    person: Ref
    person_kind: PersonKind
    channel: Literal["email", "sms", "post", "*"]
    purpose: Line
    grantee: PartnerId
    status: Literal["given", "withdrawn"]
