"""Send mail through one server, over sessions that are kept open."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from hub.channels.mail.address import checked
from hub.channels.mail.outcome import Stage, judge
from hub.channels.mail.session import Session
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


class SmtpChannel:
    """Nothing is sent twice, whatever happens: retries are the ledger's affair.

    Raises OSError for a CA file that cannot be read.
    """

    def __init__(self, server: MailServer, *, sessions: int, seconds: float) -> None:
        self._server, self._seconds = server, seconds
        self._trust = None if server.tls == "never" else ssl.create_default_context(cafile=server.ca_file or None)
        self._free = asyncio.Semaphore(sessions)
        self._kept: list[tuple[Session, float]] = []
        self.at_once, self.longest = sessions, seconds * 4  # a kept session that is silent, a new one, before the message, after it

    async def send(self, parcel: Parcel) -> Receipt:
        """Send one mail; a session that the server had meanwhile closed is opened anew once, as nothing was said yet."""
        if not isinstance(parcel.content, Mail):
            return Refused(f"{parcel.content.channel} does not go by mail", is_final=True, cause="other")
        address = checked(parcel.address)
        if address is None:
            return Refused("no e-mail address that mail servers know", is_final=True, cause="unknown_address")
        if checked(parcel.content.sender) is None:
            return Refused("no e-mail address that bounces could go to", is_final=False, cause="sender_side")
        async with self._free:
            if session := self._take():
                receipt = await self._hand_over(session, address, parcel.delivery, parcel.content)
                if not isinstance(receipt, TryLater) or session.is_open:
                    return receipt
            opened = await self._open()
            return await self._hand_over(opened, address, parcel.delivery, parcel.content) if isinstance(opened, Session) else opened

    async def close(self) -> None:
        """Take leave of the server."""
        while session := self._take():
            session.leave()

    async def _hand_over(self, session: Session, address: str, delivery: str, mail: Mail) -> Receipt:
        receipt = await session.hand_over(mail.sender, address, mail.message, delivery, self._seconds)
        if session.is_open and session.sent < MOST_MESSAGES:
            self._kept.append((session, asyncio.get_running_loop().time()))
        else:
            session.leave()
        return receipt

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
