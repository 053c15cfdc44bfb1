"""Take mail that came back, from whatever server catches it: what it reports of a mail of ours becomes a report of ours."""

import asyncio
from collections.abc import Sequence
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
from hub.rules.links import delivery_of_mail
from hub.state import door

_MAIL = "message/rfc822"


async def take(desk: Desk, request: Request, raw: bytes) -> Response:
    """A mail as it came, in the body: 202 with how many reports it holds, also where it holds none."""
    if not asking.is_secret(asking.bearer(request), desk.keys.bounces):
        raise Denied(401, "token_unknown", Finding("authorization", "the secret of who catches our mail (HUB_DOOR_BOUNCE_SECRET)"))
    if asking.media_type(request) != _MAIL:
        raise Denied(415, "media_type", Finding("content-type", _MAIL))
    reports = await asyncio.to_thread(read_reports, raw, desk.mail_domain)  # whoever wrote it may have made that slow
    heard = await _heard(desk, [report for report in reports if report.kind != "delayed"], sha256(raw).hexdigest())
    await desk.report(heard)
    return JSONResponse({"reports": len(heard)}, 202)


async def _heard(desk: Desk, reports: Sequence[MailReport], mail: str) -> list[Heard]:
    """What is believed of a mail: one report at most, on the address that our own mail went to. What is still tried says nothing yet.

    Anybody can write to where bounces go. A report that does not bring back a mail's signed name could keep whomever it likes from
    getting mail.
    """
    if not reports:
        return []
    names = reports[0].names
    found = await _delivered(desk, names)
    if found is None:
        desk.unknown(names[0] if names else "")
        return []
    delivery, address = found
    key = address_key("email", address)
    report = next((one for one in reports if one.recipient and address_key("email", one.recipient) == key), reports[0])
    about = {"address": key, "channel": "email", "hint": hint("email", address), "delivery": str(delivery)}
    if report.kind == "complained":
        return [Heard(RECIPIENT_COMPLAINED, about, ("complained", mail))]
    fields = {**about, "cause": report.cause, "is_permanent": report.is_permanent, "code": report.code}
    return [Heard(ADDRESS_BOUNCED, fields, ("bounced", mail))]


async def _delivered(desk: Desk, names: Sequence[str]) -> tuple[UUID, str] | None:
    """The delivery that a report names and the address that it went to, if it is one of ours and went by mail."""
    for delivery in (delivery_of_mail(name, desk.keys.links) for name in names):
        if delivery is None:
            continue
        found = await desk.lines.ask(lambda connection, delivery=delivery: door.delivered(connection, delivery))  # type: ignore[misc] # mypy knows no defaults of lambdas
        if found and found.address and found.channel == "email":
            return delivery, found.address
    return None
