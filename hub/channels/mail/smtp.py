"""Send mail through one server, over sessions that are kept open."""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Literal, NamedTuple, cast

import aiosmtplib

from hub.channels.mail.address import checked
from hub.channels.mail.outcome import Stage, judge
from hub.channels.mail.session import Envelope, Session
from hub.channels.parcel import Mail, Parcel, Receipt, Refused, TryLater

MOST_MESSAGES = 1_000  # in one session: servers count, and some say farewell
LONGEST_IDLE = 20.0  # seconds; servers close sooner or later, and we had better notice first


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes, and as whom; `tls` says from when on the line is encrypted: from its start, by STARTTLS, or never."""

    host: str
    port: int
    tls: Literal["always", "starttls", "never"]
    user: str = ""
    password: str = ""
    ca_file: str = ""
    name: str = "localhost"


class _Job(NamedTuple):
    """One message that somebody waits for."""

    envelope: Envelope
    receipt: "asyncio.Future[Receipt]"


class SmtpChannel:
    """Nothing is sent twice, whatever happens: retries are the ledger's affair.

    Raises OSError for a CA file that cannot be read.
    """

    def __init__(self, server: MailServer, *, sessions: int, seconds: float) -> None:
        self._server, self._seconds = server, seconds
        self._trust = None if server.tls == "never" else ssl.create_default_context(cafile=server.ca_file or None)
        self._jobs: deque[_Job] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._kept: list[tuple[Session, float]] = []
        self.at_once, self.longest = sessions, seconds * 4  # a kept session that is silent, a new one, before the message, after it
        self.spare = sessions * 2  # for each session one that is announced, and one that follows as soon as that is sent

    async def send(self, parcel: Parcel) -> Receipt:
        """Send one mail; a session that the server had meanwhile closed is opened anew once, as nothing was said yet."""
        if not isinstance(parcel.content, Mail):
            return Refused(f"{parcel.content.channel} does not go by mail", is_final=True, cause="other")
        address = checked(parcel.address)
        if address is None:
            return Refused("no e-mail address that mail servers know", is_final=True, cause="unknown_address")
        if checked(parcel.content.sender) is None:
            return Refused("no e-mail address that bounces could go to", is_final=False, cause="sender_side")
        until = monotonic() + self.longest - self._seconds
        envelope = Envelope(parcel.content.sender, address, parcel.content.data, parcel.delivery, until)
        job = _Job(envelope, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if len(self._working) < self.at_once:
            self._working.add(asyncio.create_task(self._work()))
        return await job.receipt

    async def close(self) -> None:
        """Take leave of the server."""
        while session := self._take():
            session.leave()

    async def _work(self) -> None:
        """One message after another over one session, while any wait."""
        session: Session | None = None
        job = self._next()
        try:
            while job:
                session, job = await self._work_off(session or self._take(), job)
            if session:
                self._kept.append((session, asyncio.get_running_loop().time()))
        finally:
            self._working.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _work_off(self, session: Session | None, job: _Job) -> tuple[Session | None, _Job | None]:
        """Send one, announcing the next with it while all sessions are busy; the session, if it is good for more, and what comes next."""
        following = self._next() if session and self._may_announce(session) else None
        try:
            session, receipt = await self._through(session, job, following)
        except Exception as error:  # noqa: BLE001 - it flies at whoever waits, who would wait for ever otherwise
            if session:
                session.close()
            if not job.receipt.done():
                job.receipt.set_exception(error)
            return None, following or self._next()  # whose message was not said yet
        if not job.receipt.done():
            job.receipt.set_result(receipt)
        if session and not (session.is_open and session.sent < MOST_MESSAGES):
            session.leave()
            session = None
        return session, following or self._next()

    def _next(self) -> _Job | None:
        """Whoever waits for longest."""
        while self._jobs:
            job = self._jobs.popleft()
            if not job.receipt.done():
                return job
        return None

    def _may_announce(self, session: Session) -> bool:
        return session.can_pipeline and session.sent < MOST_MESSAGES - 1 and len(self._working) == self.at_once

    async def _through(self, session: Session | None, job: _Job, following: _Job | None) -> tuple[Session | None, Receipt]:
        """Send one. A session that ended before the message was said had been closed meanwhile: another is opened, once."""
        behind = following.envelope if following else None
        if session:
            receipt = await session.hand_over(job.envelope, self._seconds, behind)
            if not isinstance(receipt, TryLater) or session.is_open:
                return session, receipt
        if monotonic() > job.envelope.until:
            return None, TryLater("its time was over before a session was open")
        opened = await self._open()
        if not isinstance(opened, Session):
            return None, opened
        return opened, await opened.hand_over(job.envelope, self._seconds, behind if opened.can_pipeline else None)

    def _take(self) -> Session | None:
        """The session used last, if one is still good; those that stood idle for too long are closed."""
        now = asyncio.get_running_loop().time()
        while self._kept:
            session, since = self._kept.pop()
            if session.is_open and now - since < LONGEST_IDLE:
                return session
            session.close()
        return None

    async def _open(self) -> Session | Receipt:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "always",
            start_tls=server.tls == "starttls",
            tls_context=self._trust,
            username=server.user or None,
            password=server.password or None,
            local_hostname=server.name,
            timeout=self._seconds,
        )
        try:
            async with asyncio.timeout(self._seconds):
                await client.connect()
                if client.is_ehlo_or_helo_needed:
                    await client.ehlo()
                return Session(client)
        except aiosmtplib.SMTPAuthenticationError as error:
            return judge(Stage.LOGIN, error.code, error.message)
        except aiosmtplib.SMTPResponseException as error:
            return judge(Stage.CONNECT, error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            if doubt := _doubt(error):
                reason = f"the certificate of {server.host}:{server.port}: {doubt.verify_message}"
                return Refused(reason, is_final=False, cause="sender_side")
            return TryLater(f"no session with {server.host}:{server.port}: {type(error).__name__}")


def _doubt(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """What is wrong with the server's certificate, where that is what was behind an error."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__
    return error
