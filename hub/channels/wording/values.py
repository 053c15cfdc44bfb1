"""What a notice's fields hold, checked by their kind and written for people of a language."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from pydantic import TypeAdapter, ValidationError

from contracts.base.templates import TemplateField
from contracts.contract import findings
from contracts.values import Count, Line, Money, Text
from hub.errors import InputError
from hub.rules.money import minor_digits

_LINE, _TEXT, _COUNT, _MONEY = TypeAdapter(Line), TypeAdapter(Text), TypeAdapter(Count), TypeAdapter(Money)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]()-]{1,2000}\Z")

_PLAIN_LINK = re.compile(
    r"(?=.{1,2008}\Z)https?://[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,20}(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~:/?#@!$&*+,;=%()-]*)?\Z"
)


class Values:
    """The fields of a template, for one language and time zone after another."""

    def __init__(self, fields: Iterable[TemplateField]) -> None:
        self._fields = [(field.name, _BY_KIND[field.kind], field.is_required) for field in fields]

    def written(self, given: Mapping[str, Any], language: str, zone: str = "UTC") -> dict[str, str]:
        """Each field as text; empty where a field that is not required is missing. Raises InputError with the field's path.

        What the template has no field for is passed over: a rule may say more than an older template uses.
        """
        found = {}
        for name, write, is_required in self._fields:
            value = given.get(name)
            if value is None:
                if is_required:
                    raise InputError(f"fields.{name}", "a value: the template needs it")
                found[name] = ""
                continue
            found[name] = write(f"fields.{name}", value, language, zone)
        return found


def _line(path: str, value: object, _language: str, _zone: str) -> str:
    return str(_valid(_LINE, path, value))


def _text(path: str, value: object, _language: str, _zone: str) -> str:
    text = str(_valid(_TEXT, path, value)).replace("\r\n", "\n")
    if _CONTROL.search(text):
        raise InputError(path, "lines of text without control characters")
    return text


def _count(path: str, value: object, language: str, _zone: str) -> str:
    return _number(int(_valid(_COUNT, path, value)), language)


def _money(path: str, value: object, language: str, _zone: str) -> str:
    money = _valid(_MONEY, path, value)
    assert isinstance(money, Money)  # noqa: S101 - as its adapter says
    return _amount(money.minor, money.currency, language)


def _day(path: str, value: object, language: str, _zone: str) -> str:
    try:
        return _date(date.fromisoformat(str(value)), language)
    except ValueError:
        raise InputError(path, "a day, such as 2026-05-01") from None


def _moment(path: str, value: object, language: str, zone: str) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(path, "a moment with its offset, such as 2026-05-01T10:00:00+02:00")
    # other blanks than the plain one, which some languages put before AM and PM, are beyond GSM-7
    return re.sub(r"\s", " ", format_datetime(moment, "short", tzinfo=_zone(zone), locale=locale_of(language)))


def _link(path: str, value: object, _language: str, _zone: str) -> str:
    text = str(value)
    if _PLAIN_LINK.match(text):  # nearly all; looking closer costs as much as the rest of a mail's words
        return text
    try:
        is_one = bool(_LINK.match(text) and urlsplit(text).hostname)
    except ValueError:
        is_one = False
    if not is_one:
        raise InputError(path, "the address of a page, beginning with https:// or http://")
    return text


_BY_KIND: Mapping[str, Callable[[str, object, str, str], str]] = {
    "line": _line,
    "text": _text,
    "count": _count,
    "money": _money,
    "day": _day,
    "moment": _moment,
    "link": _link,
}


def checked_link(path: str, value: str) -> str:
    """A link that may stand in a header and in HTML; raises InputError."""
    return _link(path, value, "", "")


@cache
def locale_of(language: str) -> Locale:
    """How people of a language write numbers and days; as in English where nobody knows."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):  # no such zone, and what is no name of one
        return UTC


def _valid(adapter: TypeAdapter[Any], path: str, value: object) -> Any:  # noqa: ANN401 - what the adapter is of
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise InputError(path, findings(error)[0].expected) from None


@lru_cache(10_000)
def _amount(minor: int, currency: str, language: str) -> str:
    return format_currency(Decimal(minor).scaleb(-minor_digits(currency)), currency, locale=locale_of(language))


@lru_cache(10_000)
def _number(value: int, language: str) -> str:
    return format_decimal(value, locale=locale_of(language))


@lru_cache(10_000)
def _date(day: date, language: str) -> str:
    return format_date(day, "long", locale=locale_of(language))
