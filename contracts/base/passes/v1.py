"""First edition of passes: by what the hub knows who of the staff says something."""

from typing import Annotated, Literal

from pydantic import FailFast, Field

from contracts.base.v1 import BaseDatum
from contracts.values import Instant, PartnerId, PublicKey, Ref, Several

Right = Literal["prepare", "approve", "release"]


class StaffPass(BaseDatum):
    """What a member of the staff shows: the public `key` of what they alone keep, and what they `may` do with it.

    With `dealers` it is good for campaigns among those dealers' people alone. What says a moment at or after `expires_at` or
    `revoked_at` is not its holder's word any more; where it is `retired`, nothing ever was.
    """

    KIND = "staff_pass"

    staff: Ref
    key: PublicKey
    may: Annotated[tuple[Right, ...], Field(min_length=1, max_length=3), FailFast()]
    dealers: Several[PartnerId] = ()
    expires_at: Instant
    revoked_at: Instant | None = None
