"""First editions of what providers and recipients report.

An address travels as its key (contracts/addresses.py), with a `hint` that tells an operator which one it may be.
"""

from typing import Literal

from contracts.contract import Event
from contracts.values import Cause, Channel, Line, PartnerId, PersonKind, Ref, Sha256, Slug

ProviderStatus = Literal["queued", "sending", "sent", "failed", "delivered", "read"]


class DeliveryReported(Event):
    """A provider tells how far a delivery is; `reference` is the provider's own name for it, `code` its word for what went wrong."""

    delivery: Ref
    provider: Slug
    status: ProviderStatus
    reference: Line | None = None
    cause: Cause | None = None
    code: Line | None = None


class AddressBounced(Event):
    """What was sent to an address came back; `is_permanent` where the other side says that trying again is no use."""

    address: Sha256
    channel: Channel
    cause: Cause
    is_permanent: bool
    hint: Line | None = None
    delivery: Ref | None = None
    code: Line | None = None


class RecipientOptedOut(Event):
    """The recipient told the provider to stop, which from now on refuses what is sent there."""

    address: Sha256
    channel: Channel
    provider: Slug
    hint: Line | None = None
    reference: Line | None = None


class RecipientOptedIn(Event):
    """The recipient told the provider to start again."""

    address: Sha256
    channel: Channel
    provider: Slug
    hint: Line | None = None
    reference: Line | None = None


class RecipientComplained(Event):
    """The recipient reported what was sent as unwanted."""

    address: Sha256
    channel: Channel
    hint: Line | None = None
    delivery: Ref | None = None


class RecipientUnsubscribed(Event):
    """The recipient of a delivery used its link: whom it was for, for what and from whom is told with it.

    `dealer` is whose reference `person` is, `oem` where it is the car maker's own.
    """

    delivery: Ref
    channel: Channel
    dealer: PartnerId
    person_kind: PersonKind
    person: Ref
    purpose: Slug
    grantee: PartnerId
    means: Literal["one_click", "page"]
    address: Sha256 | None = None
    hint: Line | None = None
