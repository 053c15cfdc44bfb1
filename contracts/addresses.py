"""The key of an address: one for however it is written, and not the address itself.

It is a pseudonym, not a secret: whoever can guess an address can compute its key.
"""

import re
from hashlib import sha256
from unicodedata import normalize

from contracts.values import Channel

_NOT_DIALLED = re.compile(r"\(0\)|[^0-9+]")
_BLANKS = re.compile(r"[\s,;]+")


def address_key(channel: Channel, address: str) -> str:
    """The key of an e-mail address, a telephone number or the lines of a postal address."""
    return sha256(f"{channel}:{written_alike(channel, address)}".encode("utf-8", "replace")).hexdigest()


def written_alike(channel: Channel, address: str) -> str:
    """An address as all its spellings agree on it: no case, no blanks, an IDN's domain in ASCII, a number with its country."""
    text = normalize("NFKC", address).strip()
    match channel:
        case "email":
            local, _, domain = text.casefold().rpartition("@")
            return f"{local}@{_ascii(domain.rstrip('.'))}"
        case "sms":
            digits = _NOT_DIALLED.sub("", text)
            return f"+{digits[2:]}" if digits.startswith("00") else digits
        case "post":
            return _BLANKS.sub(" ", text).casefold()


def hint(channel: Channel, address: str) -> str:
    """Enough of an address for an operator who knows it to recognise it: `e…@example.com`, `…4567`."""
    text = written_alike(channel, address)
    match channel:
        case "email":
            local, _, domain = text.rpartition("@")
            return f"{local[:1]}…@{domain}"[:100]
        case "sms":
            return f"…{text[-4:]}"
        case "post":
            return f"{text[:1]}…"


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
