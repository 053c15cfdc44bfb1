"""What a receipt means for a delivery (T5), by the table of outcomes."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.channels.parcel import Accepted, Receipt, Refused, TryLater, Unsure
from hub.rules.backoff import pause
from hub.rules.bounce_wave import Tally
from hub.state import brakes
from hub.state.outcomes import Outcome

MOST_ATTEMPTS = 12


class Sent(NamedTuple):
    """What was handed over, at its n-th attempt, and the receipt for it; what it cost in the minor units of a currency."""

    id: UUID
    campaign: str | None
    expires_at: datetime
    attempt: int
    receipt: Receipt
    segments: int | None = None
    cost_minor: int | None = None
    currency: str | None = None


def outcome(sent: Sent, now: datetime, jitter: float) -> Outcome:
    """Accepted: sent. Not taken: pending, or failed for good. Nobody knows: unknown, and never sent again by itself."""
    match sent.receipt:
        case Accepted(reference):
            cost = (sent.segments, sent.cost_minor, sent.currency)
            return Outcome(sent.id, "sent", None, None, None, reference, *cost)
        case TryLater(reason, after):
            at = now + pause(sent.attempt, after, jitter)
            if sent.attempt >= MOST_ATTEMPTS or at >= sent.expires_at:
                return Outcome(sent.id, "failed", "given up", reason)
            return Outcome(sent.id, "pending", "tried in vain", reason, at)
        case Refused(reason, is_final, cause):
            if is_final:
                return Outcome(sent.id, "failed", cause, reason)
            return Outcome(sent.id, "pending", cause, reason, now + pause(sent.attempt, None, jitter))
        case Unsure(reason):
            return Outcome(sent.id, "unknown", "answer lost", reason)


def tallies(provider: str, sent: list[Sent]) -> dict[str, Tally]:
    """What to add to the tally of the provider, and to that of each campaign; what may go later counts for nothing yet."""
    found: dict[str, Tally] = {}
    for one in sent:
        if isinstance(one.receipt, TryLater | Unsure):
            continue
        is_bad = isinstance(one.receipt, Refused)
        is_ours = isinstance(one.receipt, Refused) and not one.receipt.is_final  # then no campaign is to blame
        for scope in (brakes.of_provider(provider), *([brakes.of_campaign(one.campaign)] if one.campaign and not is_ours else ())):
            before = found.get(scope, Tally(0, 0))
            found[scope] = Tally(before.sent + 1, before.bad + is_bad)
    return found
