"""The values that bodies are made of, each with the range that every party can hold.

What PostgreSQL or a partner's system cannot store (NUL, integers beyond 64 bits, the year 9999)
is refused here, by field, before it can spoil a batch.
"""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

INT64 = 2**63 - 1

Text = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]
"""Free text of several lines."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")]
"""One line of text: no control characters, so it may stand in a header, a label or a log."""

Ref = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f\u2028\u2029]+( [^\x00-\x20\x7f\u2028\u2029]+)*$")]
"""A reference in its owner's own words: no control characters, no blanks at its ends."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
"""An id that the OEM gives: it may become part of a topic, a path or a key."""

PartnerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
"""A dealer's or carrier's id: it is part of topic names, so it has no dots."""

EventId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]

Instant = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""A moment, with its offset from UTC."""

Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]

Revision = Annotated[int, Field(ge=1, le=INT64)]
"""The source's own count of a subject's changes."""

Count = Annotated[int, Field(ge=0, le=INT64)]

Percent = Annotated[int, Field(ge=0, le=100)]

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Money(BaseModel):
    """An amount in minor units (cents) of an ISO 4217 currency."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    minor: Annotated[int, Field(ge=-INT64, le=INT64)]
    currency: Currency


class Address(BaseModel):
    """A postal address as its source writes it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    street: Line | None = None
    postal_code: Line | None = None
    city: Line | None = None
    region: Line | None = None
    country: Country | None = None
