"""First editions of what the OEM says of campaigns, and of messages to one person."""

from typing import Annotated, Literal

from pydantic import FailFast, Field

from contracts.contract import Event
from contracts.values import (
    Channel,
    Clock,
    Document,
    Instant,
    Line,
    PartnerId,
    PersonKind,
    Ref,
    Several,
    Sha256,
    Signature,
    Slug,
    Text,
    TimeZone,
)

Audience = Literal["customers", "contacts", "prospects", "prospect_contacts"]
Grantee = Literal["oem", "dealer"]
Nature = Literal["marketing", "transactional", "recall"]


class CampaignEvent(Event):
    """Something that a person did with a campaign: `who` by their name among the staff, and `why`.

    `signature` is made with the pass `signed_with` over all the rest. A later edition may add fields that have a default, and nothing
    else: otherwise what was signed before no longer is.
    """

    campaign: Slug
    who: Line
    why: Line
    signed_with: Ref | None = None
    signature: Signature | None = None


class CampaignPrepared(CampaignEvent):
    """All that a campaign is: what goes to whom, by which channels, and how fast; prepared again, it needs approval again.

    `conditions` is a tree of conditions in JSON that chooses among the audience; none: all of it. By the `first` of the channels
    that reaches a person, or by `every` one; in the name of the `oem`, or of the person's `dealer`, who was given consent then.
    At most `per_hour` messages fall due in an hour, and only from `opens` to `closes` in `zone`. `documents` are versions
    of sales documents, `price-list@2026-05`. With `repeat` it goes out day after day until it expires, to those of the customers whose
    birthday it is in `zone`: to each once a year. Who was born on 29 February has it on the day `before` or `after` where there is none.
    """

    title: Line
    audience: Audience
    conditions: Document | None = None
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=3), FailFast()]
    reach: Literal["first", "every"] = "first"
    template: Slug
    purpose: Slug
    nature: Nature = "marketing"
    grantee: Grantee = "oem"
    documents: Several[Ref] = ()
    per_hour: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    opens: Clock | None = None
    closes: Clock | None = None
    zone: TimeZone = "UTC"
    not_before: Instant | None = None
    expires_at: Instant
    repeat: Literal["birthday"] | None = None
    leap_day: Literal["before", "after"] = "before"


class CampaignTested(CampaignEvent):
    """One copy goes to one person, whoever is of the audience: `message` is its name, `template` and `documents` the campaign's."""

    message: Ref
    recipient: PersonKind
    dealer: PartnerId | None = None
    ref: Ref
    channel: Channel
    template: Slug
    documents: Several[Ref] = ()


class CampaignApproved(CampaignEvent):
    """Somebody else than who prepared it agrees to exactly this plan: `plan` is its digest, `prepared_by` whose it is."""

    prepared_by: Line
    plan: Sha256


class CampaignReleased(CampaignEvent):
    """What was approved goes out: where `plan` is named, exactly the plan with that digest."""

    plan: Sha256 | None = None


class CampaignPaused(CampaignEvent):
    """Nothing of it goes out until it is resumed."""


class CampaignResumed(CampaignEvent):
    """It goes on where it was paused."""


class CampaignStopped(CampaignEvent):
    """Nothing more of it goes out, ever."""


class MessageRequested(Event):
    """One mail or SMS to one person, whom a dealer (or the OEM, where `dealer` is none) knows by `ref`."""

    message: Ref
    who: Line
    why: Line
    recipient: PersonKind
    dealer: PartnerId | None = None
    ref: Ref
    channel: Literal["email", "sms"]
    purpose: Slug
    nature: Nature = "transactional"
    grantee: Grantee = "oem"
    title: Line | None = None
    text: Text
    documents: Several[Ref] = ()
    expires_at: Instant
