"""What strangers try at the door: forged and monstrous bounces, links followed without end."""

import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from contracts.addresses import address_key
from contracts.reports import ADDRESS_BOUNCED, RECIPIENT_COMPLAINED
from hub.rules.links import Links
from hub.state.deliveries import delivery_id
from tests.support.knocking import SECRET, Door
from tests.support.message_centre import Centre
from tests.support.notices import a_notice

CATCHER, OURS = "a-secret-of-the-catcher", "c-1@example.com"


@pytest.fixture
async def centre(database: str) -> AsyncIterator[Centre]:
    async with Centre(database) as found:
        await found.people("C-1")
        await found.plan(a_notice(), a_notice("by-sms", channel="sms"), a_notice("never"))
        await found.db.execute("UPDATE deliveries SET address = $1 WHERE dedupe_key <> 'never'", OURS)
        yield found


def named(delivery: UUID) -> str:
    return Links("", SECRET).mail(delivery)


def a_bounce(name: str | None, *recipients: str, kind: str = "delivery-status") -> bytes:
    envelope = f"Original-Envelope-Id: {name}\n" if name else ""
    blocks = "".join(f"\nFinal-Recipient: rfc822; {one}\nAction: failed\nStatus: 5.1.1\n" for one in recipients)
    machine = f"Reporting-MTA: dns; mx.example\n{envelope}{blocks}"
    if kind == "feedback-report":
        machine = f"Feedback-Type: abuse\nOriginal-Rcpt-To: <{recipients[0]}>\n{envelope}"
    return (
        f'From: MAILER-DAEMON@mx.example\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
        f"--b\nContent-Type: message/{kind}\n\n{machine}\n--b--\n"
    ).encode()


async def hands_in(door: Door, mail: bytes) -> int:
    headers = [("authorization", f"Bearer {CATCHER}"), ("content-type", "message/rfc822")]
    answer = await door.knock("POST", "/bounces", [mail], headers=headers)
    assert answer.status == 202
    return int(json.loads(answer.body)["reports"])


async def test_a_bounce_that_names_no_mail_of_ours_keeps_nobody_from_getting_mail(centre: Centre) -> None:
    door = Door(centre.db, bounces=CATCHER)
    worked_out, forged = str(delivery_id("k-1")), Links("", b"a guess").mail(delivery_id("k-1"))
    for name in (None, named(uuid4()), named(delivery_id("by-sms")), named(delivery_id("never")), worked_out, forged):
        for kind in ("delivery-status", "feedback-report"):
            assert await hands_in(door, a_bounce(name, "victim@example.com", OURS, kind=kind)) == 0
    assert door.line.said == []


async def test_a_bounce_that_only_quotes_our_mail_is_about_that_mail_and_not_about_who_it_is_from(centre: Centre) -> None:
    door, name = Door(centre.db, bounces=CATCHER), named(delivery_id("k-1"))
    quoted = (
        f'--b\nContent-Type: text/rfc822-headers\n\nFrom: "The hub" <news@hub.example>\nReferences: <{uuid4()}@hub.example>\n'
        f"Message-ID: <{name}@hub.example>\n\n"
    )
    assert await hands_in(door, a_bounce(None, OURS).replace(b"--b--", quoted.encode() + b"--b--")) == 1


@pytest.mark.parametrize(("kind", "wire"), [("delivery-status", ADDRESS_BOUNCED.wire), ("feedback-report", RECIPIENT_COMPLAINED.wire)])
async def test_a_bounce_of_our_mail_is_about_the_address_that_it_went_to_whatever_it_names(centre: Centre, kind: str, wire: str) -> None:
    door = Door(centre.db, bounces=CATCHER)
    many = [f"victim{n}@example.com" for n in range(500)]
    assert await hands_in(door, a_bounce(named(delivery_id("k-1")), *many, kind=kind)) == 1
    [said] = door.line.said
    told = json.loads(said.value)
    assert dict(said.headers)["ce_type"].decode() == wire
    assert (told["address"], told["delivery"]) == (address_key("email", OURS), str(delivery_id("k-1")))


async def test_who_follows_a_link_without_end_is_told_to_wait_and_others_are_not(centre: Centre) -> None:
    door, links = Door(centre.db), Links("", SECRET)
    answers = [await door.knock("POST", links.unsubscribe(delivery_id("k-1"))) for _ in range(25)]
    assert {answer.status for answer in answers} == {200, 429}
    assert 20 <= len(door.line.said) < 25
    assert answers[-1].headers["retry-after"]
    assert (await door.knock("POST", links.unsubscribe(delivery_id("by-sms")))).status == 200
    followed = [(await door.knock("GET", links.document(delivery_id("k-1"), 0))).status for _ in range(25)]
    assert set(followed) == {404, 429}
