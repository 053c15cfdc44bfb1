"""The addresses under which the outside reaches the hub's door because of one delivery, and what makes them genuine.

A link holds the delivery's id and a signature, nothing of the person. It never expires: who wants to hear no more
may say so years later.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

_ID = 16
_SIGNATURE = 16
_LENGTH = (_ID + _SIGNATURE) * 4 // 3 + 1


class Links(NamedTuple):
    """Makes links for what is sent; `public_url` is the door as the outside sees it, without a slash at its end."""

    public_url: str
    secret: bytes

    def unsubscribe(self, delivery: UUID) -> str:
        """For the header List-Unsubscribe and the foot of a mail: a POST acts, a GET shows a page."""
        return f"{self.public_url}/unsubscribe/{token(delivery, self.secret)}"


def token(delivery: UUID, secret: bytes) -> str:
    """The delivery's id with a signature over it."""
    return urlsafe_b64encode(delivery.bytes + _signature(delivery, secret)).decode().rstrip("=")


def delivery_of(text: str, secrets: Sequence[bytes]) -> UUID | None:
    """The delivery that a token names; None unless one of the secrets signed it."""
    if len(text) != _LENGTH:
        return None
    try:
        raw = urlsafe_b64decode(f"{text}=")
    except (Error, ValueError):
        return None
    if len(raw) != _ID + _SIGNATURE:  # what is no letter of base64 was passed over
        return None
    delivery = UUID(bytes=raw[:_ID])
    matches = [hmac.compare_digest(raw[_ID:], _signature(delivery, secret)) for secret in secrets]
    return delivery if any(matches) and token(delivery, secrets[matches.index(True)]) == text else None


def _signature(delivery: UUID, secret: bytes) -> bytes:
    return hmac.digest(secret, b"unsubscribe\0" + delivery.bytes, sha256)[:_SIGNATURE]
