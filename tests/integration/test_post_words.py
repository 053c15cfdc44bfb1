"""Print batches are listed as they lie there, and letters that came back are told of once, of those that the ledger knows."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from typer.testing import CliRunner

from contracts.addresses import address_key
from contracts.reports import ADDRESS_BOUNCED
from contracts.topics import REPORTS
from hub.channels.parcel import Letter
from hub.channels.post.batch import commit
from hub.channels.post.returns import Returned
from hub.cli.post import app
from hub.errors import InputError
from hub.local.kafka import Kafka
from hub.operations import post
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.places import store
from hub.operations.topic_plan import of_catalogue
from hub.operations.topics import create
from hub.settings import Settings
from hub.state import deliveries, rows
from hub.state.connect import connect
from hub.state.deliveries import Planned, delivery_id
from hub.state.store import Connection
from hub.wiring import kafka_options
from tests.support.kafka_clients import acts_of, environment_of, settings_of, with_acts
from tests.support.notices import a_notice

LINES = "Anna Muster\n1 Street\n10115 Berlin"


def test_batches_are_listed_with_what_is_wrong_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_POST_FOLDER", str(tmp_path))
    assert "No batch was committed yet." in CliRunner().invoke(app, ["list"]).stdout
    letter = Letter("The hub", tuple(LINES.splitlines()), b"%PDF-")
    commit(tmp_path, "b-1", [("d-1", letter)], datetime(2026, 5, 1, tzinfo=UTC))
    commit(tmp_path, "b-2", [("d-2", letter)], datetime(2026, 5, 2, tzinfo=UTC))
    (tmp_path / "b-2" / "00001.pdf").unlink()
    (tmp_path / "b-2" / "done").mkdir()
    whole = (tmp_path / "b-1" / "manifest.json").read_bytes()
    for name, damage in (
        ("b-3", b'{"letters": 1'),
        ("b-4", b"{}"),
        ("b-5", b"\xff"),
        ("b-6", whole.replace(b'"bytes": 5', b'"bytes": null')),
    ):
        commit(tmp_path, name, [("d-3", letter)], datetime(2026, 5, 3, tzinfo=UTC))
        (tmp_path / name / "manifest.json").write_bytes(damage)
    found = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert [(one["name"], one["letters"], one["faults"]) for one in found] == [
        ("b-1", 1, []),
        ("b-2", 1, ["done: expected a file of the manifest", "00001.pdf: expected to be there"]),
        *((name, 0, ["manifest.json: expected as it was committed; it cannot be read"]) for name in ("b-3", "b-4", "b-5", "b-6")),
    ]
    assert "2026-05-01 00:00:00Z" in CliRunner().invoke(app, ["list"]).stdout


def test_without_a_folder_there_is_nothing_to_list() -> None:
    with pytest.raises(InputError, match="HUB_POST_FOLDER"):
        post.batches("")


async def test_a_letter_that_came_back_is_told_of_once_and_a_stranger_s_not(kafka: Kafka, database: str, tmp_path: Path) -> None:
    settings = with_acts(settings_of(kafka)).model_copy(update={"database_url": Settings(database_url=database).database_url})
    create(Cluster(settings), [of_catalogue(REPORTS, REPORTS.name, 1)], lambda _: None)
    connection = await connect(database, name="test")
    await rows.make(connection, [deliveries.ROWS])
    await deliveries.insert(connection, "reminders", [Planned(a_notice(key, channel="post"), uuid4()) for key in ("k-1", "k-2")])
    await connection.execute("UPDATE deliveries SET address = $1, state = 'sent' WHERE id = $2", LINES, delivery_id("k-1"))
    await connection.close()
    day = date(2026, 5, 1)
    letters = [Returned(str(name), "11", day, "unknown_address", True) for name in (delivery_id("k-1"), delivery_id("k-2"), uuid4())]
    asked = await _questions(settings, letters)
    assert await _questions(settings, letters * 30) == asked, "asked once for all, however many came back"
    found = await post.report(settings, letters)
    assert [each.body is None for each in found] == [False, True, True], "one was never sent, one is nobody's"
    file = tmp_path / "returns.csv"
    file.write_text("delivery,code,returned_on\n" + "".join(f"{one.delivery},11,2026-05-01\n" for one in letters))
    shell = CliRunner(env=environment_of(settings) | {"HUB_DATABASE_URL": database})
    told = json.loads((await asyncio.to_thread(shell.invoke, app, ["returned", str(file), "--dry-run", "--json"])).stdout)
    assert ([one["is_known"] for one in told["letters"]], told["done"]) == ([True, False, False], [])
    operator, name = Operator(Cluster(settings), "the post's report"), f"returns-{uuid4()}.csv"
    for _ in range(2):
        assert await post.publish(operator, kafka_options(settings), found, name) == 1
    said = [record for record in _records(kafka) if json.loads(record[1])["delivery"] == str(delivery_id("k-1"))]
    assert len(said) == 2
    assert said[0] == said[1], "the same under the same id"
    body = ADDRESS_BOUNCED.decode(1, said[0][1])
    assert (body.address, body.cause, body.is_permanent, body.code) == (address_key("post", LINES), "unknown_address", True, "11")
    assert "Anna" not in str(said)
    assert [act.subject for act in acts_of(settings) if act.what == "post.returned"][-1] == name


async def _questions(settings: Settings, letters: list[Returned]) -> int:
    """How many statements the database is asked while these are looked up."""
    asked: list[str] = []

    @asynccontextmanager
    async def listened_to(given: Settings) -> AsyncIterator[Connection]:
        async with store(given) as connection:
            with connection.query_logger(lambda record: asked.append(record.query)):
                yield connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "store", listened_to)
        await post.report(settings, letters)
    return len(asked)


def _records(kafka: Kafka) -> list[tuple[bytes | None, bytes]]:
    """Ids and bodies of all reports."""
    reader = Consumer(kafka.client_config() | {"group.id": "nobody", "enable.auto.commit": "false"})
    found: list[tuple[bytes | None, bytes]] = []
    try:
        for number in reader.list_topics(REPORTS.name, 10).topics[REPORTS.name].partitions:
            low, high = reader.get_watermark_offsets(TopicPartition(REPORTS.name, number), 10)
            reader.assign([TopicPartition(REPORTS.name, number, low)])
            while low < high:
                record = reader.poll(10)
                assert record is not None
                assert record.error() is None
                low = (record.offset() or 0) + 1
                heads = dict(record.headers() or ())
                found.append((heads.get("ce_id"), record.value() or b""))
    finally:
        reader.close()
    return found
