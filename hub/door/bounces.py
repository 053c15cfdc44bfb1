"""Take mail that came back, from whatever server catches it: each report in it becomes one of ours."""

from hashlib import sha256
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.addresses import address_key, hint
from contracts.contract import Finding
from contracts.reports import ADDRESS_BOUNCED, RECIPIENT_COMPLAINED
from hub.channels.mail.bounces import MailReport, read_reports
from hub.door import asking
from hub.door.desk import Desk
from hub.door.errors import Denied
from hub.door.reports import Heard
from hub.state import door

_MAIL = "message/rfc822"


async def take(desk: Desk, request: Request, raw: bytes) -> Response:
    """A mail as it came, in the body: 202 with how many reports it holds, also where it holds none."""
    if not asking.is_secret(asking.bearer(request), desk.keys.bounces):
        raise Denied(401, "token_unknown", Finding("authorization", "the secret of who catches our mail (HUB_DOOR_BOUNCE_SECRET)"))
    if asking.media_type(request) != _MAIL:
        raise Denied(415, "media_type", Finding("content-type", _MAIL))
    mail = sha256(raw).hexdigest()
    heard = [
        told
        for place, report in enumerate(read_reports(raw, desk.mail_domain))
        if (told := _heard(report, await _recipient(desk, report), (mail, place))) is not None
    ]
    await desk.report(heard)
    return JSONResponse({"reports": len(heard)}, 202)


async def _recipient(desk: Desk, report: MailReport) -> str | None:
    """Whose mail came back: as the report says, else as the delivery went."""
    if report.recipient is not None or report.delivery is None:
        return report.recipient
    try:
        delivery = UUID(report.delivery)
    except ValueError:
        return None
    found = await desk.lines.ask(lambda connection: door.delivered(connection, delivery))
    return found.address if found else None


def _heard(report: MailReport, recipient: str | None, name: tuple[object, ...]) -> Heard | None:
    """The report on an address; None where nobody knows on which. What is still tried says nothing yet."""
    if recipient is None or report.kind == "delayed":
        return None
    about = {"address": address_key("email", recipient), "channel": "email", "hint": hint("email", recipient), "delivery": report.delivery}
    if report.kind == "complained":
        return Heard(RECIPIENT_COMPLAINED, about, ("complained", *name))
    fields = {**about, "cause": report.cause, "is_permanent": report.is_permanent, "code": report.code}
    return Heard(ADDRESS_BOUNCED, fields, ("bounced", *name))
