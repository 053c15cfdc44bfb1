"""A channel to a local SMS provider, whoever hears its reports, and texts to send."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from twilio.request_validator import RequestValidator

from hub.channels.parcel import Parcel, Sms
from hub.channels.sms.twilio import SmsAccount, TwilioChannel
from hub.local.mail_catcher import MailCatcher
from hub.local.outside_pages import application
from hub.local.outside_ports import ACCOUNT
from hub.local.sms_provider import SmsProvider

NUMBER, TOKEN = "+491701234567", "a-token"


@dataclass
class SmsScene:
    """A provider, a channel to it, and whoever hears the provider's reports: each with whether its signature is right."""

    provider: SmsProvider
    url: str
    heard: list[tuple[str, str, bool]] = field(default_factory=list)

    def channel(self, token: str = TOKEN, seconds: float = 5.0) -> TwilioChannel:
        return TwilioChannel(SmsAccount(ACCOUNT, token, f"{self.url}/reports", self.url), at_once=4, seconds=seconds)

    async def hear(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        is_right = RequestValidator(TOKEN).validate(f"{self.url}{request.rel_url}", form, request.headers["X-Twilio-Signature"])
        self.heard.append(
            (request.query.get("delivery", form.get("OptOutType", "")), form.get("MessageStatus", form.get("Body", "")), is_right)
        )
        return web.Response()


@asynccontextmanager
async def an_sms_scene() -> AsyncIterator[SmsScene]:
    """A provider of the test's own."""
    found = SmsScene(SmsProvider(TOKEN), "")
    app = application(MailCatcher(), found.provider)
    app.router.add_post("/reports", found.hear)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await found.provider.stop()
    await runner.cleanup()


def a_parcel(to: str = NUMBER, delivery: str = "d-1", text: str = "Hello") -> Parcel:
    return Parcel(delivery, to, Sms("Hub", text))
