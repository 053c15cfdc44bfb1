"""Put text into a mail's headers so that it stays in its header."""

import re
from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage

from hub.errors import HubError, InputError

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|=\?")
_LONGEST = 900  # of 998 signs in a line
_BYTES_A_WORD = 45  # of UTF-8: sixty signs of base64, and `=?utf-8?b??=` around them


def guard(path: str, text: str) -> str:
    """The text, if it may stand in a header; raises InputError.

    Not what it looks like counts, but what some reader might take it for: a line's end, the turn of the reading direction, or the beginning
    of an encoded word, from which some versions of Python's own `email` made a line's end again (CVE-2024-6923).
    """
    if _FORBIDDEN.search(text):
        raise InputError(path, "text for a header: one line, no control characters, no =?")
    return text


def header_value(text: str) -> str:
    """A guarded text as the value of an unstructured header; encoded (RFC 2047) where it goes beyond ASCII or a line."""
    if text.isascii() and len(text) <= _LONGEST:
        return text
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in _words(text))


def phrase(path: str, text: str) -> str:
    """A display name before an address."""
    guard(path, text)
    return header_value(text) if not text.isascii() else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _words(text: str) -> list[bytes]:
    """UTF-8 in pieces that end between two characters."""
    words, word = [], b""
    for sign in text:
        encoded = sign.encode()
        if len(word) + len(encoded) > _BYTES_A_WORD:
            words.append(word)
            word = b""
        word += encoded
    return [*words, word]


def probe() -> bool:
    """Try the guard with what is known to do harm, at the start of a process; raises HubError where it does not hold.

    False where this Python's own `email` can be tricked. Nothing of ours builds messages with it; say so, and go on.
    """
    for text in ("a\r\nBcc: b@c.test", "a\nb", "a\u2028b", "=?utf-8?q?=0D=0ABcc=3A_b=40c.test?="):
        try:
            guard("subject", text)
        except InputError:
            continue
        raise HubError("the guard of mail headers does not hold: no mail is sent")
    written = f"Subject: {header_value('Grüße = ?utf-8?q? ' * 20)}\r\n\r\n".encode()
    if message_from_bytes(written, policy=policy.default).keys() != ["Subject"]:
        raise HubError("a subject becomes more than a subject: no mail is sent")
    message = EmailMessage(policy=policy.SMTP)
    try:
        message["Subject"] = "=?utf-8?q?=0D=0ABcc=3A_b=40c.test?="
        return message_from_bytes(message.as_bytes(), policy=policy.default).keys() == ["Subject"]
    except ValueError:
        return True
