"""How many segments a text takes on the air, before it is sent and paid for (3GPP 23.038 and 23.040)."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")  # an escape and a sign: two septets, which stay together
_ALONE, _JOINED = {"gsm7": 160, "ucs2": 70}, {"gsm7": 153, "ucs2": 67}  # joined, each begins with six bytes that say how


class Segments(NamedTuple):
    """In which alphabet a text goes, in how many parts, and what of the last one is free: septets, or UCS-2 units."""

    encoding: Literal["gsm7", "ucs2"]
    parts: int
    free: int


def segments(text: str) -> Segments:
    """The segments of a text; one sign beyond GSM-7 makes all of it UCS-2."""
    encoding: Literal["gsm7", "ucs2"] = "gsm7" if beyond(text) == "" else "ucs2"
    widths = [_width(sign, encoding) for sign in text]
    total = sum(widths)
    if total <= _ALONE[encoding]:
        return Segments(encoding, 1, _ALONE[encoding] - total)
    return Segments(encoding, *_packed(widths, _JOINED[encoding]))


def beyond(text: str) -> str:
    """The signs that GSM-7 has not, each once, in their order: what makes a text dearer."""
    return "".join(dict.fromkeys(sign for sign in text if sign not in _BASIC and sign not in _EXTENSION))


def _width(sign: str, encoding: str) -> int:
    if encoding == "ucs2":
        return 2 if ord(sign) > 0xFFFF else 1  # noqa: PLR2004 - beyond the basic plane: two surrogates
    return 2 if sign in _EXTENSION else 1


def _packed(widths: Iterable[int], room: int) -> tuple[int, int]:
    """Segments that signs of these widths fill, none of them divided, and what is free in the last."""
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count, room - used
