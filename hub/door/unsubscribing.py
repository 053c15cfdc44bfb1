"""Answer who follows an unsubscribe link: a GET shows a button and does nothing, a POST acts (RFC 8058)."""

from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from contracts.addresses import address_key, hint
from contracts.reports import RECIPIENT_UNSUBSCRIBED
from contracts.values import Channel
from hub.door import asking, pages
from hub.door.desk import Desk
from hub.door.reports import Heard
from hub.rules.decision import dealer_of
from hub.rules.links import delivery_of
from hub.state import door
from hub.state.door import Delivered

_CHANNELS: dict[str, Channel] = {"email": "email", "sms": "sms", "post": "post"}


async def look(desk: Desk, request: Request, _raw: bytes) -> Response:
    """The page with the button."""
    accepted = request.headers.get("accept-language", "")
    return pages.asking(accepted) if _delivery(desk, request) else pages.unknown(accepted)


async def act(desk: Desk, request: Request, raw: bytes) -> Response:
    """No more of that. Said again it counts again: somebody may have agreed in between."""
    accepted, delivery = request.headers.get("accept-language", ""), _delivery(desk, request)
    if delivery is None:
        return pages.unknown(accepted)
    asking.bound(desk.links, str(delivery))
    found = await desk.lines.ask(lambda connection: door.delivered(connection, delivery))
    if found is None:
        desk.unknown(str(delivery))
        return pages.unknown(accepted)
    await desk.report([_heard(delivery, found, "page" if _is_by_page(raw) else "one_click")])
    return pages.done(accepted)


def _delivery(desk: Desk, request: Request) -> UUID | None:
    return delivery_of(request.path_params["token"], desk.keys.links)


def _is_by_page(raw: bytes) -> bool:
    """Whether the page's own button was used; anything else that is sent means the same, and is one click."""
    return ("means", "page") in parse_qsl(raw.decode("ascii", "replace"))


def _heard(delivery: UUID, found: Delivered, means: str) -> Heard:
    channel = _CHANNELS[found.channel]
    known = {"address": address_key(channel, found.address), "hint": hint(channel, found.address)} if found.address else {}
    fields = {
        "delivery": str(delivery),
        "channel": channel,
        "dealer": dealer_of(found.principal),
        "person_kind": found.person_kind,
        "person": found.person,
        "purpose": found.purpose,
        "grantee": found.grantee,
        "means": means,
        **known,
    }
    return Heard(RECIPIENT_UNSUBSCRIBED, fields, ("unsubscribed", uuid4()))
