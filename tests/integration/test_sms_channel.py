"""What the SMS channel answers to each fault of a provider, and how many copies that provider then has."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from hub.channels.parcel import Accepted, Mail, Parcel, Refused, TryLater
from hub.channels.sms.number import number_of
from hub.channels.sms.outcome import wait
from hub.channels.sms.twilio import SmsAccount, TwilioChannel
from hub.local.outside_ports import ACCOUNT
from hub.local.sms_moods import SMS_MOODS, SmsMood, mood_of
from tests.support.sms_line import NUMBER, TOKEN, SmsScene, a_parcel, an_sms_scene


@pytest.fixture
async def scene() -> AsyncIterator[SmsScene]:
    async with an_sms_scene() as found:
        yield found


async def test_a_text_arrives_and_its_delivery_is_reported_signed(scene: SmsScene) -> None:
    channel = scene.channel()
    receipt = await channel.send(a_parcel(text="Grüße {{7*7}} & =?utf-8?q?="))
    await channel.close()
    await scene.provider.told()
    (sms,) = scene.provider.caught
    assert receipt == Accepted(sms.sid)
    assert (sms.to, sms.sender, sms.text) == (NUMBER, "Hub", "Grüße {{7*7}} & =?utf-8?q?=")
    assert scene.heard == [("d-1", "sent", True), ("d-1", "delivered", True)]


async def test_refusals_name_their_cause(scene: SmsScene) -> None:
    channel = scene.channel()
    scene.provider.moods.extend(["invalid-number", "opted-out"])
    assert await channel.send(a_parcel()) == Refused("HTTP 400, code 21211", is_final=True, cause="unknown_address")
    assert await channel.send(a_parcel()) == Refused("HTTP 400, code 21610", is_final=True, cause="opted_out")
    await channel.close()
    other = scene.channel(token="wrong")
    assert await other.send(a_parcel()) == Refused("HTTP 401, code 20003", is_final=False, cause="sender_side")
    await other.close()


async def test_nobody_listens() -> None:
    channel = TwilioChannel(SmsAccount(ACCOUNT, TOKEN, "", "http://127.0.0.1:1"), at_once=1, seconds=2)
    assert isinstance(await channel.send(a_parcel()), TryLater)
    await channel.close()


@pytest.mark.parametrize(
    "number", ["+491701234567;ext=1", "+499001234567", "01701234567", "+49170\r\nTo: +1", "", "anna", "+4917012345671234567"]
)
async def test_what_is_no_number_of_a_person_never_reaches_the_provider(scene: SmsScene, number: str) -> None:
    channel = scene.channel()
    receipt = await channel.send(a_parcel(number))
    assert isinstance(receipt, Refused)
    assert receipt.is_final
    assert not scene.provider.caught
    await channel.close()


async def test_a_mail_does_not_go_as_a_text(scene: SmsScene) -> None:
    channel = scene.channel()
    assert isinstance(await channel.send(Parcel("d-1", NUMBER, Mail.of("a@b.test", b""))), Refused)


@pytest.mark.parametrize(
    ("mood", "heard"),
    [
        ("report-twice", ["sent", "sent", "delivered", "delivered"]),
        ("report-backwards", ["delivered", "sent"]),
        ("undelivered", ["sent", "undelivered"]),
        ("report-forged", ["sent", "delivered", "!failed"]),
        ("report-unknown", ["sent", "delivered", "not-d-1 failed"]),
        ("stop", ["sent", "delivered", "STOP STOP"]),
    ],
)
async def test_the_provider_reports_as_it_is_asked_to(scene: SmsScene, mood: SmsMood, heard: list[str]) -> None:
    channel = scene.channel()
    scene.provider.inbound = f"{scene.url}/reports"
    await channel.send(a_parcel(f"+4917012399{SMS_MOODS.index(mood) + 1:02}"))
    await scene.provider.told()
    await channel.close()
    told = [f"{'' if right else '!'}{'' if delivery == 'd-1' else f'{delivery} '}{status}" for delivery, status, right in scene.heard]
    assert told == heard
    assert ("+4917012399" + f"{SMS_MOODS.index(mood) + 1:02}" in scene.provider.opted_out) == (mood == "stop")


def test_a_number_asks_for_a_mood() -> None:
    assert [mood_of(f"+4917012399{place:02}") for place in (0, 1, len(SMS_MOODS), len(SMS_MOODS) + 1)] == [None, SMS_MOODS[0], "stop", None]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("99999999999", 86_400),
        ("Fri, 01 May 2026 10:00:30 GMT", 30),
        ("Fri, 01 May 2026 09:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-1", None),
    ],
)
def test_a_retry_after_is_read_in_both_notations(said: str, seconds: float | None) -> None:
    assert wait(said, datetime(2026, 5, 1, 10, tzinfo=UTC)) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("069 90009-123", "DE", "+496990009123"),
        ("+44 7700 900123", None, "+447700900123"),
        ("069 90009-123", None, None),
        ("x", "DE", None),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, country: str | None, number: str | None) -> None:
    assert number_of(text, country) == number


async def test_an_answer_that_never_ends_is_not_listened_to() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=400)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" " * 10_000)
        return response

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = TwilioChannel(SmsAccount(ACCOUNT, TOKEN, "", f"http://127.0.0.1:{runner.addresses[0][1]}"), at_once=1, seconds=1_000)
    receipt = await channel.send(a_parcel())
    assert isinstance(receipt, Refused)
    await channel.close()
    await runner.cleanup()
