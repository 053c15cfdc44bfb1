"""Answer the SMS provider: what became of a message, and what somebody sent back."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from contracts.contract import Finding
from hub.door import asking, reports
from hub.door.desk import Desk
from hub.door.errors import Denied
from hub.door.reports import Heard
from hub.door.signatures import HEADER, is_genuine
from hub.state import door

_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Answers nothing to who sent the message (TwiML)."""


async def sms_status(desk: Desk, request: Request, raw: bytes) -> Response:
    """How far a delivery is. One that the hub does not know is noted, and kept: after a restore it may be planned again.

    What is no id of ours at all is noted only: told again it would be none either.
    """
    form = _genuine(desk, request, raw)
    named = request.query_params.get("delivery", "")
    delivery = _id(named)
    if delivery is None:
        desk.unknown(named)
    else:
        heard = reports.sms_status(delivery, form)
        if await desk.lines.ask(lambda connection: door.delivered(connection, delivery)) is None:
            desk.unknown(named)
        await desk.report(heard)
    return Response(status_code=204)


async def sms_inbound(desk: Desk, request: Request, raw: bytes) -> Response:
    """STOP and START; anything else is answered and not kept."""
    heard: list[Heard] = reports.sms_inbound(_genuine(desk, request, raw))
    if heard:
        await desk.report(heard)
    return Response(_NOTHING, media_type="text/xml")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _genuine(desk: Desk, request: Request, raw: bytes) -> dict[str, str]:
    """The form, if the provider signed it over the URL that it was given."""
    form = asking.form(request, raw)
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{desk.public_url}{request.url.path}{query}"
    if not is_genuine(desk.keys.sms, url, form, request.headers.get(HEADER)):
        raise Denied(403, "signature", Finding(HEADER, "the provider's signature over this URL and form"))
    return dict(form)
