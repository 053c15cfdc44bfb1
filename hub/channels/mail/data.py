"""A message as SMTP's DATA wants it: every line ends with CRLF, none is a lone dot but the last.

A bare CR or LF that went through would let one message pass for two at a server that reads it otherwise.
"""

import re

END = ".\r\n"
_UNEVEN = re.compile("\r\n|\n|\r")


def dotted(lines: str) -> str:
    """Lines of a message: each ends with CRLF, and begins with one more dot where it began with one."""
    even = _UNEVEN.sub("\r\n", lines).replace("\r\n.", "\r\n..")
    return f".{even}" if even.startswith(".") else even


def as_data(message: bytes) -> bytes:
    """A whole message, whoever made it."""
    lines = message.decode("latin-1")
    return (dotted(lines if lines.endswith(("\r", "\n")) else f"{lines}\r\n") + END).encode("latin-1")


def as_message(data: bytes) -> bytes:
    """The message again, as its reader has it."""
    lines = data.removesuffix(END.encode()).replace(b"\r\n.", b"\r\n")
    return lines[1:] if lines.startswith(b".") else lines
