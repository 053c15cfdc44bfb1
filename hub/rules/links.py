"""The addresses under which the outside reaches the hub's door because of one delivery, the name of its mail, and what makes them genuine.

Either holds the delivery's id and a signature, nothing of the person: an id follows from what it names, so strangers can work it out.
A link never expires by itself: who wants to hear no more may say so years later. What a document's link opens is no longer given once
its version is over.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

_ID, _TEXT = 16, 36
_SIGNATURE = 16
_SHORT = 8
"""Bytes of a signature that stands where nothing can be tried out in masses."""
_UNSUBSCRIBE, _DOCUMENT, _MAIL = b"unsubscribe\0", b"document\0", b"mail\0"
"""What is signed says what for: a link of one kind is none of another, and no mail's name."""


class Links(NamedTuple):
    """Makes links for what is sent; `public_url` is the door as the outside sees it, without a slash at its end."""

    public_url: str
    secret: bytes

    def unsubscribe(self, delivery: UUID) -> str:
        """For the header List-Unsubscribe and the foot of a mail: a POST acts, a GET shows a page."""
        return f"{self.public_url}/unsubscribe/{token(delivery, self.secret)}"

    def document(self, delivery: UUID, place: int) -> str:
        """For a text, which encloses nothing: the document at that place among the delivery's."""
        return f"{self.public_url}/documents/{_signed(_DOCUMENT, delivery.bytes + bytes([place]), self.secret)}"

    def mail(self, delivery: UUID) -> str:
        """For Message-ID and the envelope of a mail: what comes back brings it along."""
        return mail_name(delivery, self.secret)


def mail_name(delivery: UUID, secret: bytes) -> str:
    """The delivery's id with a signature over it, as a mail is named."""
    return f"{delivery}-{_signature(_MAIL, delivery.bytes, secret)[:_SHORT].hex()}"


def delivery_of_mail(name: str, secrets: Sequence[bytes]) -> UUID | None:
    """The delivery whose mail is named so; None unless one of the secrets signed it, if there is any."""
    try:
        delivery = UUID(name[:_TEXT])
    except ValueError:
        return None
    wanted = [mail_name(delivery, secret) for secret in secrets] or [str(delivery)]
    matches = [hmac.compare_digest(name.encode(), one.encode()) for one in wanted]
    return delivery if any(matches) else None


def token(delivery: UUID, secret: bytes) -> str:
    """The delivery's id with a signature over it."""
    return _signed(_UNSUBSCRIBE, delivery.bytes, secret)


def delivery_of(text: str, secrets: Sequence[bytes]) -> UUID | None:
    """The delivery that a token names; None unless one of the secrets signed it."""
    raw = _opened(_UNSUBSCRIBE, text, secrets, _ID)
    return None if raw is None else UUID(bytes=raw)


def document_of(text: str, secrets: Sequence[bytes]) -> tuple[UUID, int] | None:
    """The delivery, and the place among its documents, that a token names; None unless one of the secrets signed it."""
    raw = _opened(_DOCUMENT, text, secrets, _ID + 1)
    return None if raw is None else (UUID(bytes=raw[:_ID]), raw[_ID])


def _signed(kind: bytes, what: bytes, secret: bytes) -> str:
    return urlsafe_b64encode(what + _signature(kind, what, secret)).decode().rstrip("=")


def _opened(kind: bytes, text: str, secrets: Sequence[bytes], length: int) -> bytes | None:
    """What was signed; a text that is written otherwise than we write it is none of ours, whatever it decodes to."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= _longest(length) else b""
    except (Error, ValueError):
        return None
    if len(raw) != length + _SIGNATURE:  # what is no letter of base64 was passed over
        return None
    what = raw[:length]
    matches = [hmac.compare_digest(raw[length:], _signature(kind, what, secret)) for secret in secrets]
    return what if any(matches) and _signed(kind, what, secrets[matches.index(True)]) == text else None


def _longest(length: int) -> int:
    return (length + _SIGNATURE) * 4 // 3 + 1


def _signature(kind: bytes, what: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, kind + what, sha256)[:_SIGNATURE]
