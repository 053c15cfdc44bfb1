"""Raw ADF leads at an open door: taken as they come, told what was mended, and once each in the dealer's topic."""

import json
from collections.abc import Iterator

import pytest

from contracts.leads import LEAD_RECEIVED
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support import stack
from tests.support.engine import Engine
from tests.support.outside import DEALER, Outside, outside
from tests.support.replaying import a_stage
from tests.support.scene import header
from tests.unit.test_adf import BOMB, WHOLE

TOPIC = f"dealer.{DEALER}.events"
BROKEN = WHOLE.replace("&amp;", "&").replace('sequence="1"', "sequence=1")


@pytest.fixture(scope="module")
def door(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("door")
    with stack.fresh_database(postgres) as url, a_stage(kafka, url, folder) as scene, outside(scene) as found:
        yield found


def test_a_broken_document_is_a_lead_in_the_dealers_topic_and_the_same_again_the_same_event(door: Outside, database: str) -> None:
    before = door.scene.end_offset(TOPIC)
    answers = [door.hands_over(BROKEN, content_type="text/xml; charset=utf-8") for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    (verdict,) = answers[0].json["verdicts"]
    assert (verdict["lead"], verdict["taken_by"], verdict["record"]) == ("Fair:4711", ["crm-sync"], f"{TOPIC}@0:{before}")
    assert answers[0].json["repairs"] == [
        {"path": "prospect.id", "line": 5, "done": "quotes were put around an attribute's value"},
        {"path": "prospect.customer.comments", "line": 17, "done": "a bare & was taken as text"},
    ]
    records = door.scene.read(TOPIC)[before:]
    assert [header(record, "ce_type") for record in records] == [LEAD_RECEIVED.wire] * 2
    said = json.loads(records[0].value() or b"")
    assert (said["name"], said["occurred_at"], said["need"].split("\n")[0]) == (
        "Ada Quist",
        "2026-03-01T11:00:00+00:00",
        "Room for a kayak & two dogs.",
    )
    stored = [Stored(TOPIC, 0, n, r.timestamp()[1], r.key(), r.value(), tuple(r.headers() or ())) for n, r in enumerate(records)]  # type: ignore[arg-type]

    async def fold() -> tuple[list[Outcome], int]:
        async with Engine(database, crm_sync) as engine:
            return await engine.outcomes(stored), len(await engine.rows("leads"))

    assert door.scene.database.run(fold()) == ([Outcome.HANDLED, Outcome.DUPLICATE], 1)


def test_without_a_moment_a_lead_counts_from_when_it_first_arrived(door: Outside) -> None:
    document = WHOLE.replace("2026-03-01T12:00:00+01:00", "soon").replace("4711", "4712")
    before = door.scene.end_offset(TOPIC)
    assert [door.hands_over(document).status for _ in range(2)] == [202, 202]
    first, again = door.scene.read(TOPIC)[before:]
    assert (header(first, "ce_id"), first.value()) == (header(again, "ce_id"), again.value())


def test_what_is_refused_names_the_fields_and_nothing_of_the_document_is_kept(door: Outside) -> None:
    before = door.scene.end_offset(TOPIC)
    long = WHOLE.replace("ada@mail.example", "x" * 400).replace("4711", "4713")
    for document, status, error, path in (
        (WHOLE.replace("</adf>", long[long.index("  <prospect") :]), 422, "schema", "prospect[1].customer.contact.email"),
        (WHOLE.replace("2026-03-01T12", "2199-03-01T12"), 422, "from_the_future", "prospect[0].requestdate"),
        (WHOLE.replace("<adf>", f"{BOMB}<adf>"), 422, "doctype", "(document)"),
        (WHOLE.replace("kayak", "\0"), 422, "encoding", "(body)"),
        (WHOLE[:600], 422, "xml", "prospect.vehicle"),
        ("<adf>" * 200_000, 413, "too_large", "(body)"),
    ):
        refused = door.hands_over(document)
        assert (refused.status, refused.json["error"], refused.paths) == (status, error, [path])
        assert "ada" not in refused.body
    assert door.hands_over(WHOLE, content_type="application/json").status == 415
    assert door.hands_over(WHOLE, authorization="Bearer x").status == 401
    dry = door.hands_over(BROKEN, path="/leads?dry-run")
    assert (dry.status, dry.json["verdicts"][0]["record"], len(dry.json["repairs"])) == (200, None, 2)
    assert door.scene.end_offset(TOPIC) == before
