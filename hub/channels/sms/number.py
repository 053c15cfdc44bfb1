"""Telephone numbers that a text may go to."""

import re

import phonenumbers
from phonenumbers import PhoneNumberType

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z", re.ASCII)
_NOBODY_S = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}
"""Numbers that cost whoever writes to them, or that are no person's."""


def number_of(text: str, country: str | None = None) -> str | None:
    """What somebody wrote down as a number, in E.164; None where it is none that a text may go to. `country` is for those without one."""
    try:
        found = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if found.extension or not phonenumbers.is_possible_number(found) or phonenumbers.number_type(found) in _NOBODY_S:
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def is_number(text: str) -> bool:
    """Whether it is written in E.164 already, and a text may go there."""
    return bool(_E164.match(text)) and number_of(text) == text
