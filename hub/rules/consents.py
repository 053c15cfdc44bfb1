"""How a consent follows from what a person said to a dealer, to the OEM or to the hub: the last word counts, and of two at once the no."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from contracts.acts import ConsentRecorded
from contracts.base import ConsentPurpose
from contracts.consents import ConsentGiven, ConsentUpdated, ConsentWithdrawn, Proof
from contracts.contract import Event
from contracts.reports import RecipientUnsubscribed
from hub.rules.decision import Change, Decision, Facts, Keep, Reject, Subject, Wait, dealer_of, principal_of
from hub.rules.notices import OEM

ANY = "*"
"""In the place of a channel or a purpose: each of them."""

GIVEN, WITHDRAWN = "given", "withdrawn"


class Consent(NamedTuple):
    """Whether a person may be written to over a channel for a purpose by a grantee, since when, and by what it is proven."""

    channel: str
    purpose: str
    grantee: str
    person_kind: str
    person: str
    status: str
    since: datetime
    proof_where: str | None
    proof_at: datetime | None
    proof_text: str | None
    proof_message: str | None


class Slot(NamedTuple):
    """What a consent is about; its subject is `owner`'s, whose reference `person` is."""

    owner: str
    channel: str
    purpose: str
    grantee: str
    person_kind: str
    person: str

    @property
    def subject(self) -> Subject:
        """The consent's name among those of its owner; the person comes last, as a reference may hold anything."""
        return Subject(self.owner, "/".join(self[1:]))

    @classmethod
    def of(cls, subject: Subject) -> "Slot":
        """What a subject's name says."""
        return cls(subject.principal, *subject.ref.split("/", 4))


def given_for(event: ConsentGiven, principal: str) -> Iterable[Subject]:
    """Each channel and purpose that somebody agreed to is a subject of its own."""
    return _subjects(event, _owner(event.dealer, principal), dealer_of(principal))


def withdrawn_for(event: ConsentWithdrawn, principal: str) -> Iterable[Subject]:
    """The same of a no, where nothing named means each of them."""
    return _subjects(event, _owner(event.dealer, principal), dealer_of(principal))


def recorded_for(event: ConsentRecorded, _principal: str) -> Iterable[Subject]:
    """An operator speaks in the name of the dealer whose reference it is, or of the OEM."""
    owner = _owner(event.dealer, OEM)
    return _subjects(event, owner, dealer_of(owner))


def unsubscribed_for(event: RecipientUnsubscribed, _principal: str) -> Iterable[Subject]:
    """Only what was sent is meant: other letters go on."""
    return [Slot(principal_of(event.dealer), event.channel, event.purpose, event.grantee, event.person_kind, event.person).subject]


def given(state: Consent | None, event: ConsentGiven, facts: Facts) -> Decision[Consent]:
    """A yes counts for a purpose that the OEM has laid down; until then it waits."""
    return _misnamed(event.dealer, facts) or _agreed(state, event, event.proof, facts)


def withdrawn(state: Consent | None, event: ConsentWithdrawn, facts: Facts) -> Decision[Consent]:
    """A no counts whether or not there was a yes, and waits for nothing."""
    return _misnamed(event.dealer, facts) or _objected(state, event, event.proof, facts)


def recorded(state: Consent | None, event: ConsentRecorded, facts: Facts) -> Decision[Consent]:
    """What an operator enters is judged as if the dealer or the OEM had said it."""
    if event.status == WITHDRAWN:
        return _objected(state, event, event.proof, facts)
    return _agreed(state, event, event.proof, facts)


def unsubscribed(state: Consent | None, event: RecipientUnsubscribed, facts: Facts) -> Decision[Consent]:
    """The link of a delivery is a no to what it carried; the delivery is the proof."""
    return _objected(state, event, Proof(where=event.means, message=event.delivery), facts)


def told(_before: Consent | None, after: Consent, subject: Subject, because: Event, revision: int) -> ConsentUpdated | None:
    """How it stands, without its proof."""
    if subject.principal == OEM:
        return None
    return ConsentUpdated.model_validate(
        {
            **{name: getattr(after, name) for name in ("person", "person_kind", "channel", "purpose", "grantee", "status")},
            "occurred_at": because.occurred_at,
            "revision": revision,
            "subject": subject.ref,
            "dealer": subject.dealer,
        }
    )


def whose(_after: Consent, subject: Subject, _told: ConsentUpdated) -> str:
    """The dealer whose reference it is hears of it, whoever said it: its own system writes to people too."""
    return subject.dealer


def _subjects(event: ConsentGiven | ConsentWithdrawn | ConsentRecorded, owner: str, otherwise: str) -> list[Subject]:
    grantee = event.grantee or otherwise
    slots = (
        Slot(owner, channel, purpose, grantee, event.person_kind, event.person)
        for channel in event.channels or (ANY,)
        for purpose in event.purposes or (ANY,)
    )
    return list(dict.fromkeys(slot.subject for slot in slots))


def _owner(dealer: str | None, speaker: str) -> str:
    return speaker if dealer is None or speaker != OEM else principal_of(dealer)


def _misnamed(dealer: str | None, facts: Facts) -> Reject | None:
    if dealer is not None and principal_of(dealer) != facts.subject.principal:
        return Reject("dealer", "the dealer that speaks, or nothing")
    return None


def _stranger(slot: Slot) -> Reject | None:
    """A dealer's customer may be written to by that dealer and by the OEM: whoever else was meant, it is not theirs to say."""
    if slot.grantee in {OEM, dealer_of(slot.owner)} or slot.owner == OEM:
        return None
    return Reject("grantee", "oem, or the dealer whose reference the person is")


def _agreed(state: Consent | None, event: Event, proof: Proof, facts: Facts) -> Decision[Consent]:
    slot = Slot.of(facts.subject)
    if (wrong := _stranger(slot)) is not None:
        return wrong
    if ANY in {slot.channel, slot.purpose}:
        return Reject("channels" if slot.channel == ANY else "purposes", "what was agreed to, by name")
    purpose = facts.base.find(ConsentPurpose, slot.purpose, event.occurred_at)
    if purpose is None:
        return Wait(ConsentPurpose.KIND, slot.purpose)
    if purpose.retired:
        return Reject("purposes", "purposes in use (hub base list consent_purpose)")
    if state is not None and state.since >= event.occurred_at:
        return Keep("later news is known")
    return Change(_said(slot, GIVEN, event.occurred_at, proof))


def _objected(state: Consent | None, event: Event, proof: Proof | None, facts: Facts) -> Decision[Consent]:
    slot = Slot.of(facts.subject)
    if (wrong := _stranger(slot)) is not None:
        return wrong
    if state is not None and (state.since, state.status == WITHDRAWN) >= (event.occurred_at, True):
        return Keep("later news is known")
    return Change(_said(slot, WITHDRAWN, event.occurred_at, proof))


def _said(slot: Slot, status: str, since: datetime, proof: Proof | None) -> Consent:
    shown = (proof.where, proof.at, proof.text_version, proof.message) if proof else (None, None, None, None)
    return Consent(*slot[1:], status, since, *shown)
