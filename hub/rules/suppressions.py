"""Which addresses nothing may go to, and why: by address, whoever knows it and under whatever name."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from contracts.acts import SuppressionAdded, SuppressionReleased
from contracts.contract import Event
from contracts.reports import AddressBounced, RecipientComplained, RecipientOptedIn, RecipientOptedOut, RecipientUnsubscribed
from contracts.values import Cause
from hub.rules.consents import ANY
from hub.rules.decision import Change, Decision, Facts, Keep, Subject

OWNER = "hub"
"""Suppressions are nobody's: an address is the same for all."""

REASONS: dict[str, bool] = {
    "unknown_address": True,
    "opted_out": True,  # the provider refuses whatever is sent there
    "complaint": False,
    "unsubscribed": False,
    "operator": False,
    "legal": True,
}
"""Why an address is suppressed, and whether for everything; else for marketing alone."""


class Suppression(NamedTuple):
    """`reasons` that hold, each with the moment since when; `is_barred`: not even what need not be agreed to may go there."""

    channel: str
    address: str
    grantee: str
    purpose: str
    hint: str | None
    reasons: dict[str, str]
    is_suppressed: bool
    is_barred: bool
    since: datetime | None
    released_at: datetime | None


class Place(NamedTuple):
    """An address over a channel, and whose letters for what are meant: of all, where it is ANY."""

    channel: str
    address: str
    grantee: str = ANY
    purpose: str = ANY

    @property
    def subject(self) -> Subject:
        """The suppression's name."""
        return Subject(OWNER, "/".join(self))

    @classmethod
    def of(cls, subject: Subject) -> "Place":
        """What a subject's name says."""
        return cls(*subject.ref.split("/"))


def address_of(
    event: AddressBounced | RecipientOptedOut | RecipientOptedIn | RecipientComplained | SuppressionAdded, _principal: str
) -> Iterable[Subject]:
    """The address as a whole, whoever writes to it."""
    return [Place(event.channel, event.address).subject]


def letters_of(event: RecipientUnsubscribed, _principal: str) -> Iterable[Subject]:
    """What a grantee sends to the address for a purpose, where the address is known."""
    return [] if event.address is None else [Place(event.channel, event.address, event.grantee, event.purpose).subject]


def meant_by(event: SuppressionReleased, _principal: str) -> Iterable[Subject]:
    """The address, or some letters to it."""
    return [Place(event.channel, event.address, event.grantee or ANY, event.purpose or ANY).subject]


def bounced(state: Suppression | None, event: AddressBounced, facts: Facts) -> Decision[Suppression]:
    """An address that is not there is left alone from the first time on; a mailbox that is full will not stay so."""
    reason = _of_cause(event.cause)
    if reason is None or not event.is_permanent:
        return Keep(f"{event.cause} says nothing of the address for good")
    return _suppress(state, event, facts, reason, event.hint)


def opted_out(state: Suppression | None, event: RecipientOptedOut, facts: Facts) -> Decision[Suppression]:
    """STOP."""
    return _suppress(state, event, facts, "opted_out", event.hint)


def opted_in(state: Suppression | None, event: RecipientOptedIn, _facts: Facts) -> Decision[Suppression]:
    """START takes STOP back, and nothing else."""
    return _release(state, event, "opted_out")


def complained(state: Suppression | None, event: RecipientComplained, facts: Facts) -> Decision[Suppression]:
    """One complaint is enough."""
    return _suppress(state, event, facts, "complaint", event.hint)


def unsubscribed(state: Suppression | None, event: RecipientUnsubscribed, facts: Facts) -> Decision[Suppression]:
    """The same letters must not come again under another name of the same person."""
    return _suppress(state, event, facts, "unsubscribed", event.hint, is_renewed=True)


def added(state: Suppression | None, event: SuppressionAdded, facts: Facts) -> Decision[Suppression]:
    """An operator's word; the law's where it says so."""
    return _suppress(state, event, facts, "legal" if event.is_legal else "operator", event.hint)


def released(state: Suppression | None, event: SuppressionReleased, _facts: Facts) -> Decision[Suppression]:
    """One reason holds no longer; others do."""
    return _release(state, event, event.reason)


def _of_cause(cause: Cause) -> str | None:
    match cause:
        case "unknown_address" | "opted_out" | "complaint":
            return cause
        case _:
            return None


def _suppress(
    state: Suppression | None, event: Event, facts: Facts, reason: str, hint: str | None, *, is_renewed: bool = False
) -> Decision[Suppression]:
    """From the first time on; from the last time where a consent may come in between, which counts more only if it is newer."""
    before = state or Suppression(*Place.of(facts.subject), None, {}, False, False, None, None)
    if reason in before.reasons and not is_renewed:
        return Keep("suppressed already")
    reasons = {**before.reasons, reason: event.occurred_at.isoformat()}
    return Change(_standing(before._replace(reasons=reasons, hint=before.hint or hint, released_at=None)))


def _release(state: Suppression | None, event: Event, reason: str) -> Decision[Suppression]:
    if state is None or reason not in state.reasons:
        return Keep(f"not suppressed for {reason}")
    if datetime.fromisoformat(state.reasons[reason]) >= event.occurred_at:
        return Keep("suppressed in the same moment")
    reasons = {name: since for name, since in state.reasons.items() if name != reason}
    return Change(_standing(state._replace(reasons=reasons, released_at=state.released_at if reasons else event.occurred_at)))


def _standing(state: Suppression) -> Suppression:
    """The columns that follow from the reasons."""
    moments = [datetime.fromisoformat(since) for since in state.reasons.values()]
    return state._replace(
        is_suppressed=bool(state.reasons),
        is_barred=any(REASONS[reason] for reason in state.reasons),
        since=min(moments, default=None),
    )
