"""A courier as the settings want it: its ways out, its terms, its words."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from hub.channels.almanac import Almanac
from hub.channels.claim import Desk, Terms
from hub.channels.courier import Courier
from hub.channels.lane import WayOut
from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.post.letters import PostChannel
from hub.channels.sms.twilio import SmsAccount, TwilioChannel
from hub.channels.wording.headers import probe
from hub.channels.wording.mail import MailSender
from hub.channels.writer import Senders, Writer
from hub.errors import InputError
from hub.rules.bounce_wave import Brake
from hub.rules.limits import Limits
from hub.rules.links import Links
from hub.rules.prices import SegmentPrice
from hub.rules.quiet_hours import Hours
from hub.rules.windows import Limit
from hub.settings import Settings
from hub.state.document_store import DocumentStore
from hub.state.store import Connection
from hub.telemetry import Metrics, log

T = TypeVar("T")

_MAIL_SECONDS, _SMS_SECONDS = 30.0, 10.0


def outfit(settings: Settings, connect: Callable[[], Awaitable[Connection]], metrics: Metrics) -> Courier:
    """Raises InputError for settings that do not go together."""
    if not probe():
        log.warning("courier.python_builds_unsafe_headers")
    almanac = Almanac(settings.courier_country, _read("HUB_COURIER_HOURS", settings.courier_hours, Hours.read))
    lease = timedelta(seconds=settings.courier_lease_seconds)
    desk = Desk(Terms(lease, Limit(settings.courier_cap, timedelta(days=settings.courier_cap_days))), almanac)
    price = _read("HUB_SMS_PRICE", settings.sms_price, SegmentPrice.read) if settings.sms_price else None
    limits = _read("HUB_COURIER_LIMITS", settings.courier_limits, Limits.read)
    sender = MailSender(settings.mail_from_name, settings.mail_from, settings.mail_bounces or settings.mail_from)
    back = tuple(line.strip() for line in settings.post_sender.split(",") if line.strip())
    links = Links(settings.door_url, settings.link_secrets[0]) if settings.link_secrets else None
    kept = DocumentStore(Path(settings.documents)) if settings.documents else None
    write = Writer(Senders(sender, settings.sms_from, back), almanac, price, desk.now, links, kept)
    brake = Brake(settings.courier_brake_least, settings.courier_brake_percent)
    return Courier(connect, ways(settings), desk, write, limits, brake, metrics)


def ways(settings: Settings) -> list[WayOut]:
    """Those for which there is a provider; none is no fault: what is due waits."""
    found = []
    if settings.mail_host:
        server = MailServer(
            settings.mail_host,
            settings.mail_port,
            settings.mail_tls,
            settings.mail_user,
            settings.mail_password.get_secret_value(),
            settings.mail_ca_file,
            settings.mail_from.rpartition("@")[2],
        )
        try:
            out = SmtpChannel(server, sessions=settings.mail_sessions, seconds=_MAIL_SECONDS)
        except OSError:
            raise InputError("HUB_MAIL_CA_FILE", "a file of certificates in PEM that can be read", settings.mail_ca_file) from None
        found.append(WayOut("email", "smtp", out, hands=2))
        if not settings.mail_from:
            raise InputError("HUB_MAIL_FROM", "the address that mail is from")
    if settings.sms_account:
        account = SmsAccount(settings.sms_account, settings.sms_token.get_secret_value(), settings.sms_reports, settings.sms_url)
        found.append(WayOut("sms", "twilio", TwilioChannel(account, at_once=settings.sms_at_once, seconds=_SMS_SECONDS)))
        if not settings.sms_from:
            raise InputError("HUB_SMS_FROM", "the number or name that an SMS is from")
    if settings.post_folder:
        letters = PostChannel(Path(settings.post_folder), most=settings.post_batch, seconds=settings.post_wait_seconds)
        found.append(WayOut("post", "printer", letters))
        if settings.post_sender.count(",") < 2:  # noqa: PLR2004 - name, street, place
            raise InputError("HUB_POST_SENDER", "whom letters go back to: name, street, place, with commas", settings.post_sender)
    for way in found:
        if way.out.longest >= settings.courier_lease_seconds:
            raise InputError(
                "HUB_COURIER_LEASE_SECONDS",
                f"more than the {way.out.longest:g} s that a send by {way.provider} may take",
                settings.courier_lease_seconds,
            )
    return found


def _read(variable: str, text: str, reader: Callable[[str], T]) -> T:
    try:
        return reader(text)
    except ValueError as error:
        raise InputError(variable, str(error), text) from None
