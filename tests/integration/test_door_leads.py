"""Raw ADF leads at the door: taken as they come, told what was mended, and once each in the dealer's topic."""

import json
from collections.abc import AsyncIterator

import pytest

from hub.consumers.crm_sync import crm_sync
from hub.rules.decision import dealer_of
from hub.state import door as tokens
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.engine import Engine
from tests.support.knocking import Answer, Door
from tests.unit.test_adf import BOMB, WHOLE

DEALER, TOKEN = "dealer:ber-001", "of-the-tests"
TOPIC = f"dealer.{dealer_of(DEALER)}.events"
BROKEN = WHOLE.replace("&amp;", "&").replace('sequence="1"', "sequence=1")


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as found:
        await tokens.issue(found.db, DEALER, TOKEN, "tests")
        yield found


async def hands_over(door: Door, document: str, path: str = "/leads", media: str = "text/xml; charset=utf-8", token: str = TOKEN) -> Answer:
    headers = [("authorization", f"Bearer {token}"), ("content-type", media)]
    return await door.knock("POST", path, [document.encode()], headers=headers)


async def test_a_broken_document_is_a_lead_in_the_dealers_topic_and_the_same_again_the_same_event(engine: Engine) -> None:
    door = Door(engine.db)
    answers = [await hands_over(door, BROKEN) for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    told = json.loads(answers[0].body)
    (verdict,) = told["verdicts"]
    assert (verdict["lead"], verdict["taken_by"], verdict["record"]) == ("Fair:4711", ["crm-sync"], f"{TOPIC}@0:0")
    assert told["repairs"] == [
        {"path": "prospect.id", "line": 5, "done": "quotes were put around an attribute's value"},
        {"path": "prospect.customer.comments", "line": 17, "done": "a bare & was taken as text"},
    ]
    records = [Stored(one.topic, 0, place, 1_900_000_000_000, one.key, one.value, one.headers) for place, one in enumerate(door.line.said)]
    assert await engine.outcomes(records) == [Outcome.HANDLED, Outcome.DUPLICATE]
    [lead] = await engine.rows("leads")
    assert (lead["ref"], lead["name"], lead["intention"], lead["need"].split("\n")[0]) == (
        "Fair:4711",
        "Ada Quist",
        "purchase",
        "Room for a kayak & two dogs.",
    )
    assert lead["received_at"].isoformat() == "2026-03-01T11:00:00+00:00"


async def test_without_a_moment_a_lead_counts_from_when_it_first_arrived(engine: Engine) -> None:
    door = Door(engine.db)
    document = WHOLE.replace("2026-03-01T12:00:00+01:00", "soon")
    assert [(await hands_over(door, document)).status for _ in range(2)] == [202, 202]
    first, again = door.line.said
    assert (dict(first.headers)["ce_id"], first.value) == (dict(again.headers)["ce_id"], again.value)


async def test_a_lead_without_a_reference_keeps_one_that_follows_from_who_asked_and_when(engine: Engine) -> None:
    door = Door(engine.db)
    document = WHOLE.replace('<id sequence="1" source="Fair">4711</id>', "")
    for sent in (document, document.replace("two dogs", "three dogs"), document.replace("Ada", "Eva")):
        assert (await hands_over(door, sent)).status == 202
    keys = [one.key for one in door.line.said]
    assert keys[0] == keys[1] != keys[2]
    assert len({dict(one.headers)["ce_id"] for one in door.line.said}) == 3


async def test_what_is_refused_names_the_fields_and_nothing_of_the_document_is_kept(engine: Engine) -> None:
    door = Door(engine.db)
    long = WHOLE.replace("ada@mail.example", "x" * 400).replace("4711", "4713")
    for document, status, error, path in (
        (WHOLE.replace("</adf>", long[long.index("  <prospect") :]), 422, "schema", "prospect[1].customer.contact.email"),
        (WHOLE.replace("2026-03-01T12", "2199-03-01T12"), 422, "from_the_future", "prospect[0].requestdate"),
        (WHOLE.replace("<adf>", f"{BOMB}<adf>"), 422, "doctype", "(document)"),
        (WHOLE.replace("kayak", "\0"), 422, "encoding", "(body)"),
        (WHOLE[: WHOLE.index("</vehicle>")], 422, "xml", "prospect.vehicle"),
        ("<adf>" * 200_000, 413, "too_large", "(body)"),
    ):
        refused = await hands_over(door, document)
        said = json.loads(refused.body)
        assert (refused.status, said["error"], [fault["path"] for fault in said["faults"]]) == (status, error, [path])
        assert b"ada" not in refused.body
    assert (await hands_over(door, WHOLE, media="application/json")).status == 415
    assert (await hands_over(door, WHOLE, token="x")).status == 401
    dry = await hands_over(door, BROKEN, "/leads?dry-run")
    assert (dry.status, len(json.loads(dry.body)["repairs"])) == (200, 2)
    assert door.line.said == []
