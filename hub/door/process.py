"""The process `door`: the application, served, with its lines to broker and database open."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from hub.door.app import application
from hub.door.desk import Desk, Keys
from hub.door.impatience import Impatient
from hub.door.judging import Judge
from hub.door.limits import LINKS, Limits
from hub.door.sweeping import sweep
from hub.producers.lines import Lines
from hub.serving import Serving
from hub.settings import Settings
from hub.state.document_store import DocumentStore
from hub.stream.consumer import Consumer
from hub.telemetry import Metrics, log

_MOST_AT_ONCE = 500  # requests; more are refused at once


def make_desk(settings: Settings, lines: Lines, consumers: Iterable[Consumer], metrics: Metrics) -> Desk:
    """What the answers are made with."""
    return Desk(
        lines=lines,
        judge=Judge(consumers, settings.max_record_bytes),
        keys=Keys(settings.link_secrets, settings.sms_token.get_secret_value(), settings.door_bounce_secret.get_secret_value()),
        public_url=settings.door_url,
        mail_domain=settings.mail_from.rpartition("@")[2],
        dealers=Limits(settings.door_requests_per_second, settings.door_requests_per_second * 4),
        links=Limits(*LINKS),
        kept=DocumentStore(Path(settings.documents)),
        metrics=metrics,
    )


async def serve(settings: Settings, lines: Lines, consumers: Iterable[Consumer], metrics: Metrics, stop: asyncio.Event) -> None:
    """Answer until told to stop; requests under way are finished."""
    desk = make_desk(settings, lines, consumers, metrics)
    for name, given in (
        ("HUB_DOOR_SECRET", desk.keys.links),
        ("HUB_SMS_TOKEN", desk.keys.sms),
        ("HUB_DOOR_BOUNCE_SECRET", desk.keys.bounces),
        ("HUB_DOCUMENTS", settings.documents),
    ):
        if not given:
            log.warning("door.closed_entrance", setting=name)
    options = {
        "http": Impatient,
        "limit_concurrency": _MOST_AT_ONCE,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": 10,
        "server_header": False,
        "proxy_headers": bool(settings.door_trusted_proxies),
        "forwarded_allow_ips": settings.door_trusted_proxies,
    }
    async with Serving(application(desk), settings.door_host, settings.door_port, **options) as serving:
        log.info("door.open", port=serving.port)
        await sweep(lines, timedelta(days=settings.door_receipts_days), stop)
