"""How far a delivery is by what providers reported: reports come early, twice and out of order, and never move it back."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from contracts.reports import AddressBounced, DeliveryReported, RecipientComplained
from hub.rules.decision import Change, Decision, Facts, Keep, Subject
from hub.rules.suppressions import OWNER

_RANKS = {name: rank for rank, name in enumerate(("queued", "sending", "sent", "failed", "delivered", "read", "bounced", "complained"))}

_PASSED = Keep("it is further already")


class DeliveryReport(NamedTuple):
    """The furthest that anybody reported of a delivery, since when, and why it failed; `reference` is the provider's name for it."""

    status: str
    since: datetime
    provider: str | None
    reference: str | None
    cause: str | None
    code: str | None


def delivery_of(event: DeliveryReported | AddressBounced | RecipientComplained, _principal: str) -> Iterable[Subject]:
    """The delivery that is meant; a bounce or a complaint need not say which."""
    return [] if event.delivery is None else [Subject(OWNER, event.delivery)]


def reported(state: DeliveryReport | None, event: DeliveryReported, _facts: Facts) -> Decision[DeliveryReport]:
    """What a provider's status callback says."""
    fresh = DeliveryReport(event.status, event.occurred_at, event.provider, event.reference, event.cause, event.code)
    if state is not None and event.reference and not state.reference:
        state = state._replace(provider=event.provider, reference=event.reference)
        return _further(state, fresh, otherwise=Change(state))
    return _further(state, fresh)


def bounced(state: DeliveryReport | None, event: AddressBounced, _facts: Facts) -> Decision[DeliveryReport]:
    """Accepted first, then sent back: only a bounce for good is the end of it."""
    if not event.is_permanent:
        return Keep("it may still arrive")
    return _further(state, DeliveryReport("bounced", event.occurred_at, None, None, event.cause, event.code))


def complained(state: DeliveryReport | None, event: RecipientComplained, _facts: Facts) -> Decision[DeliveryReport]:
    """It arrived, and was unwanted."""
    return _further(state, DeliveryReport("complained", event.occurred_at, None, None, "complaint", None))


def _further(
    state: DeliveryReport | None, fresh: DeliveryReport, otherwise: Decision[DeliveryReport] = _PASSED
) -> Decision[DeliveryReport]:
    if state is None:
        return Change(fresh)
    if _RANKS[fresh.status] <= _RANKS[state.status]:
        return otherwise
    provider, reference = (state.provider, state.reference) if state.reference else (fresh.provider or state.provider, fresh.reference)
    return Change(fresh._replace(provider=provider, reference=reference))
