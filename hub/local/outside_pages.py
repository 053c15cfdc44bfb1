"""The stand-ins' HTTP: the provider's API, and what a person or a test wants to see and to ask for."""

from html import escape
from typing import Any

from aiohttp import web

from hub.local.mail_catcher import CaughtMail, MailCatcher
from hub.local.mail_moods import MAIL_MOODS
from hub.local.sms_moods import SMS_MOODS
from hub.local.sms_provider import CaughtSms, SmsProvider

MAIL, SMS = web.AppKey("mail", MailCatcher), web.AppKey("sms", SmsProvider)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the hub sent</title>
<style>:root{{color-scheme:light dark}}body{{font:15px/1.4 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}
small,th{{color:color-mix(in srgb,currentColor 70%,transparent);font-weight:normal}}
table{{border-collapse:collapse}}th{{text-align:left}}
td,th{{padding:.3rem 1rem .3rem 0;vertical-align:top;border-bottom:1px solid color-mix(in srgb,gray 30%,transparent)}}</style></head>
<body><h1>What the hub sent</h1><p>A mail server and an SMS provider on this machine caught it; nobody else got it.</p>{body}</body></html>
"""
_HEADERS = {
    # what was caught is hostile until proven otherwise: it runs nothing and loads nothing
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def application(mail: MailCatcher, sms: SmsProvider) -> web.Application:
    """Everything under one address of loopback."""
    app = web.Application()
    app[MAIL], app[SMS] = mail, sms
    app.add_routes(
        [
            web.get("/", _page),
            web.get("/health/ready", _ready),
            web.get("/mail", _mails),
            web.get("/mail/{number}", _mail),
            web.get("/mail/{number}/html", _mail_html),
            web.post("/mail/moods", _mail_moods),
            web.get("/sms", _texts),
            web.post("/sms/moods", _sms_moods),
            web.post("/sms/answers", _answer),
            web.post("/2010-04-01/Accounts/{account}/Messages.json", _send),
        ]
    )
    return app


async def _ready(_request: web.Request) -> web.Response:
    return web.Response(text="ready")


async def _send(request: web.Request) -> web.Response:
    form = {name: str(value) for name, value in (await request.post()).items()}
    answer = await request.app[SMS].take(request.headers.get("Authorization", ""), form)
    if answer is None:
        if request.transport:
            request.transport.abort()
        return web.Response()
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


async def _mails(request: web.Request) -> web.Response:
    return web.json_response([_mail_line(mail) for mail in request.app[MAIL].caught])


async def _mail(request: web.Request) -> web.Response:
    mail = _found(request)
    text, files = mail.parsed.get_body(("plain",)), [part.get_filename() for part in mail.parsed.iter_attachments()]
    said = {"headers": [[name, str(value)] for name, value in mail.parsed.items()], "text": text.get_content() if text else None}
    return web.json_response(_mail_line(mail) | said | {"attachments": files, "raw": mail.raw.decode("utf-8", "replace")})


async def _mail_html(request: web.Request) -> web.Response:
    page = _found(request).parsed.get_body(("html",))
    return web.Response(text=page.get_content() if page else "", content_type="text/html", headers=_HEADERS)


async def _texts(request: web.Request) -> web.Response:
    return web.json_response([_text_line(sms) for sms in request.app[SMS].caught])


async def _mail_moods(request: web.Request) -> web.Response:
    return await _take_moods(request, MAIL_MOODS, request.app[MAIL].moods)


async def _sms_moods(request: web.Request) -> web.Response:
    return await _take_moods(request, SMS_MOODS, request.app[SMS].moods)


async def _take_moods(request: web.Request, known: tuple[str, ...], waiting: Any) -> web.Response:  # noqa: ANN401 - a deque of either
    moods = await request.json()
    if not isinstance(moods, list) or not all(mood in known for mood in moods):
        raise web.HTTPUnprocessableEntity(text=f"expected a list of {', '.join(known)}")
    waiting.extend(moods)
    return web.json_response(list(waiting))


async def _answer(request: web.Request) -> web.Response:
    said = await request.json()
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in ("number", "word")):
        raise web.HTTPUnprocessableEntity(text='expected {"number": "+49…", "word": "STOP"}')
    return web.json_response({"status": await request.app[SMS].answer(said["number"], said["word"])})


async def _page(request: web.Request) -> web.Response:
    """All that was caught, the newest first."""
    mails = [
        f'<td>{mail.at:%H:%M:%S}<td>{escape(mail.recipient)}<td><a href="/mail/{mail.number}/html">'
        f'{escape(str(mail.parsed["Subject"] or "(no subject)"))}</a><td><a href="/mail/{mail.number}">headers and source</a>'
        for mail in reversed(request.app[MAIL].caught)
    ]
    texts = [
        f"<td>{sms.at:%H:%M:%S}<td>{escape(sms.to)}<td>{escape(sms.text)}<td>{escape(sms.status)}"
        for sms in reversed(request.app[SMS].caught)
    ]
    body = _table("Mail", ("at (UTC)", "to", "subject", ""), mails) + _table("SMS", ("at (UTC)", "to", "text", "status"), texts)
    return web.Response(text=_PAGE.format(body=body), content_type="text/html", headers=_HEADERS)


def _table(title: str, heads: tuple[str, ...], rows: list[str]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>None was caught yet. The page shows it once it is loaded again.</p>"
    head = "".join(f"<th>{name}" for name in heads)
    return f"<h2>{title} <small>{len(rows):,}</small></h2><table><tr>{head}{''.join(f'<tr>{row}' for row in rows)}</table>"


def _found(request: web.Request) -> CaughtMail:
    number = request.match_info["number"]
    mail = next((mail for mail in request.app[MAIL].caught if str(mail.number) == number), None)
    if mail is None:
        raise web.HTTPNotFound(text=f"expected the number of a mail that was caught, got '{number}'")
    return mail


def _mail_line(mail: CaughtMail) -> dict[str, Any]:
    parsed = mail.parsed
    return {
        "number": mail.number,
        "at": mail.at.isoformat(),
        "from": mail.sender,
        "to": mail.recipient,
        "subject": str(parsed["Subject"]),
        "message_id": str(parsed["Message-ID"]),
        "bytes": len(mail.raw),
    }


def _text_line(sms: CaughtSms) -> dict[str, Any]:
    return {"sid": sms.sid, "at": sms.at.isoformat(), "from": sms.sender, "to": sms.to, "text": sms.text, "status": sms.status}
