"""While all sessions are busy a mail is announced with the one before it, and whatever becomes of that one, there is one copy of each."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from hub.channels.mail import session, smtp
from hub.channels.mail.session import Envelope, Session
from hub.channels.mail.smtp import MailServer, SmtpChannel
from hub.channels.parcel import Accepted, Receipt, Refused, TryLater, Unsure
from hub.local.mail_catcher import MailCatcher
from hub.local.mail_moods import MailMood
from tests.support.mail_line import SECONDS, a_catcher, a_parcel, channel_to


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with a_catcher() as found:
        yield found


async def test_the_next_is_announced_before_the_one_in_front_of_it_is_answered() -> None:
    heard, is_over = list[bytes](), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def line() -> bytes:
            heard.append(await reader.readline())
            return heard[-1]

        async def transaction() -> None:
            """Take one, and answer its message only once the next one's words are there."""
            writer.write(b"250 from\r\n250 to\r\n354 go on\r\n")
            while await line() != b".\r\n":
                pass

        writer.write(b"220 mx.test\r\n")
        await line()
        writer.write(b"250-mx.test\r\n250 PIPELINING\r\n")
        for _ in range(3):
            await line()
        await transaction()
        writer.write(b"250 first\r\n")  # nobody knew when it was said whether the server would let another follow
        for _ in range(3):
            await line()
        await transaction()
        for _ in range(3):
            await line()
        writer.write(b"250 second\r\n")
        await transaction()
        writer.write(b"250 third\r\n")
        await reader.read()
        writer.close()
        is_over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    channel = SmtpChannel(MailServer("127.0.0.1", server.sockets[0].getsockname()[1], "never"), sessions=1, seconds=SECONDS)
    receipts = await asyncio.gather(*(channel.send(a_parcel(f"{name}@example.test", text=name)) for name in ("anna", "bert", "cleo")))
    await channel.close()
    await is_over.wait()
    server.close()
    assert receipts == [Accepted("first"), Accepted("second"), Accepted("third")]
    told = b"".join(heard)
    assert told.index(b"bert\r\n") < told.index(b"RCPT TO:<cleo@example.test>") < told.index(b"cleo\r\n")


@pytest.mark.parametrize(
    ("mood", "wanted"),
    [
        ("450", TryLater),
        ("550", Refused),
        ("552-after-dot", Refused),
        ("451-after-dot", TryLater),
        ("drop-after-dot", Unsure),
        ("goodbye", Accepted),  # in the next session, as nothing of it was said in this one
    ],
)
async def test_whatever_becomes_of_one_its_neighbours_arrive_once(catcher: MailCatcher, mood: MailMood, wanted: type[Receipt]) -> None:
    channel = await channel_to(catcher, sessions=1)
    catcher.moods.extend([None, None, mood])  # type: ignore[list-item] # None: no mood
    receipts = await asyncio.gather(*(channel.send(a_parcel(delivery=f"d-{n}")) for n in range(6)))
    await channel.close()
    assert [type(receipt) for receipt in receipts] == [Accepted, Accepted, wanted, Accepted, Accepted, Accepted]
    copies = {name.partition("@")[0].strip("<"): number for (_, name), number in catcher.copies.items()}
    assert copies == dict.fromkeys([f"d-{n}" for n in range(6) if n != 2 or wanted in {Accepted, Unsure}], 1)


async def test_nobody_waits_behind_another_while_a_session_is_free(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher, sessions=2)
    slow = asyncio.create_task(channel.send(a_parcel("anna+slow-after-data@example.test", delivery="d-1")))
    for n in (2, 3):
        assert isinstance(await channel.send(a_parcel(delivery=f"d-{n}")), Accepted)
    assert not slow.done()
    catcher.patience.set()
    assert isinstance(await slow, Accepted)


async def test_a_message_whose_time_is_over_is_not_said_any_more(catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = await channel_to(catcher)
    monkeypatch.setattr(session, "monotonic", lambda: monotonic() + 3_600)  # the process stood still between the door and the server
    assert isinstance(await channel.send(a_parcel()), TryLater)
    assert catcher.copies == {}


async def test_nothing_is_opened_for_a_message_whose_time_is_over(catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    channel, moments = await channel_to(catcher), iter([0.0])
    monkeypatch.setattr(smtp, "monotonic", lambda: next(moments, 3_600.0))  # it came at once, and its turn long after
    assert isinstance(await channel.send(a_parcel()), TryLater)
    assert catcher.sessions == 0


async def test_an_error_of_ours_is_that_mails_alone(catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over = Session.hand_over

    async def stumbling(opened: Session, envelope: Envelope, seconds: float, following: Envelope | None = None) -> Receipt:
        if envelope.delivery == "d-2":
            raise RuntimeError("stumbled")
        return await hand_over(opened, envelope, seconds, following)

    monkeypatch.setattr(Session, "hand_over", stumbling)
    channel = await channel_to(catcher, sessions=1)
    receipts = await asyncio.gather(*(channel.send(a_parcel(delivery=f"d-{n}")) for n in range(5)), return_exceptions=True)
    await channel.close()
    assert [type(receipt) for receipt in receipts] == [Accepted, Accepted, RuntimeError, Accepted, Accepted]
    assert sorted(name for _, name in catcher.copies) == [f"<d-{n}@hub.test>" for n in (0, 1, 3, 4)]
    assert set(catcher.copies.values()) == {1}


async def test_who_gave_up_waiting_is_not_sent_to(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher, sessions=1)
    slow = asyncio.create_task(channel.send(a_parcel("anna+slow-after-data@example.test", delivery="d-1")))
    while not catcher.copies:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.001)
    waits = asyncio.create_task(channel.send(a_parcel(delivery="d-2")))
    await asyncio.sleep(0)
    waits.cancel()
    catcher.patience.set()
    assert isinstance(await slow, Accepted)
    assert isinstance(await channel.send(a_parcel(delivery="d-3")), Accepted)
    assert {name for _, name in catcher.copies} == {"<d-1@hub.test>", "<d-3@hub.test>"}
