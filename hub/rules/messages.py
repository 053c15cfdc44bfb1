"""Messages to one person: asked for by somebody of the OEM, or a campaign's copy to look at."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from contracts.campaigns import CampaignTested, MessageRequested
from contracts.contract import Event
from contracts.values import Channel, PersonKind
from hub.rules.decision import Change, Decision, Facts, Keep, Subject, principal_of
from hub.rules.notices import OEM, Nature, Notice, Person, Priority
from hub.rules.passes import takes_back

TEMPLATE = "message"
"""The template of a message that somebody wrote: a title and a text."""

TEST = "test"
"""The purpose of a copy to look at: nobody's consent, and no campaign's count."""

_TEST_EXPIRES = timedelta(days=1)


class Message(NamedTuple):
    """A message, as it was asked for; it is said once, however often it is asked for under its name."""

    campaign: str | None
    owner: str
    person_kind: str
    person: str
    channel: str
    purpose: str
    nature: str
    grantee: str
    template: str
    fields: dict[str, Any]
    documents: list[str]
    who: str
    why: str
    requested_at: datetime
    expires_at: datetime


def owner(dealer: str | None) -> str:
    """Whose reference a person's is: the dealer's that is named, else the OEM's own."""
    return OEM if dealer is None else principal_of(dealer)


def requested(state: Message | None, event: MessageRequested, _facts: Facts) -> Decision[Message]:
    """Asked for once: another text under the same name is another message, and needs another name."""
    wrong = takes_back(event)
    if wrong is not None:
        return wrong
    if state is not None:
        return Keep("already asked for")
    fields = {"text": event.text} if event.title is None else {"title": event.title, "text": event.text}
    return Change(
        Message(
            None,
            owner(event.dealer),
            event.recipient,
            event.ref,
            event.channel,
            event.purpose,
            event.nature,
            event.dealer if event.grantee == "dealer" and event.dealer else OEM,
            TEMPLATE,
            fields,
            list(event.documents),
            event.who,
            event.why,
            event.occurred_at,
            event.expires_at,
        )
    )


def tested(state: Message | None, event: CampaignTested, _facts: Facts) -> Decision[Message]:
    """A copy to look at needs nobody's consent: whoever gets it was named."""
    wrong = takes_back(event)
    if wrong is not None:
        return wrong
    if state is not None:
        return Keep("already asked for")
    return Change(
        Message(
            event.campaign,
            owner(event.dealer),
            event.recipient,
            event.ref,
            event.channel,
            TEST,
            "transactional",
            OEM,
            event.template,
            {},
            list(event.documents),
            event.who,
            event.why,
            event.occurred_at,
            event.occurred_at + _TEST_EXPIRES,
        )
    )


def notices(before: Message | None, after: Message, subject: Subject, _because: Event, _version: int) -> Iterator[Notice]:
    """What the person is told: one notice, when the message is known for the first time."""
    if before is None:
        yield Notice(
            dedupe_key=f"message/{subject.ref}",
            person=Person(after.owner, cast("PersonKind", after.person_kind), after.person),
            purpose=after.purpose,
            grantee=after.grantee,
            template=after.template,
            not_before=after.requested_at,
            expires_at=after.expires_at,
            channel=cast("Channel", after.channel),
            fields=after.fields,
            documents=tuple(after.documents),
            priority=Priority.URGENT,
            nature=cast("Nature", after.nature),
        )
