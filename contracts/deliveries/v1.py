"""First editions of what the courier tells."""

from typing import Literal

from contracts.contract import Event
from contracts.values import Channel, Count, Line, Money, PartnerId, PersonKind, Ref, Several


class DeliveryUpdated(Event):
    """A message to a person came to something; no address and nothing of its words: readers ask the hub.

    `dealer` is whose reference `person` is, `oem` where it is the car maker's own. `unknown`: nobody knows whether it arrived, and it
    does not go again by itself. `documents` are the sales documents that went along, `id@version`. `reference` is the provider's own
    name for it.
    """

    delivery: Ref
    state: Literal["sent", "failed", "unknown", "cancelled", "expired", "excluded", "pending"]
    reason: Line | None = None
    dealer: PartnerId
    person_kind: PersonKind
    person: Ref
    purpose: Line
    grantee: PartnerId
    template: Line
    channel: Channel | None = None
    campaign: Line | None = None
    documents: Several[Line] = ()
    attempts: Count = 0
    provider: Line | None = None
    reference: Line | None = None
    segments: Count | None = None
    cost: Money | None = None
