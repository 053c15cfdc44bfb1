"""The values that bodies are made of, each with the range that every party can hold.

What PostgreSQL or a partner's system cannot store (NUL, integers beyond 64 bits, the year 9999)
is refused here, by field, before it can spoil a batch. Never edited after a release, only superseded.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

INT64 = 2**63 - 1

_UNSEEN = r"\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # control characters, and those that turn the reading direction
_TEXT = r"^[^\x00]*$"
_LINE = rf"^[^\x00-\x1f{_UNSEEN}]*$"
_REF = rf"^[^\x00-\x20{_UNSEEN}]+( [^\x00-\x20{_UNSEEN}]+)*$"
_SLUG = r"^[a-z0-9_-]{1,40}$"
_PARTNER_ID = r"^[a-z0-9-]{1,40}$"
_EVENT_ID = rf"^[^\x00-\x1f{_UNSEEN}]+$"
_CURRENCY = r"^[A-Z]{3}$"
_COUNTRY = r"^[A-Z]{2}$"
_ZONE = r"^[A-Z]{2}(-[A-Z0-9]{1,10})?$"
_CURRENCY_PAIR = r"^[A-Z]{3}-[A-Z]{3}$"
_UNLOCODE = r"^[A-Z]{2}[A-Z2-9]{3}$"
_SHA256 = r"^[0-9a-f]{64}$"
_PUBLIC_KEY = r"^[a-f0-9]{64}$"
_SIGNATURE = r"^[a-f0-9]{128}$"
_VIN = r"^[A-HJ-NPR-Z0-9]{17}$"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_CALENDAR_ID = r"^([A-Z]{2}|[a-z0-9-]{1,40})$"
_MONTH_DAY = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
_TIME_ZONE = r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"
_DAY = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
# Seconds may be missing: Java leaves them out where they are zero.
_INSTANT = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"

DAY_EXPECTED = "a day of the years 1900 to 2199, such as 2026-05-01"
INSTANT_EXPECTED = "a moment of the years 1900 to 2199 with its offset, as in RFC 3339: 2026-05-01T10:00:00+02:00"
TIME_ZONE_EXPECTED = "a time zone of the IANA database, such as Europe/Berlin"
EXPECTED = {
    _TEXT: "text without the NUL character",
    _LINE: "one line of text without control characters",
    _REF: "a reference without control characters, and without blanks at its ends or doubled",
    _SLUG: "1 to 40 of a-z, 0-9, _ and -",
    _PARTNER_ID: "1 to 40 of a-z, 0-9 and -",
    _EVENT_ID: "an event's id, without control characters",
    _CURRENCY: "a currency code of ISO 4217, such as EUR",
    _COUNTRY: "a country code of ISO 3166-1, such as DE",
    _ZONE: "a country, or a country and how its postal codes begin, such as DE or DE-10",
    _CURRENCY_PAIR: "two currency codes of ISO 4217, such as USD-EUR",
    _UNLOCODE: "a place by its UN/LOCODE, such as DEHAM",
    _LANGUAGE: "a language tag of BCP 47, such as de or pt-BR",
    _SHA256: "a SHA-256 as 64 of 0-9 and a-f",
    _PUBLIC_KEY: "a public key of Ed25519 as 64 of 0-9 and a-f",
    _SIGNATURE: "a signature of Ed25519 as 128 of 0-9 and a-f",
    _VIN: "a vehicle identification number of ISO 3779: 17 capitals and digits without I, O and Q",
    _TIME_ZONE: TIME_ZONE_EXPECTED,
    _CLOCK: "a time of day, such as 08:30",
    _CALENDAR_ID: "a country code of ISO 3166-1, such as DE, or a dealer's id",
    _MONTH_DAY: "a day of each year, such as 12-25",
    _DAY: DAY_EXPECTED,
    _INSTANT: INSTANT_EXPECTED,
}
"""What a pattern asks for, in words: a finding quotes these, never the pattern."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A moment or day in the one notation that JSON Schema can state; pydantic alone would take epoch seconds in a string too."""

    pattern: str
    format: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        value = handler(source)
        text = core_schema.str_schema(pattern=self.pattern, strict=True)
        read: Any = {**value, "strict": False}  # it reads what `text` let through, which is a str by then
        return core_schema.json_or_python_schema(json_schema=core_schema.chain_schema([text, read]), python_schema=value)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": self.format, "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class _Text:
    """What `_TEXT` asks for, found without it: on a long text the pattern costs as much as reading all the rest of a body."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_without_nul, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": _TEXT}


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticKnownError("string_pattern_mismatch", {"pattern": _TEXT})
    return text


Text = Annotated[str, StringConstraints(max_length=10_000), _Text()]
"""Free text of several lines."""

Document = Annotated[str, StringConstraints(max_length=1_000_000), _Text()]
"""A whole body, or a value out of one, as it is written in JSON."""

Subject = Annotated[str, StringConstraints(min_length=1, max_length=1_000), _Text()]
"""The hub's own name for what a record is about: it becomes the record's key, so it is never empty."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_LINE)]
"""One line of text: no control characters, so it may stand in a header, a label or a log."""

Ref = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_REF)]
"""A reference in its owner's own words: no control characters, no blanks at its ends."""

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_REF)]
"""An order: `<dealer>/<opportunity>#<n>` for the one that the hub asked for because of the n-th win, else the ERP's own number."""

Slug = Annotated[str, StringConstraints(pattern=_SLUG)]
"""An id that the OEM gives: it may become part of a topic, a path or a key."""

PartnerId = Annotated[str, StringConstraints(pattern=_PARTNER_ID)]
"""A dealer's or carrier's id: it is part of topic names, so it has no dots."""

EventId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_EVENT_ID)]

Instant = Annotated[
    AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)), _Written(_INSTANT, "date-time")
]
"""A moment, with its offset from UTC."""

Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1)), _Written(_DAY, "date")]

Revision = Annotated[int, Field(ge=1, le=INT64)]
"""The source's own count of a subject's changes."""

Count = Annotated[int, Field(ge=0, le=INT64)]

Minor = Annotated[int, Field(ge=-INT64, le=INT64)]
"""An amount in minor units, where the currency stands once for many of them."""

Quantity = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""How many pieces, or how much in the unit that its field names: many lines of many documents still add up to 64 bits."""

Percent = Annotated[int, Field(ge=0, le=100)]

Permille = Annotated[int, Field(ge=0, le=1000)]

Price = Annotated[int, Field(ge=0, le=10**12)]
"""A price in minor units of the currency named beside it."""

Amount = Annotated[int, Field(ge=-(10**12), le=10**12)]
"""One of many amounts in minor units of the currency named beside them: added up they still fit 64 bits."""

Kilometres = Annotated[int, Field(ge=0, le=9_999_999)]
"""What an odometer shows; seven digits, as typing errors come through here too."""

Currency = Annotated[str, StringConstraints(pattern=_CURRENCY)]

Country = Annotated[str, StringConstraints(pattern=_COUNTRY)]

Zone = Annotated[str, StringConstraints(pattern=_ZONE)]
"""A country, or a country and how its postal codes begin."""

CurrencyPair = Annotated[str, StringConstraints(pattern=_CURRENCY_PAIR)]

Rate = Annotated[int, Field(ge=1, le=INT64)]
"""What one is worth in the other, in thousandths of a millionth."""

Unlocode = Annotated[str, StringConstraints(pattern=_UNLOCODE)]

Language = Annotated[str, StringConstraints(max_length=35, pattern=_LANGUAGE)]

Sha256 = Annotated[str, StringConstraints(pattern=_SHA256)]
"""What a file or a document is, whatever it is called."""

PublicKey = Annotated[str, StringConstraints(pattern=_PUBLIC_KEY)]
"""The public half of a key of Ed25519 (RFC 8032)."""

Signature = Annotated[str, StringConstraints(pattern=_SIGNATURE)]
"""What was signed with a key of Ed25519 (RFC 8032)."""

Channel = Literal["email", "sms", "post"]
"""A way to people, out of the house."""

Cause = Literal[
    "unknown_address", "unreachable", "mailbox_full", "too_large", "policy", "content", "opted_out", "complaint", "sender_side", "other"
]
"""Why somebody did not get what was sent: what the address, its owner, the provider or we ourselves stood in the way with."""

PersonKind = Literal["customer", "contact", "prospect"]
"""Whose reference a person's is: a prospect is known by the reference of its lead."""
Vin = Annotated[str, StringConstraints(pattern=_VIN)]
"""A vehicle's number. Its check digit is not looked at: not every market computes one."""


def _known_time_zone(name: str) -> str:
    """The zone's rules must be here to be followed, so a name that is unknown is refused where it is said."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError("zone", TIME_ZONE_EXPECTED) from None
    return name


TimeZone = Annotated[str, StringConstraints(max_length=60, pattern=_TIME_ZONE), AfterValidator(_known_time_zone)]
"""Where wall time matters, a time zone by its name in the IANA database."""

Clock = Annotated[str, StringConstraints(pattern=_CLOCK)]
"""A time of day on somebody's wall, 24 hours."""

CalendarId = Annotated[str, StringConstraints(pattern=_CALENDAR_ID)]
"""Whose calendar it is: a country's, by its capitals, or a dealer's."""

MonthDay = Annotated[str, StringConstraints(pattern=_MONTH_DAY)]
"""A day of each year, month first; the 29th of February is one of leap years alone."""

T = TypeVar("T")

Several = Annotated[tuple[T, ...], Field(max_length=100), FailFast()]
"""A list that stops at its first fault: a million bad items must not become a million findings."""


class Money(BaseModel):
    """An amount in minor units (cents) of an ISO 4217 currency."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", defer_build=True)

    minor: Annotated[int, Field(ge=-INT64, le=INT64)]
    currency: Currency


class Address(BaseModel):
    """A postal address as its source writes it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", defer_build=True)

    street: Line | None = None
    postal_code: Line | None = None
    city: Line | None = None
    region: Line | None = None
    country: Country | None = None
