"""Mail over an encrypted line: from its start or by STARTTLS, and only to a server that somebody we believe vouches for."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest
import uvloop
from aiosmtpd.smtp import AuthResult, LoginPassword

from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.parcel import Accepted, Receipt, Refused
from hub.local.mail_catcher import MailCatcher
from tests.support.authority import Authority
from tests.support.mail_line import SECONDS, a_catcher, a_parcel

Tls: TypeAlias = Literal["always", "starttls"]
BOTH: tuple[Tls, ...] = ("always", "starttls")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Line:
    """A server that shows a certificate and wants a login, and a channel that goes there."""

    def __init__(self, tls: Tls, shown: ssl.SSLContext, believed: str) -> None:
        self._tls, self._shown, self._believed = tls, shown, believed
        self.heard: list[bytes] = []

    async def send(self, messages: int = 1) -> tuple[list[Receipt], MailCatcher]:
        """So many mails, one after the other; the receipts, and what the server then has."""
        async with a_catcher() as catcher:
            if self._tls == "always":
                encrypted: dict[str, Any] = {"encrypted": self._shown, "auth_require_tls": False}  # aiosmtpd knows no TLS but its own
            else:
                encrypted = {"tls_context": self._shown, "require_starttls": True}
            port = await catcher.start(**encrypted, auth_required=True, authenticator=self._knows)
            server = MailServer("127.0.0.1", port, self._tls, "hub", "right", self._believed)
            channel = SmtpChannel(server, sessions=1, seconds=SECONDS)
            receipts = [await channel.send(a_parcel(delivery=f"d-{n}")) for n in range(messages)]
            await channel.close()
            return receipts, catcher

    def _knows(self, _server: object, _session: object, _envelope: object, _mechanism: str, login: LoginPassword) -> AuthResult:
        self.heard.append(login.password)
        return AuthResult(success=login.password == b"right")


Run: TypeAlias = Callable[[Coroutine[Any, Any, tuple[list[Receipt], MailCatcher]]], tuple[list[Receipt], MailCatcher]]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", BOTH)
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_who_is_vouched_for_hears_the_password_and_gets_the_mail(authority: Authority, tls: Tls, run: Run) -> None:
    line = Line(tls, authority.server(), authority.file)
    receipts, catcher = run(line.send(messages=3))
    assert [type(receipt) for receipt in receipts] == [Accepted] * 3
    assert [mail.raw for mail in catcher.caught] == [a_parcel(delivery=f"d-{n}").content.message for n in range(3)]  # type: ignore[union-attr]
    assert line.heard == [b"right"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", BOTH)
@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_a_certificate_that_is_not_right_gets_neither_mail_nor_password_and_the_reason_says_why(
    authority: Authority, tmp_path: Path, tls: Tls, wrong: str
) -> None:
    shown = authority.server("mail.other.test") if wrong == "name" else Authority(tmp_path).server()
    line = Line(tls, shown, authority.file)
    [receipt], catcher = await line.send()
    assert isinstance(receipt, Refused)
    assert (receipt.is_final, receipt.cause) == (False, "sender_side")
    assert "certificate" in receipt.reason
    assert {"authority": "unable to get local issuer", "name": "not valid for '127.0.0.1'"}[wrong] in receipt.reason
    assert (line.heard, list(catcher.caught)) == ([], [])
