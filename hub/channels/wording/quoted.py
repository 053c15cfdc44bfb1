"""Quoted-printable in pieces, as SMTP's DATA wants them, so that what is the same for everybody is encoded once."""

import re
from binascii import b2a_qp

from hub.channels.mail.data import dotted

SOFT = "=\r\n"
"""A line's end that is none: each piece begins on a line of its own, wherever it stands in the text."""

_PLAIN = re.compile(
    r"[A-Za-z0-9,;:/?!()'*+_<>&#-][A-Za-z0-9 .,;:/?!()'*+_<>&#-]{0,68}[A-Za-z0-9.,;:/?!()'*+_<>&#-]\Z|[A-Za-z0-9]?\Z", re.ASCII
)


def quoted(text: str) -> str:
    """One piece; it may be followed by another after SOFT."""
    if _PLAIN.match(text):  # most values; `b2a_qp` with its conversions costs five times as much
        return text
    return dotted(b2a_qp(text.encode(), istext=True).decode("ascii"))
