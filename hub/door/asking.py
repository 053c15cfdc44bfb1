"""Read a request without trusting it: whose it is, how large, what form."""

import hmac
from urllib.parse import parse_qsl

from starlette.requests import Request

from contracts.contract import Finding
from hub.door.errors import Denied
from hub.door.limits import Limits
from hub.door.signatures import Form

_MOST_FIELDS = 200
_FORM = "application/x-www-form-urlencoded"


async def body(request: Request, most: int) -> bytes:
    """The body, at most so many bytes: a larger one is refused before it is read."""
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdigit() or int(told[:20]) > most:
        raise _too_large(most)
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def form(request: Request, raw: bytes) -> Form:
    """The fields of a form, in their order."""
    if media_type(request) != _FORM:
        raise Denied(415, "media_type", Finding("content-type", _FORM))
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Denied(400, "form", Finding("(body)", f"a form of at most {_MOST_FIELDS} fields in UTF-8")) from None


def media_type(request: Request) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def charset(request: Request) -> str:
    """The parameter `charset` of the content type; empty where it has none."""
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")
    return ""


def bearer(request: Request) -> str:
    """The token that the request brings; Denied without one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Denied(401, "token_missing", Finding("authorization", "Bearer, a blank, and a token"))
    return token.strip()


def is_secret(given: str, secret: str) -> bool:
    """Whether it is our secret, compared in constant time; an empty one opens nothing."""
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())


def bound(limits: Limits, who: str, weight: float = 1.0) -> None:
    """Count a request; Denied where it is one too many. A heavy one counts as several."""
    if wait := limits.wait(who, weight):
        raise Denied(429, "too_many", Finding("(request)", "fewer requests"), after=wait)


def caller(request: Request) -> str:
    """Where the request comes from, as far as the server trusts those between."""
    return request.client.host if request.client else "?"


def _too_large(most: int) -> Denied:
    return Denied(413, "too_large", Finding("(body)", f"at most {most} bytes"))
