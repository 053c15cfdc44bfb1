"""What imports and base data publish arrives whole, keyed and in order; what cannot be published names its topic."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from structlog.testing import capture_logs
from typer.testing import CliRunner

from contracts import topics
from contracts.base import LOSS_REASON_RECORDED, LossReason
from contracts.customers import CUSTOMER_RECORDED, CustomerRecorded
from contracts.envelope import read
from hub.cli.base import app as base_words
from hub.cli.imports import app as import_words
from hub.consumers.base_data import base_data
from hub.errors import HubError, Unavailable
from hub.local.kafka import Kafka
from hub.operations import base
from hub.operations.acts import Operator
from hub.operations.base_file import STARTER, Laid, parse
from hub.operations.base_file import read as read_file
from hub.operations.cluster import Cluster
from hub.operations.record_view import headers_of
from hub.operations.topic_plan import of_catalogue
from hub.operations.topics import create
from hub.producers.publisher import Publisher
from hub.settings import Settings
from hub.wiring import kafka_options
from tests.support.crm_export import generate
from tests.support.engine import Engine, Log
from tests.support.kafka_clients import acts_of, environment_of, settings_of, with_acts
from tests.support.passes import a_pass

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    return with_acts(settings_of(kafka))


@pytest.fixture
def dealer(settings: Settings) -> str:
    """A dealer of this test alone, with its topic."""
    name = f"d-{uuid4().hex[:12]}"
    create(Cluster(settings), [of_catalogue(topics.DEALER_EVENTS, topics.DEALER_EVENTS.of(name), 1)], lambda _: None)
    return name


@pytest.fixture
def oem_base(settings: Settings) -> int:
    """Where the base data of this test begins on its topic, which tests share."""
    create(Cluster(settings), [of_catalogue(topics.OEM_BASE, topics.OEM_BASE.name, 1)], lambda _: None)
    with closing(Consumer(_config(settings))) as consumer:
        return int(consumer.get_watermark_offsets(TopicPartition(topics.OEM_BASE.name, 0), 10)[1])


def _config(settings: Settings) -> dict[str, object]:
    return {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": settings.kafka_security,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": settings.kafka_user,
        "sasl.password": settings.kafka_password.get_secret_value(),
        "group.id": "unused",
        "enable.partition.eof": True,
    }


def heard(settings: Settings, topic: str, start: int = 0) -> list[Message]:
    """All records of a topic's only partition, from an offset on."""

    def records() -> Iterator[Message]:
        with closing(Consumer(_config(settings))) as consumer:
            consumer.assign([TopicPartition(topic, 0, start)])
            while (message := consumer.poll(20)) is not None and message.error() is None:
                yield message

    return list(records())


def customer(number: int) -> CustomerRecorded:
    return CustomerRecorded(occurred_at=NOW, customer=f"C{number}", name="Kites")


async def test_events_arrive_keyed_and_in_order_with_their_envelope(settings: Settings, dealer: str) -> None:
    topic = topics.DEALER_EVENTS.of(dealer)
    async with Publisher(kafka_options(settings)) as publisher:
        for number in range(6_000):
            source = f"/dealers/{dealer}/test"
            await publisher.publish(topic, CUSTOMER_RECORDED, customer(number), source=source, id=str(number), historical=number > 0)
    assert publisher.published == 6_000
    records = heard(settings, topic)
    assert [record.key() for record in records] == [f"C{number}".encode() for number in range(6_000)]
    first, _ = read(headers_of(records[0]), records[0].value())
    last, body = read(headers_of(records[-1]), records[-1].value())
    assert (first.is_historical, last.is_historical, last.id, last.type) == (False, True, "5999", "hub.customer.recorded.v1")
    assert json.loads(body) == {
        "occurred_at": "2026-01-01T00:00:00Z",
        "customer": "C5999",
        "name": "Kites",
        "customer_kind": "organisation",
        "status": "active",
        "segments": [],
    }


async def test_a_topic_that_is_not_there_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.producers.publisher._TIMEOUT_MS", 1_500)
    with pytest.raises(HubError, match=r"dealer\.nobody\.events: no such topic"):
        async with Publisher(kafka_options(settings)) as publisher:
            await publisher.publish("dealer.nobody.events", CUSTOMER_RECORDED, customer(1), source="/t", id="1")


async def test_a_missing_topic_is_told_before_anything_is_sent(settings: Settings) -> None:
    async with Publisher(kafka_options(settings)) as publisher:
        async with asyncio.timeout(5):  # sending would look for it for much longer
            with pytest.raises(HubError, match=r"dealer\.nobody\.events: no such topic"):
                await publisher.require("dealer.nobody.events")


async def test_an_event_larger_than_the_broker_takes_is_refused_with_its_topic(settings: Settings, dealer: str) -> None:
    body = LossReason(occurred_at=NOW, id="price", name="P").model_copy(update={"name": "x" * 2_000_000})
    with pytest.raises(HubError, match=rf"dealer\.{dealer}\.events: an event is larger"):
        async with Publisher(kafka_options(settings)) as publisher:
            await publisher.publish(topics.DEALER_EVENTS.of(dealer), LOSS_REASON_RECORDED, body, source="/t", id="1")


async def test_a_broker_that_is_away_is_named() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not answer"):
        async with Publisher({"bootstrap_servers": "127.0.0.1:1"}):
            pass


def test_the_word_import_publishes_once_and_reports_in_json(settings: Settings, dealer: str, tmp_path: Path) -> None:
    made = generate(tmp_path)
    shell = CliRunner(env=environment_of(settings))
    words = ["crm", str(tmp_path), "--dealer", dealer, "--json"]
    dry = json.loads(shell.invoke(import_words, [*words, "--dry-run"]).stdout)
    assert (dry["is_dry"], dry["published"], dry["done"]) == (True, 0, [])
    assert heard(settings, topics.DEALER_EVENTS.of(dealer)) == []
    done = shell.invoke(import_words, [*words, "--base-file", str(tmp_path / "base.yaml")])
    assert done.exit_code == 1, "some lines were refused"
    told = json.loads(done.stdout)
    records = heard(settings, topics.DEALER_EVENTS.of(dealer))
    assert told["published"] == len(records) == sum(told["events"].values())
    assert (told["is_dry"], told["done"]) == (False, [f"{len(records)} events published"])
    assert len(told["refusals"]) == made.refused.total()
    assert {read(headers_of(record), record.value())[0].is_historical for record in records} == {True}
    assert len(read_file(tmp_path / "base.yaml").editions) == 6
    shell.invoke(import_words, words)
    again = heard(settings, topics.DEALER_EVENTS.of(dealer))[len(records) :]
    assert [_name(record) for record in again] == [_name(record) for record in records]


def _name(record: Message) -> tuple[str, bytes | None]:
    return read(headers_of(record), record.value())[0].id, record.value()


def test_the_word_import_reports_to_people(settings: Settings, dealer: str, tmp_path: Path) -> None:
    generate(tmp_path)
    result = CliRunner(env=environment_of(settings)).invoke(import_words, ["crm", str(tmp_path), "--dealer", dealer, "--dry-run"])
    assert result.exit_code == 1
    for told in ("shoe_size", "technolgy → technology", "FalconPro → Falcon Pro", "one of Prospecting, Engaging", f"{dealer}.events"):
        assert told in result.stdout
    assert "opportunities:" in CliRunner().invoke(import_words, ["mapping"]).stdout


async def test_base_data_is_laid_down_once_and_changed_by_telling_it_anew(settings: Settings, oem_base: int, database: str) -> None:
    log, options, operator = Log(), kafka_options(settings), Operator(Cluster(settings), "test")

    async def fold() -> None:
        start = oem_base + len(log.records[topics.OEM_BASE.name, 0])
        for record in heard(settings, topics.OEM_BASE.name, start):
            log.write(topics.OEM_BASE.name, record.value(), key=record.key(), headers=headers_of(record), at=datetime.now(UTC))
        await engine.apply(log.records[topics.OEM_BASE.name, 0])

    file = read_file(STARTER)
    async with Engine(database, base_data) as engine:
        for _ in range(2):  # before the consumer has folded it, the same is said again under the same ids
            assert await base.apply(operator, options, file, await base.plan(database, file)) == len(file.editions)
        await fold()
        assert len(await engine.rows("base_data")) == len(await engine.rows("journal")) == len(file.editions)
        assert {step.what for step in await base.plan(database, file)} == {"unchanged"}
        for name in ("Too dear", "Price", "Too dear"):
            changed = parse(f"loss_reason:\n  - {{id: price, name: {name}}}\n", "f.yaml")
            assert await base.apply(operator, options, changed, await base.plan(database, changed)) == 1
            await fold()
            [edition] = await base.editions(database, "loss_reason", "price")
            assert edition.body["name"] == name
        assert await base.start(operator, database, options) == 0
        [edition] = await base.editions(database, "loss_reason", "price")
        assert edition.body["name"] == "Too dear"
        assert await engine.rows("dead_letters") == []
        text = _typed(settings, database, ["list", "loss_reason"])
        assert "Too dear" in text
        assert "in use" in text
        assert "prospecting" in _typed(settings, database, ["show", "sales_model", "standard"])
        exported = parse(_typed(settings, database, ["export"]), "export.yaml")
        assert len(exported.editions) == len(file.editions)
        assert "Too dear" in _typed(settings, database, ["apply", "--starter", "--dry-run"]), "what would change is shown"
        foretold = json.loads(_typed(settings, database, ["apply", "--starter", "--dry-run", "--json"]))
        assert [step["fields"] for step in foretold["steps"]] == [[{"path": "name", "was": "Too dear", "becomes": "Price"}]]
        assert (foretold["is_dry"], foretold["done"], foretold["unchanged"]) == (True, [], len(file.editions) - 1)


async def test_names_of_staff_are_neither_listed_nor_logged_unasked(settings: Settings, oem_base: int, database: str) -> None:
    file = parse("staff:\n  - {id: Ada Wold, name: Ada Wold, manager: Bo Lindqvist}\n", "staff.yaml")
    held = a_pass("Ada Wold")
    file.editions.append(Laid(3, held))
    with capture_logs() as logged:
        await base.apply(Operator(Cluster(settings), "somebody joined"), kafka_options(settings), file, await base.plan(database, file))
    assert logged == []
    [*_, act] = acts_of(settings)
    assert (act.what, act.why, act.effect) == ("base.applied", "somebody joined", ("staff: 1", "staff_pass: 1"))
    assert "Ada Wold" not in str(act)
    log = Log()
    for record in heard(settings, topics.OEM_BASE.name, oem_base):
        log.write(topics.OEM_BASE.name, record.value(), key=record.key(), headers=headers_of(record), at=datetime.now(UTC))
    async with Engine(database, base_data) as engine:
        await engine.apply(log.records[topics.OEM_BASE.name, 0])
    for words in (["list"], ["list", "--json"], ["show", "staff", "Ada Wold", "--json"], ["show", "staff_pass", held.id], ["export"]):
        text = _typed(settings, database, words)
        assert "Wold" not in text
        assert "Lindqvist" not in text
    assert "Bo Lindqvist" in _typed(settings, database, ["export", "--unmask", "--why", "a new hub"])


def _typed(settings: Settings, database: str, words: Sequence[str]) -> str:
    """What `hub base …` prints; it has an event loop of its own, which cannot run inside the test's."""
    shell = CliRunner(env=environment_of(settings) | {"HUB_DATABASE_URL": database})
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(shell.invoke, base_words, list(words)).result()
    assert result.exit_code == 0, result.output
    return result.stdout
