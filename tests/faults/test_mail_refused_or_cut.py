"""A mail server refuses, falls silent or breaks off: each has its receipt, and the server never gets a second copy."""

from collections.abc import AsyncIterator

import pytest

from hub.channels.parcel import Accepted, Refused, TryLater, Unsure
from hub.local.mail_catcher import MailCatcher
from hub.local.mail_moods import MailMood
from tests.support.mail_line import SECONDS, a_catcher, a_parcel, channel_to


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with a_catcher() as found:
        yield found


@pytest.mark.parametrize(
    ("mood", "wanted", "copies"),
    [
        ("450", TryLater, 0),
        ("451-after-dot", TryLater, 0),
        ("slow-before-data", TryLater, 0),
        ("slow-after-data", Unsure, 1),
        ("drop-after-dot", Unsure, 1),
        ("goodbye", TryLater, 0),
        ("550", Refused, 0),
        ("552", Refused, 0),
        ("552-after-dot", Refused, 0),
    ],
)
async def test_each_fault_has_its_receipt_and_the_server_at_most_one_copy(
    catcher: MailCatcher, mood: MailMood, wanted: type, copies: int
) -> None:
    channel = await channel_to(catcher, seconds=0.2 if mood.startswith("slow") else SECONDS)
    assert isinstance(await channel.send(a_parcel(f"anna+{mood}@example.test")), wanted)
    assert len(catcher.caught) == copies
    catcher.patience.set()
    assert isinstance(await channel.send(a_parcel(delivery="d-2")), Accepted), "the channel is good for the next one"
    assert [mail.recipient for mail in catcher.caught][copies:] == ["anna@example.test"]


async def test_a_session_that_the_server_ended_is_opened_anew_and_nobody_notices(catcher: MailCatcher) -> None:
    channel = await channel_to(catcher, sessions=1)
    await channel.send(a_parcel())
    catcher.moods.append("goodbye")
    assert isinstance(await channel.send(a_parcel(delivery="d-2")), Accepted)
    assert (catcher.sessions, len(catcher.caught)) == (2, 2)
