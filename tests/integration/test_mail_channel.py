"""What the mail channel answers to each fault of a real server, and how many copies that server then has."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from hub.channels.mail.bounces import read_reports
from hub.channels.mail.data import as_data, as_message
from hub.channels.mail.outcome import Stage, judge
from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.parcel import Accepted, Mail, Parcel, Refused, Sms, TryLater
from hub.local import mail_catcher
from hub.local.mail_catcher import MailCatcher
from hub.local.mail_moods import MailMood
from tests.support.mail_line import SECONDS, a_catcher, a_parcel, channel_to


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with a_catcher() as found:
        yield found


async def test_a_mail_arrives_as_it_was_made_over_a_session_that_is_kept(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher)
    receipts = [await channel.send(a_parcel(delivery=f"d-{n}")) for n in range(3)]
    assert [type(receipt) for receipt in receipts] == [Accepted] * 3
    assert "queued as" in receipts[0].reference  # type: ignore[union-attr]
    assert catcher.sessions == 1
    assert [mail.raw for mail in catcher.caught] == [a_parcel(delivery=f"d-{n}").content.message for n in range(3)]  # type: ignore[union-attr]
    await channel.close()


async def test_many_at_once_share_the_sessions(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher, sessions=3)
    receipts = await asyncio.gather(*(channel.send(a_parcel(delivery=f"d-{n}")) for n in range(50)))
    assert all(isinstance(receipt, Accepted) for receipt in receipts)
    assert set(catcher.copies.values()) == {1}
    assert (len(catcher.copies), catcher.sessions) == (50, 3)


async def test_refusals_name_their_cause(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher)
    receipts = [await channel.send(a_parcel(f"anna+{mood}@example.test")) for mood in ("550", "552", "552-after-dot")]
    assert [receipt.cause for receipt in receipts if isinstance(receipt, Refused)] == ["unknown_address", "mailbox_full", "too_large"]
    assert all(receipt.is_final for receipt in receipts if isinstance(receipt, Refused))


async def test_nobody_listens(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher)
    await catcher.stop()
    assert isinstance(await channel.send(a_parcel()), TryLater)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_wrong_password_is_ours_to_mend(catcher: MailCatcher) -> None:
    port = await catcher.start(auth_required=True, auth_require_tls=False, auth_callback=lambda *_: False)
    channel = SmtpChannel(MailServer("127.0.0.1", port, "never", "hub", "wrong"), sessions=1, seconds=SECONDS)
    receipt = await channel.send(a_parcel())
    assert isinstance(receipt, Refused)
    assert (receipt.is_final, receipt.cause) == (False, "sender_side")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_who_logs_in_is_let_in(catcher: MailCatcher) -> None:
    heard: list[bytes] = []

    def knows(_server: object, _session: object, _envelope: object, _mechanism: str, login: LoginPassword) -> AuthResult:
        heard.append(login.password)
        return AuthResult(success=login.password == b"right")

    port = await catcher.start(auth_required=True, auth_require_tls=False, authenticator=knows)
    channel = SmtpChannel(MailServer("127.0.0.1", port, "never", "hub", "right"), sessions=1, seconds=SECONDS)
    assert isinstance(await channel.send(a_parcel()), Accepted)
    assert heard == [b"right"]


async def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(catcher: MailCatcher) -> None:
    channel = SmtpChannel(MailServer("127.0.0.1", await catcher.start(), "starttls"), sessions=1, seconds=SECONDS)
    assert isinstance(await channel.send(a_parcel()), TryLater)
    assert not catcher.caught


@pytest.mark.parametrize(
    "address",
    ["a@b.test\r\nRCPT TO:<c@d.test>", "a@b.test>\nDATA", "a b@c.test", "b.test", f"{'a' * 250}@b.test", "käthe@b.test", "a@-b.test", ""],
)
async def test_what_is_no_address_never_reaches_the_server(catcher: MailCatcher, address: str) -> None:
    channel = await channel_to(catcher)
    receipt = await channel.send(Parcel("d-1", address, Mail.of("bounces@hub.test", b"Subject: x\r\n\r\n")))
    assert isinstance(receipt, Refused)
    assert (receipt.is_final, catcher.sessions) == (True, 0)


async def test_no_sender_reaches_the_server_that_is_more_than_an_address(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher)
    receipt = await channel.send(Parcel("d-1", "a@b.test", Mail.of("x@y.test>\r\nRCPT TO:<c@d.test", b"Subject: x\r\n\r\n")))
    assert (receipt, catcher.sessions) == (Refused("no e-mail address that bounces could go to", is_final=False, cause="sender_side"), 0)


def test_a_reason_names_nobody() -> None:
    receipt = judge(Stage.RECIPIENT, 550, "5.1.1 <anna@example.test>: no anna@example.test here")
    assert receipt == Refused("550 5.1.1 <…>: no … here", is_final=True, cause="unknown_address")


async def test_a_domain_beyond_ascii_is_written_in_ascii(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher)
    assert isinstance(await channel.send(Parcel("d-1", "anna@müller.test", Mail.of("bounces@hub.test", b"Subject: x\r\n\r\n"))), Accepted)
    assert catcher.caught[0].recipient == "anna@xn--mller-kva.test"


async def test_a_text_does_not_go_by_mail(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher)
    assert isinstance(await channel.send(Parcel("d-1", "+491701234567", Sms("Hub", "x"))), Refused)


@pytest.mark.parametrize("message", [b"a\n.\nb\r\n", b"a\r.\r\nb", b".\r\nRSET\r\n", b"a\r\n.\r\nMAIL FROM:<x@y.test>\r\n"])
def test_a_message_cannot_end_itself(message: bytes) -> None:
    data = as_data(message)
    assert data.endswith(b"\r\n.\r\n")
    assert not data.startswith(b".\r\n")
    assert data.count(b"\r\n.\r\n") == 1
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")
    assert as_data(as_message(data)) == data


@pytest.mark.parametrize(
    ("mood", "wanted"),
    [
        ("bounce", ("failed", "unknown_address", True)),
        ("bounce-full", ("failed", "mailbox_full", False)),
        ("complain", ("complained", "complaint", True)),
    ],
)
async def test_what_was_taken_comes_back_as_a_report_that_names_its_delivery(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch, mood: MailMood, wanted: tuple[str, str, bool]
) -> None:
    came: list[bytes] = []

    async def take(_url: str, body: bytes, _headers: object) -> int:
        came.append(body)
        return 202

    monkeypatch.setattr(mail_catcher, "post", take)
    catcher.bounces = "http://door.test/bounces"
    channel, delivery = await channel_to(catcher), str(uuid4())
    assert isinstance(await channel.send(a_parcel(f"anna+{mood}@example.test", delivery)), Accepted)
    await catcher.told()
    (report,) = read_reports(came[0], "hub.test")
    assert (report.kind, report.cause, report.is_permanent) == wanted
    assert (report.recipient, report.names) == (f"anna+{mood}@example.test", (delivery,))


async def test_an_answer_that_never_ends_is_not_listened_to() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.test\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                if not line.startswith(b"MAIL"):
                    writer.write(b"250 well\r\n")
                    continue
                while not writer.transport.is_closing():
                    writer.write(b"250-and another thing\r\n" * 100)
                    await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = SmtpChannel(MailServer("127.0.0.1", port, "never"), sessions=1, seconds=1_000)
    receipt = await channel.send(a_parcel())
    assert isinstance(receipt, TryLater)
    await channel.close()
    server.close()
