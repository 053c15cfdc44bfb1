"""A channel to a local mail server, and mail to send over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as CRLF

from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.parcel import Mail, Parcel
from hub.local.mail_catcher import MailCatcher

SECONDS = 5.0


@asynccontextmanager
async def a_catcher() -> AsyncIterator[MailCatcher]:
    """A server of the test's own."""
    found = MailCatcher()
    yield found
    await found.stop()


async def channel_to(catcher: MailCatcher, *, sessions: int = 2, seconds: float = SECONDS) -> SmtpChannel:
    """Over as many sessions, to a server that listens from now on."""
    return SmtpChannel(MailServer("127.0.0.1", await catcher.start(), "never"), sessions=sessions, seconds=seconds)


def a_parcel(to: str = "anna@example.test", delivery: str = "d-1", text: str = "Dear Anna\n.\nyours") -> Parcel:
    message = EmailMessage(policy=CRLF)
    message["Subject"], message["To"], message["Message-ID"] = "Hello", to, f"<{delivery}@hub.test>"
    message["Date"] = datetime(2026, 5, 1, tzinfo=UTC)
    message.set_content(text)
    return Parcel(delivery, to, Mail.of("bounces@hub.test", message.as_bytes()))
