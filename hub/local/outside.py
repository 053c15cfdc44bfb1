"""The world outside, for a hub on one machine: mail server and SMS provider, in one process beside the hub's own."""

import asyncio
import contextlib
import signal
from urllib.parse import urlsplit

from aiohttp import web

from hub.local.mail_catcher import MailCatcher
from hub.local.outside_pages import application
from hub.local.sms_provider import SmsProvider
from hub.settings import Settings
from hub.telemetry import configure_logs, log

_LAST_SECONDS = 0.5


async def run(settings: Settings) -> None:
    """Serve until SIGTERM, where the settings of the hub look for its providers."""
    door = f"http://127.0.0.1:{settings.door_port}"
    mail = MailCatcher(bounces=f"{door}/bounces", secret=settings.door_bounce_secret.get_secret_value())
    sms = SmsProvider(token=settings.sms_token.get_secret_value(), inbound=f"{door}/reports/sms/inbound")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await mail.start(settings.mail_port)
    runner = web.AppRunner(application(mail, sms), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", urlsplit(settings.sms_url).port).start()
    log.info("outside.started", mail=settings.mail_port, url=settings.sms_url)
    await stop.wait()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LAST_SECONDS):
            await asyncio.gather(mail.stop(), sms.stop())
    await runner.cleanup()


def main() -> None:
    """Run as `python -m hub.local.outside`."""
    settings = Settings()
    configure_logs(settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
