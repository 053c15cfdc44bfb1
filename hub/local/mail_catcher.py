"""A mail server on loopback that keeps what it is given, and misbehaves when asked to."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from ssl import SSLContext
from typing import Any
from weakref import WeakKeyDictionary

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.local.mail_moods import GOODBYE, REFUSALS, MailMood, mood_of
from hub.local.mail_returns import bounce, complaint
from hub.local.posting import post
from hub.local.talk import Talk

MOST_KEPT = 5_000


@dataclass(frozen=True)
class CaughtMail:
    """One message as the server took it over."""

    number: int
    at: datetime
    sender: str
    recipient: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """The message, read."""
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailCatcher:
    """What came, the newest last. Old messages are forgotten, `copies` is not: how often each recipient got each Message-ID.

    An address may ask for a mood in its tag; `moods` are those of the next messages, whoever they are for. Silence lasts until `patience`
    is set. What comes back goes to `bounces`, a page that knows us by `secret`.
    """

    bounces: str = ""
    secret: str = ""

    caught: deque[CaughtMail] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    copies: Counter[tuple[str, str]] = field(default_factory=Counter)
    moods: deque[MailMood] = field(default_factory=deque)
    patience: asyncio.Event = field(default_factory=asyncio.Event)
    sessions: int = 0
    _mood: WeakKeyDictionary[Session, MailMood | None] = field(default_factory=WeakKeyDictionary)
    _server: asyncio.Server | None = None
    _talk: Talk = field(default_factory=Talk)

    async def start(self, port: int = 0, host: str = "127.0.0.1", encrypted: SSLContext | None = None, **options: Any) -> int:  # noqa: ANN401 - aiosmtpd's own
        """Listen; the port it listens on. `encrypted`: from the line's start. `options` are those of aiosmtpd's SMTP: STARTTLS, login."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="catcher.test", loop=loop, enable_SMTPUTF8=False, **options), host, port, ssl=encrypted
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, and end every silence."""
        self.patience.set()
        if self._server:
            self._server.close()
        await self._talk.end()

    async def told(self) -> None:
        """Wait until all that comes back has come."""
        await self._talk.told()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Tell what it can do beyond aiosmtpd's own list: it reads one line after another, however many come at once."""
        self.sessions += 1
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, or say goodbye."""
        mood = self._mood[session] = self.moods.popleft() if self.moods else None
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        if mood == "goodbye":
            return await self._farewell(server)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the recipient, unless it or the present mood is against it."""
        self._mood[session] = mood = self._mood.get(session) or mood_of(address)
        if mood == "goodbye":
            return await self._farewell(server)
        if mood in {"450", "550", "552"}:
            return REFUSALS[mood]
        if mood == "slow-before-data":
            await self.patience.wait()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Take the message over; what was taken counts, whatever becomes of the answer."""
        mood = self._mood.get(session)
        if mood in {"552-after-dot", "451-after-dot"}:
            return REFUSALS[mood]
        raw = bytes(envelope.original_content or b"")
        mail = CaughtMail(len(self.caught) + 1, datetime.now(UTC), str(envelope.mail_from), str(envelope.rcpt_tos[0]), raw)
        self.caught.append(mail)
        self.copies[mail.recipient, str(mail.parsed["Message-ID"])] += 1
        if mood == "drop-after-dot" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        if mood == "slow-after-data":
            await self.patience.wait()
        if mood in {"bounce", "bounce-full", "complain", "unsubscribe"}:
            self._talk.begin(self._come_back(mail, mood))
        return f"250 2.0.0 Ok: queued as {mail.number:08X}"

    async def _come_back(self, mail: CaughtMail, mood: MailMood) -> None:
        """What the recipient's server, or the recipient, does with it."""
        if mood == "unsubscribe":
            link = str(mail.parsed["List-Unsubscribe"]).strip("<>")
            await post(link, b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"})
        elif self.bounces:
            make = complaint if mood == "complain" else partial(bounce, mood=mood)
            report = make(mail.raw, mail.recipient, mail.sender)
            await post(self.bounces, report, {"Content-Type": "message/rfc822", "Authorization": f"Bearer {self.secret}"})

    @staticmethod
    async def _farewell(server: SMTP) -> str:
        await server.push(GOODBYE)
        if server.transport:
            server.transport.close()
        return GOODBYE
