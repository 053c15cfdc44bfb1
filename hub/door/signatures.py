"""Whether a callback comes from the SMS provider: its signature over the public URL and the form.

The scheme is Twilio's: HMAC-SHA1 with the account's token over the URL and, sorted by name, each field's name and value.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha1

HEADER = "x-twilio-signature"

Form = Sequence[tuple[str, str]]
"""Fields in the order in which they came; a name may come more than once."""


def sign(secret: str, url: str, form: Form) -> str:
    """The signature that the provider sends along; a field that comes twice with one value counts once."""
    fields = "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(secret.encode(), (url + fields).encode("utf-8", "surrogatepass"), sha1)).decode()


def is_genuine(secret: str, url: str, form: Form, signature: str | None) -> bool:
    """Whether the signature is there and right; without a secret of our own nothing is."""
    if not secret or not signature:
        return False
    return hmac.compare_digest(sign(secret, url, form).encode(), signature.encode("utf-8", "replace"))
