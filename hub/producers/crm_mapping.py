"""How the words of a CRM export become the hub's: files, columns, stages, dates, money, spellings."""

import codecs
from datetime import date, datetime, timedelta
from datetime import tzinfo as TimeZone  # noqa: N812 - a type
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contracts.contract import findings
from contracts.values import Currency, Slug
from hub.errors import InputError
from hub.rules.money import minor_digits

BUILT_IN = Path(__file__).with_name("crm_mapping.yaml")

Column = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CustomerColumns(_Part):
    """Field of `customer.recorded` → column; `customer` is the key."""

    customer: Column
    name: Column
    status: Column | None = None
    email: Column | None = None
    phone: Column | None = None
    sector: Column | None = None
    founded: Column | None = None
    revenue: Column | None = None
    employees: Column | None = None
    country: Column | None = None
    parent: Column | None = None
    owner: Column | None = None
    note: Column | None = None


class OpportunityColumns(_Part):
    """Field of an opportunity's events → column; `opportunity` is the key, `opened` and `closed` are days."""

    opportunity: Column
    stage: Column
    opened: Column
    closed: Column
    title: Column | None = None
    customer: Column | None = None
    product: Column | None = None
    owner: Column | None = None
    amount: Column | None = None


class ProductColumns(_Part):
    """Field of a product → column; `id` is the key."""

    id: Column
    series: Column | None = None
    list_price: Column | None = None


class StaffColumns(_Part):
    """Field of a member of staff → column; `id` is the key."""

    id: Column
    manager: Column | None = None


class CustomerSheet(_Part):
    """Where the customers are; `revenue_unit` is what one in the revenue column stands for."""

    file: Column
    columns: CustomerColumns
    revenue_unit: Annotated[int, Field(ge=1, le=10**9)] = 1


class Standing(_Part):
    """What a word in the stage column says: the stages passed so far, and how it ended, if it did.

    `undated: as_of` takes the export's own day where the day of opening is missing; `refuse` refuses the line.
    """

    path: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20, strict=False)]
    outcome: Literal["open", "won", "lost"] = "open"
    undated: Literal["as_of", "refuse"] = "refuse"


class OpportunitySheet(_Part):
    """Where the opportunities are."""

    file: Column
    columns: OpportunityColumns
    sales_model: Slug = "standard"
    stages: Annotated[dict[str, Standing], Field(min_length=1)]


class ProductSheet(_Part):
    """Where the products are."""

    file: Column
    columns: ProductColumns


class StaffSheet(_Part):
    """Where the salespeople are."""

    file: Column
    columns: StaffColumns


class Spelling(_Part):
    """Known misspellings, by field: written → meant. Nothing else is ever guessed."""

    sector: dict[str, str] = {}
    country: dict[str, str] = {}


class Mapping(_Part):
    """One CRM's export; `dates` are strptime formats, tried in order."""

    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    dates: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    timezone: str = "UTC"
    currency: Currency
    customers: CustomerSheet
    opportunities: OpportunitySheet
    products: ProductSheet | None = None
    staff: StaffSheet | None = None
    spelling: Spelling = Spelling()
    countries: dict[str, Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = {}

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError("an encoding such as utf-8 or cp1252") from None

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError):  # not found is a KeyError
            raise ValueError("a time zone such as Europe/Berlin") from None
        return name

    @field_validator("dates")
    @classmethod
    def _tell_a_day(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for written in formats:
            day = date(2017, 3, 31)
            try:
                is_told = datetime.strptime(day.strftime(written), written).date() == day  # noqa: DTZ007 - a day has no zone
            except ValueError:
                is_told = False
            if not is_told:
                raise ValueError(f"formats that tell day, month and year; {written!r} does not")
        return formats

    @cached_property
    def zone(self) -> TimeZone:
        """The zone in which the export's days begin."""
        return ZoneInfo(self.timezone)

    def day(self, text: str) -> date | None:
        """The day that a cell tells; None where it tells none of this century or the last."""
        for written in self.dates:
            try:
                found = datetime.strptime(text, written).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
            return found if 1900 <= found.year < 2200 else None  # noqa: PLR2004 - the contracts' years
        return None

    def moment(self, day: date, step: int = 0) -> datetime:
        """The beginning of a day, and `step` seconds: the events of one day keep their order by it."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(seconds=step)

    def number(self, text: str) -> Decimal | None:
        """The number in a cell, without thousands' separators; None where there is none."""
        plain = text.replace(self.decimal, ".") if self.decimal in text else text
        if not plain.isascii() or any(sign not in "-0123456789." for sign in plain) or len(plain) > 30:  # noqa: PLR2004 - beyond 64 bits
            return None
        try:
            return Decimal(plain)
        except InvalidOperation:
            return None

    def minor(self, amount: Decimal) -> int | None:
        """An amount of the mapping's currency in minor units; None where it is finer than they are."""
        scaled = amount.scaleb(minor_digits(self.currency))
        return int(scaled) if scaled == scaled.to_integral_value() else None


def load(path: Path | None = None) -> Mapping:
    """Read a mapping, the built-in one unless told; raises InputError naming the field."""
    file = path or BUILT_IN
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(file), f"a mapping that can be read ({error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise InputError(where, f"YAML ({getattr(error, 'problem', None) or error})") from None
    if not isinstance(said, dict):
        raise InputError(file.name, "a mapping with `customers` and `opportunities` (hub import mapping prints one)")
    try:
        return Mapping.model_validate(said)
    except ValidationError as error:
        first = findings(error)[0]
        raise InputError(f"{file.name}: {first.path or 'mapping'}", first.expected) from None
