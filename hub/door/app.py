"""The door as an application: every entrance with who may use it, how large and how often, and what keeps all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.contract import Finding
from hub.door import asking, bounces, callbacks, documents, intake, leads, unsubscribing
from hub.door.desk import Desk
from hub.door.errors import Denied
from hub.door.limits import Limits
from hub.errors import Unavailable
from hub.telemetry import log

Answer = Callable[[Desk, Request, bytes], Awaitable[Response]]

_FORM, _MAIL, _EVENTS, _LEADS = 64_000, 2_000_000, 5_000_000, 500_000
_READ_SECONDS = 20.0  # a body that comes slower than this is not waited for


class Entrance(NamedTuple):
    """A path and method: who may use it, the largest body, and how many requests a second of one caller are answered."""

    name: str
    method: str
    path: str
    who: str
    answer: Answer
    most_bytes: int
    per_second: float


ENTRANCES = (
    Entrance("sms-status", "POST", "/reports/sms", "the SMS provider, by its signature", callbacks.sms_status, _FORM, 2_000),
    Entrance("sms-inbound", "POST", "/reports/sms/inbound", "the SMS provider, by its signature", callbacks.sms_inbound, _FORM, 500),
    Entrance("bounces", "POST", "/bounces", "who catches our mail, by a shared secret", bounces.take, _MAIL, 500),
    Entrance("unsubscribe-page", "GET", "/unsubscribe/{token}", "whoever has the link, by its signature", unsubscribing.look, 0, 100),
    Entrance("unsubscribe", "POST", "/unsubscribe/{token}", "whoever has the link, by its signature", unsubscribing.act, _FORM, 100),
    Entrance("document", "GET", "/documents/{token}", "whoever has the link, by its signature", documents.give, 0, 100),
    Entrance("events", "POST", "/events", "a dealer, by its token", intake.take, _EVENTS, 1_000),
    Entrance("leads", "POST", "/leads", "a dealer, by its token", leads.take, _LEADS, 1_000),
)
"""Everything that the outside can reach; docs/door.md tells of each, and a test compares."""

_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # a link is a key
    (b"cache-control", b"no-store"),
    (b"x-robots-tag", b"noindex"),
)
_HTTPS = (b"strict-transport-security", b"max-age=31536000")


def application(desk: Desk) -> ASGIApp:
    """The door, with nothing open but its entrances."""
    routes = [Route(each.path, _Endpoint(desk, each), methods=[each.method], name=each.name) for each in ENTRANCES]
    return _Headers(Starlette(routes=routes), is_https=desk.public_url.startswith("https://"))


class _Endpoint:
    """Answers at one entrance: bounds what comes before anything is read of it, and says why where it does not do as asked."""

    def __init__(self, desk: Desk, entrance: Entrance) -> None:
        self._desk, self._entrance = desk, entrance
        self._limits = Limits(entrance.per_second, entrance.per_second * 4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        began = perf_counter()
        response = await self._answer(Request(scope, receive))
        metrics, name = self._desk.metrics, self._entrance.name
        metrics.door_requests.labels(name, _outcome(response.status_code)).inc()
        metrics.door_seconds.labels(name).observe(perf_counter() - began)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        entrance = self._entrance
        try:
            asking.bound(self._limits, asking.caller(request))
            async with asyncio.timeout(_READ_SECONDS):
                raw = await asking.body(request, entrance.most_bytes)
            return await entrance.answer(self._desk, request, raw)
        except Denied as denied:
            return denied.response()
        except Unavailable:
            return Denied(503, "away", Finding("(request)", "the same again, a little later: nothing was kept of it"), after=5).response()
        except (TimeoutError, ClientDisconnect):
            return Denied(408, "slow", Finding("(body)", f"a body within {_READ_SECONDS:.0f} s")).response()
        except Exception as error:  # noqa: BLE001 - the last edge: whoever asks must not hear of our inside, and others go on
            log.error("door.failed", entrance=entrance.name, error=type(error).__name__)
            return JSONResponse({"error": "failed", "faults": []}, 500)


def _outcome(status: int) -> str:
    """What a status means to us: who asks too much is refused, who comes in vain for want of a server is sent away."""
    match status:
        case 500:
            return "failed"
        case 503:
            return "away"
        case _:
            return "refused" if status >= 400 else "done"  # noqa: PLR2004 - RFC 9110's classes


class _Headers:
    """Puts what protects people and pages on every answer, also on those that no entrance gave."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = (*_HEADERS, _HTTPS) if is_https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, sending)
