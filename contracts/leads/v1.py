"""First editions of what is said of leads."""

from typing import Literal

from contracts.contract import Event
from contracts.values import Line, PartnerId, Ref, Text

LeadSource = Literal["web", "fair", "call_centre", "walk_in", "referral", "campaign", "other"]
Intention = Literal["purchase", "information", "test_drive", "service", "other"]


class LeadReceived(Event):
    """Somebody showed interest; `dealer` is whom the OEM routes it to, where the OEM received it."""

    lead: Ref
    name: Line
    lead_source: LeadSource = "other"
    intention: Intention = "information"
    product: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    customer: Ref | None = None
    dealer: PartnerId | None = None
    need: Text | None = None


class LeadAnswered(Event):
    """Somebody spoke with the lead: the response clock stops."""

    lead: Ref
    by: Line | None = None


class LeadPromoted(Event):
    """The lead means to buy: an opportunity goes on from here."""

    lead: Ref
    opportunity: Ref


class LeadDropped(Event):
    """Nothing comes of the lead."""

    lead: Ref
    reason: Line | None = None
