"""Whether something may be sent to somebody: of all that was said the stricter counts, and a legal block is never passed."""

from datetime import datetime
from typing import Literal, NamedTuple

from hub.rules.notices import Nature

Refusal = Literal[
    "legal",
    "unknown_address",
    "opted_out",
    "complaint",
    "operator",
    "open_complaint",
    "unsubscribed",
    "no_purpose",
    "withdrawn",
    "no_consent",
]
"""Why it may not: a suppression of the address by its reason, a complaint of the customer's, else what the person said, or never said."""
OPEN_COMPLAINT: Refusal = "open_complaint"
"""As long as a customer's complaint is open, nothing is offered."""

_BARS: tuple[Refusal, ...] = ("legal", "opted_out", "unknown_address")
_BLOCKS: tuple[Refusal, ...] = ("complaint", "operator", OPEN_COMPLAINT)


class Standing(NamedTuple):
    """What is known when something is about to be sent to a person's address, for a purpose, by a grantee.

    `reasons` are those of the whole address, and that of the person. `withdrawn_at` is the latest no, `unsubscribed_at` the latest by a
    link to that address.
    A purpose that was never laid down, or is laid down no longer, is not known.
    """

    is_known: bool = False
    is_marketing: bool = True
    needs_consent: bool = True
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    reasons: tuple[str, ...] = ()


def counts_as_marketing(standing: Standing, nature: Nature) -> bool:
    """Whether it is marketing: what either the notice or a purpose that is known calls so."""
    return nature == "marketing" or (standing.is_known and standing.is_marketing)


def refusal(standing: Standing, nature: Nature) -> Refusal | None:
    """Why not; None where it may go."""
    is_marketing = counts_as_marketing(standing, nature)
    blocks = (*_BARS, *_BLOCKS) if is_marketing else _BARS
    blocked = next((reason for reason in blocks if reason in standing.reasons), None)
    return blocked or (_objection(standing) if is_marketing else None)


def _objection(standing: Standing) -> Refusal | None:
    if not standing.is_known:
        return "no_purpose"
    if _is_after(standing.withdrawn_at, standing.given_at):
        return "withdrawn"
    if _is_after(standing.unsubscribed_at, standing.given_at):
        return "unsubscribed"
    return "no_consent" if standing.needs_consent and standing.given_at is None else None


def _is_after(no: datetime | None, yes: datetime | None) -> bool:
    return no is not None and (yes is None or no >= yes)
