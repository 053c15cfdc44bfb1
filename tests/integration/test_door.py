"""The open door as the outside meets it: a real process, a real broker, and whoever may or may not come in."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Message

from contracts.addresses import address_key
from contracts.consents import CONSENT_GIVEN
from contracts.reports import DELIVERY_REPORTED, RECIPIENT_OPTED_OUT, RECIPIENT_UNSUBSCRIBED
from contracts.topics import REPORTS
from hub.consumers.campaigns import campaigns
from hub.door.app import ENTRANCES
from hub.local.kafka import Kafka
from hub.local.ports import free_port
from hub.local.postgres import Postgres
from hub.local.sms_moods import SmsMood
from hub.local.sms_provider import ACCOUNT, SmsProvider
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support import stack
from tests.support.engine import Engine
from tests.support.eventually import eventually
from tests.support.outside import CATCHER, DEALER, MAIL, NUMBER, PROVIDER, Outside, open_door, outside
from tests.support.replaying import a_stage

SID = "SM" + "0123456789abcdef" * 2
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
TOPIC = f"dealer.{DEALER}.events"


@pytest.fixture(scope="module")
def door(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("door")
    with stack.fresh_database(postgres) as url, a_stage(kafka, url, folder) as scene, outside(scene) as found:
        yield found


def status(delivery: object, said: str, **more: str) -> tuple[str, dict[str, str]]:
    return f"/reports/sms?delivery={delivery}", {"MessageSid": SID, "MessageStatus": said, "To": NUMBER, **more}


def event(**change: Any) -> dict[str, Any]:
    body = {
        "occurred_at": "2026-03-02T12:00:00Z",
        "person": "C-1",
        "channels": ["email"],
        "purposes": ["news"],
        "proof": {"where": "web"},
    }
    whole = {"specversion": "1.0", "id": str(uuid4()), "source": f"/dealers/{DEALER}", "type": CONSENT_GIVEN.wire, "data": body}
    return {**whole, **change, "data": {**body, **change.get("data", {})}}


def test_what_is_called_back_twice_is_one_event_and_folds_once(door: Outside, database: str) -> None:
    delivery, _ = door.plans(NUMBER, "sms"), door.news()
    for said in ("delivered", "sent", "delivered"):
        assert door.reports(*status(delivery, said)).status == 204
    records = [_stored(one, place) for place, one in enumerate(door.records())]
    assert [record.key for record in records] == [str(delivery).encode()] * 3

    async def fold() -> tuple[list[Outcome], list[dict[str, Any]]]:
        async with Engine(database, campaigns) as engine:
            return await engine.outcomes(records), await engine.rows("delivery_reports")

    outcomes, [row] = door.scene.database.run(fold())
    assert outcomes == [Outcome.HANDLED, Outcome.HANDLED, Outcome.DUPLICATE]
    assert (row["ref"], row["status"]) == (str(delivery), "delivered")


def _stored(one: Message, offset: int) -> Stored:
    return Stored(REPORTS.name, 0, offset, one.timestamp()[1], one.key(), one.value(), tuple(one.headers() or ()))  # type: ignore[arg-type]


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "ä", None])
def test_no_empty_and_wrong_signatures_are_refused_and_nothing_is_kept(door: Outside, signature: str | None) -> None:
    door.news()
    path, form = status(uuid4(), "delivered")
    if signature is None:
        refused = door.asks("POST", path, b"MessageStatus=sent", content_type="application/x-www-form-urlencoded")
    else:
        refused = door.reports(path, form, x_twilio_signature=signature.encode().decode("latin-1"))
    assert (refused.status, refused.json["error"], refused.paths) == (403, "signature", ["x-twilio-signature"])
    assert door.news() == []


@pytest.mark.parametrize(
    ("body", "media", "wanted"),
    [
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", (413, "too_large")),
        (b"&".join(b"a%d=1" % n for n in range(300)), "application/x-www-form-urlencoded", (400, "form")),
        (b"a=%ff", "application/x-www-form-urlencoded", (400, "form")),
        (b"{}", "application/json", (415, "media_type")),
        (b"", "application/x-www-form-urlencoded", (403, "signature")),
    ],
)
def test_a_form_that_is_none_or_too_large_is_refused_before_it_is_believed(
    door: Outside, body: bytes, media: str, wanted: tuple[int, str]
) -> None:
    refused = door.asks("POST", "/reports/sms?delivery=x", body, content_type=media, x_twilio_signature="x")
    assert (refused.status, refused.json["error"]) == wanted


def test_a_delivery_that_nobody_knows_is_answered_and_noted(door: Outside) -> None:
    noted, _ = door.process.metric("hub_door_unknown_total"), door.news()
    assert door.reports(*status("not-ours", "failed")).status == 204
    assert door.reports(*status(uuid4(), "failed")).status == 204
    assert door.process.metric("hub_door_unknown_total") == noted + 2
    assert len(door.news()) == 1  # what may be restored is kept


def test_a_provider_that_misbehaves_is_believed_only_what_it_signs_and_tells_of_stop(door: Outside) -> None:
    delivery, _ = door.plans(NUMBER, "sms"), door.news()
    form = {"To": NUMBER, "From": "Hub", "StatusCallback": f"{door.url}/reports/sms?delivery={delivery}"}

    async def talk() -> list[int]:
        provider = SmsProvider(token=PROVIDER, inbound=f"{door.url}/reports/sms/inbound")
        moods: tuple[SmsMood, ...] = ("report-twice", "report-forged", "report-unknown", "stop")
        for mood in moods:
            provider.moods.append(mood)
            await provider.take(f"Basic {b64encode(f'{ACCOUNT}:{PROVIDER}'.encode()).decode()}", form | {"Body": mood})
            await provider.told()
        return [code for _, code in provider.reported]

    answers = asyncio.run(talk())
    assert answers.count(403) == 1  # the forged one
    assert set(answers) == {204, 403, 200}
    told = door.news()
    assert [body["address"] for _, wire, body in told if wire == RECIPIENT_OPTED_OUT.wire] == [address_key("sms", NUMBER)]
    assert {body["status"] for _, wire, body in told if wire == DELIVERY_REPORTED.wire} == {"sent", "delivered"}
    assert NUMBER not in json.dumps(told)


def test_who_looks_at_a_link_changes_nothing_and_who_presses_the_button_does(door: Outside) -> None:
    door.news()
    path = door.link(door.plans())
    page = door.asks("GET", path, accept_language="de-DE,de;q=0.9")
    assert page.status == 200
    assert '<form method="post">' in page.body
    assert "Keine solchen Nachrichten mehr?" in page.body
    assert door.asks("HEAD", path).status == 200
    assert door.news() == []
    form = "application/x-www-form-urlencoded"
    assert door.asks("POST", path, b"List-Unsubscribe=One-Click", content_type=form).status == 200
    assert door.asks("POST", path, b"means=page", content_type=form).status == 200
    (one, wire, said), (two, _, again) = door.news()
    assert wire == RECIPIENT_UNSUBSCRIBED.wire
    assert one != two  # somebody may have agreed in between
    assert (said["means"], again["means"]) == ("one_click", "page")
    assert (said["person"], said["dealer"], said["purpose"], said["grantee"]) == ("C-1", DEALER, "news", DEALER)
    assert said["address"] == address_key("email", MAIL)
    assert MAIL not in json.dumps(said)


@pytest.mark.parametrize("change", [lambda path: path[:-1] + ("A" if path[-1] != "A" else "B"), lambda _: "/unsubscribe/x"])
def test_a_link_that_we_did_not_make_opens_nothing(door: Outside, change: Any) -> None:
    path, _ = change(door.link(door.plans())), door.news()
    assert (door.asks("GET", path).status, door.asks("POST", path, b"").status) == (404, 404)
    assert door.news() == []


def test_a_link_of_a_delivery_that_is_not_known_says_so(door: Outside) -> None:
    assert door.asks("POST", door.link(uuid4()), b"").status == 404


def test_a_dealers_event_stands_in_its_topic_as_it_was_sent(door: Outside) -> None:
    before = door.scene.end_offset(TOPIC)
    one, two = event(), event(data={"person": "C-2"})
    (verdict,) = door.says(one).json["verdicts"]
    assert verdict == {"id": one["id"], "taken_by": ["campaigns"], "record": f"{TOPIC}@0:{before}", "faults": []}
    binary = {"ce_id": two["id"], "ce_source": two["source"], "ce_type": two["type"], "ce_specversion": "1.0"}
    assert door.says(two["data"], **binary, content_type="application/json").status == 202
    batch = door.says([event(), event()], content_type="application/cloudevents-batch+json")
    assert [v["record"] for v in batch.json["verdicts"]] == [f"{TOPIC}@0:{before + n}" for n in (2, 3)]
    records = door.scene.read(TOPIC)[before:]
    assert [record.key() for record in records] == [b"C-1", b"C-2", b"C-1", b"C-1"]
    assert json.loads(records[0].value() or b"") == one


@pytest.mark.parametrize(
    ("sent", "media", "wanted"),
    [
        (event(data={"channels": []}), "", (422, "schema", ["channels"])),
        (event(source="/dealers/mun-002"), "", (422, "principal_mismatch", ["source"])),
        ([event(), event(data={"grantee": "No Id"})], "-batch", (422, "schema", ["[1].grantee"])),
        (event(type="hub.unheard.of.v1"), "", (422, "unknown_type", ["type"])),
        ({}, "", (422, "envelope", ["data"])),
        (event(data={"person": "x" * 1_100_000}), "", (422, "schema", ["person"])),
    ],
)
def test_a_bad_event_is_answered_with_its_fields_paths_and_nothing_of_the_request_is_kept(
    door: Outside, sent: Any, media: str, wanted: tuple[int, str, list[str]]
) -> None:
    before = door.scene.end_offset(TOPIC)
    refused = door.says(sent, content_type=f"application/cloudevents{media}+json")
    assert (refused.status, refused.json["error"], refused.paths) == wanted
    assert door.scene.end_offset(TOPIC) == before


def test_a_dry_run_judges_and_keeps_nothing(door: Outside) -> None:
    before = door.scene.end_offset(TOPIC)
    told = door.asks("POST", "/events?dry-run", json.dumps(event()).encode(), **_as_dealer(door.token))
    assert (told.status, told.json["verdicts"][0]["taken_by"], told.json["verdicts"][0]["record"]) == (200, ["campaigns"], None)
    assert door.scene.end_offset(TOPIC) == before


def test_a_token_of_nobody_and_one_of_a_suspended_dealer_open_nothing(door: Outside) -> None:
    assert door.says(event(), authorization="Bearer somebody-else").status == 401
    assert door.says(event(), authorization=f"Basic {door.token}").status == 401
    door.lets_in("another", is_suspended=True)
    try:
        assert door.says(event()).status == door.says(event(), authorization="Bearer another").status == 403
    finally:
        door.scene.database.rows("UPDATE door_tokens SET is_suspended = false RETURNING id")
    assert door.says(event()).status == 202


def _as_dealer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "content_type": "application/cloudevents+json"}


def test_every_entrance_is_closed_to_who_shows_nothing_and_safe_whatever_it_answers(door: Outside) -> None:
    _, events = door.news(), door.scene.end_offset(TOPIC)
    for entrance in ENTRANCES:
        refused = door.asks(entrance.method, entrance.path.replace("{token}", "x"), b"" if entrance.method == "POST" else None)
        assert refused.status in {401, 403, 404, 415}, entrance.name
        assert SAFE.items() <= refused.headers.items(), entrance.name
    for path in ("/", "/docs", "/openapi.json", "/metrics", "/health/ready"):
        nothing = door.asks("GET", path)
        assert nothing.status == 404
        assert SAFE.items() <= nothing.headers.items()
    assert door.asks("DELETE", "/events").status == 405
    assert (door.news(), door.scene.end_offset(TOPIC)) == ([], events)


def test_who_asks_too_often_is_told_when_to_come_again(door: Outside) -> None:
    slow = open_door(door.scene, door_requests_per_second=0.01)
    slow.process.until_ready()
    first, second = slow.says(event()), slow.says(event())
    assert (first.status, second.status) == (202, 429)
    assert int(second.headers["retry-after"]) >= 1
    slow.process.terminate()


def test_without_a_broker_the_outside_is_asked_to_come_again_and_nothing_is_lost(door: Outside) -> None:
    lonely = open_door(door.scene, kafka_bootstrap=f"127.0.0.1:{free_port()}", door_answer_ms=500)
    delivery = door.plans(NUMBER, "sms")
    path, form = status(delivery, "delivered")
    eventually(lambda: bool(lonely.process.events("door.open")), 40)
    away = lonely.reports(path, form)
    assert (away.status, away.json["error"]) == (503, "away")
    assert int(away.headers["retry-after"]) >= 1
    assert lonely.says(event()).status == 503
    assert lonely.asks("POST", lonely.link(delivery), b"").status == 503
    assert lonely.process.why_not_ready() == ["broker or database"]
    assert lonely.process.is_alive()
    lonely.process.terminate()


def test_mail_that_came_back_is_a_report_on_its_address(door: Outside) -> None:
    _, delivery = door.news(), door.plans()
    mail = BOUNCE.replace("{name}", door.mail_name(delivery)).encode()
    told = {"authorization": f"Bearer {CATCHER}", "content_type": "message/rfc822"}
    for _ in range(2):
        taken = door.asks("POST", "/bounces", mail, **told)
        assert (taken.status, taken.json) == (202, {"reports": 1})
    (one, _, said), (again, _, same) = door.news()
    assert (one, said) == (again, same)
    assert (said["address"], said["cause"], said["is_permanent"]) == (address_key("email", MAIL), "unknown_address", True)
    assert said["delivery"] == str(delivery)
    assert door.asks("POST", "/bounces", b"Subject: out of office\r\n\r\nBack on Monday", **told).json == {"reports": 0}
    assert door.asks("POST", "/bounces", mail, **{**told, "authorization": "Bearer x"}).status == 401


BOUNCE = """From: MAILER-DAEMON@mail.example
To: bounces@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Original-Envelope-Id: {name}

Final-Recipient: rfc822; ada@mail.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user here

--b--
"""


def test_no_address_and_no_secret_stands_in_the_log_or_among_the_figures(door: Outside) -> None:
    told = door.process.log_text() + door.process.probe("/metrics")[1]
    assert "door.open" in told
    for private in (NUMBER, MAIL, door.token, CATCHER, PROVIDER):
        assert private not in told


def test_the_process_ends_when_it_is_told_to(door: Outside) -> None:
    other = open_door(door.scene)
    other.process.until_ready()
    assert other.process.terminate() == 0
