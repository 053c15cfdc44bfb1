"""The catalogue is applied without loss, and what is read back is masked."""

import json
from uuid import uuid4

import pytest
from confluent_kafka.admin import NewPartitions, NewTopic
from typer.testing import CliRunner

from contracts.envelope import Envelope, write
from contracts.topics import CATALOGUE
from hub.cli.topics import app
from hub.errors import InputError, Unavailable
from hub.local.kafka import Kafka
from hub.operations import partners, records, topic_facts, topics
from hub.operations.cluster import Cluster, made_by_people
from hub.operations.partner_plan import Partner
from hub.operations.records import Place
from hub.operations.topic_plan import GROW_PARTITIONS, SHRINK_RETENTION, Plan
from hub.settings import Settings
from tests.support.eventually import eventually
from tests.support.kafka_clients import PartnerClient, acts_of, configure, environment_of, settings_of, with_acts
from tests.support.stack import NewKafka

EMAIL = "erika.mustermann@example.com"
WIRE = "hub.customer.recorded.v1"


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    return with_acts(settings_of(kafka))


@pytest.fixture
def shell(settings: Settings) -> CliRunner:
    """Types words at a command line whose hub works on the broker."""
    return CliRunner(env=environment_of(settings))


@pytest.fixture
def dealer(settings: Settings) -> Partner:
    """A dealer of this test alone, so that tests may run side by side."""
    dealer = Partner.named("dealer", f"t-{uuid4().hex[:12]}")
    partners.add(settings, dealer, why="test")
    return dealer


def _plan(settings: Settings, dealer: Partner) -> Plan:
    found = topics.plan(settings)
    mine = tuple(step for step in found.steps if step.topic in dealer.topics)
    return Plan(mine, found.unknown)


def test_applying_twice_leaves_nothing_to_do(new_kafka: NewKafka) -> None:
    settings = settings_of(new_kafka())
    topics.apply_catalogue(settings, lambda _: None)
    assert topics.plan(settings) == Plan((), ())
    assert {topic.name for topic in CATALOGUE if not topic.is_per_partner} == {fact.name for fact in topic_facts.facts(settings)}


def test_a_plan_changes_nothing(settings: Settings, dealer: Partner) -> None:
    feed = f"{dealer.user}.feed"
    configure(settings, feed, retention_ms="1000")
    assert _plan(settings, dealer) == _plan(settings, dealer)
    assert topic_facts.fact(settings, feed).config["retention.ms"] == "1000"


def test_retention_grows_without_a_flag(settings: Settings, dealer: Partner) -> None:
    feed = f"{dealer.user}.feed"
    configure(settings, feed, retention_ms="1000")
    assert topics.apply(settings, _plan(settings, dealer), progress=lambda _: None) == ()
    assert _plan(settings, dealer).is_empty


def test_retention_shrinks_only_with_its_flag(settings: Settings, dealer: Partner) -> None:
    feed = f"{dealer.user}.feed"
    configure(settings, feed, retention_ms="-1")
    [refused] = topics.apply(settings, _plan(settings, dealer), progress=lambda _: None)
    assert "older than 90 days" in refused.loses
    assert topic_facts.fact(settings, feed).config["retention.ms"] == "-1"
    assert topics.apply(settings, _plan(settings, dealer), flags=[SHRINK_RETENTION], progress=lambda _: None) == ()
    assert _plan(settings, dealer).is_empty


def test_partitions_never_shrink(settings: Settings, dealer: Partner) -> None:
    events = f"{dealer.user}.events"
    cluster = Cluster(settings)
    cluster.settle_all(cluster.admin.create_partitions([NewPartitions(events, 3)]), "growing")
    [refused] = topics.apply(settings, _plan(settings, dealer), flags=[SHRINK_RETENTION, GROW_PARTITIONS], progress=lambda _: None)
    assert refused.impossible
    assert len(topic_facts.fact(settings, events).partitions) == 3


def test_an_unknown_topic_is_shown_and_left_alone(settings: Settings, dealer: Partner) -> None:
    stranger = f"somebody.{uuid4().hex}"
    cluster = Cluster(settings)
    cluster.settle_all(cluster.admin.create_topics([NewTopic(stranger, 1, 1)]), "creating")
    found = topics.plan(settings)
    assert stranger in found.unknown
    topics.apply(
        settings, Plan(_plan(settings, dealer).steps, found.unknown), flags=[SHRINK_RETENTION, GROW_PARTITIONS], progress=lambda _: None
    )
    assert stranger in made_by_people(cluster.metadata().topics)


def test_a_topic_tells_who_may_use_it(settings: Settings, dealer: Partner) -> None:
    events, feed = (topic_facts.fact(settings, f"{dealer.user}.{name}") for name in ("events", "feed"))
    assert (events.writers, events.readers) == ((dealer.user,), ())
    assert (feed.writers, feed.readers) == ((), (dealer.user,))


@pytest.fixture
def events(settings: Settings, dealer: Partner) -> str:
    """The dealer's topic with six records: two customers, a lead, one that breaks, two that are no JSON."""
    topic = f"{dealer.user}.events"
    hub = PartnerClient(settings, settings.kafka_user, settings.kafka_password.get_secret_value())
    person = {"name": "Erika Mustermann", "email": EMAIL, "note": f"write to {EMAIL}"}
    said = {"occurred_at": "2026-03-01T09:00:00Z"}
    for number, (name, body) in enumerate(
        [
            ("customer.recorded", {**said, **person, "customer": "C-1"}),
            ("customer.recorded", {**said, **person, "customer": "C-2", EMAIL: EMAIL}),
            ("lead.received", {**said, **person, "lead": "L-1"}),
            ("customer.recorded", {**said, **person, "customer": EMAIL}),
        ]
    ):
        headers = [*write(Envelope(f"e-{number}", "/dms", f"hub.{name}.v1")), ("x-user", EMAIL.encode())]
        assert hub.write_again(topic, json.dumps(body).encode(), key=f"K-{number % 2}", headers=headers) is None
    assert hub.write_again(topic, f"From: {EMAIL}".encode(), key=EMAIL) is None
    assert hub.write_again(topic, b"\xff\x00" + EMAIL.encode(), key=b"\xff") is None
    return topic


def test_a_record_is_shown_decoded_and_masked(settings: Settings, events: str) -> None:
    seen = records.one(settings, Place(events, 0, 0))
    assert (seen.key, seen.type, seen.problems) == ("K-0", WIRE, ())
    assert isinstance(seen.body, dict)
    assert (seen.body["customer"], seen.body["email"]) == ("C-1", f"<text, {len(EMAIL)}>")


def test_unmasking_gives_a_reason_and_is_kept(settings: Settings, events: str) -> None:
    seen = records.one(settings, Place(events, 0, 0), why="asked by the customer")
    assert isinstance(seen.body, dict)
    assert seen.body["email"] == EMAIL
    [act] = [act for act in acts_of(settings) if act.subject == f"{events}@0:0"]
    assert (act.what, act.why, act.state) == ("record.unmasked", "asked by the customer", "carried out")


@pytest.mark.parametrize(("partition", "offset", "path"), [(0, 6, "offset"), (1, 0, "partition")])
def test_a_place_beyond_the_topic_is_refused(settings: Settings, events: str, partition: int, offset: int, path: str) -> None:
    with pytest.raises(InputError) as caught:
        records.one(settings, Place(events, partition, offset))
    assert caught.value.path == path


def test_tail_shows_the_last_the_first_and_the_chosen(settings: Settings, events: str) -> None:
    def offsets(**asked: object) -> list[int]:
        return [seen.offset for seen in records.tail(settings, events, **asked)]  # type: ignore[arg-type]  # one test for many

    assert offsets() == [0, 1, 2, 3, 4, 5]
    assert offsets(count=2) == [4, 5]
    assert offsets(count=0) == []
    assert offsets(count=2, from_start=True) == [0, 1]
    assert offsets(wire="customer.recorded") == [0, 1, 3]
    assert offsets(wire="hub.lead.received.v1") == [2]
    assert offsets(key="K-1") == [1, 3]
    assert offsets(key="K-1", count=1) == [3]


def test_tail_follows_what_comes(settings: Settings, events: str) -> None:
    following = records.tail(settings, events, count=1, follow=True)
    assert next(following).offset == 5
    hub = PartnerClient(settings, settings.kafka_user, settings.kafka_password.get_secret_value())
    assert hub.write(events, b"{}") is None
    assert next(following).offset == 6


def test_no_address_leaves_the_command_line(events: str, shell: CliRunner) -> None:
    for words in (["tail", events], ["tail", events, "--json", "--from-start"], *(["show", f"{events}@0:{offset}"] for offset in range(6))):
        result = shell.invoke(app, words, catch_exceptions=False)
        assert result.exit_code == 0
        assert f"{events}@0:" in result.output
        for personal in (EMAIL, "Erika", "Mustermann"):
            assert personal not in result.output


def test_unmasking_without_a_reason_is_refused(events: str, shell: CliRunner) -> None:
    with pytest.raises(InputError, match="--why"):
        shell.invoke(app, ["show", f"{events}@0:0", "--unmask"], catch_exceptions=False)
    shown = shell.invoke(app, ["show", f"{events}@0:0", "--unmask", "--why", "asked"], catch_exceptions=False)
    assert EMAIL in shown.output


def test_where_nobody_can_answer_a_plan_is_shown_and_not_applied(settings: Settings, dealer: Partner, shell: CliRunner) -> None:
    feed = f"{dealer.user}.feed"
    configure(settings, feed, retention_ms="1000")
    with pytest.raises(InputError, match="--yes"):
        shell.invoke(app, ["apply"], catch_exceptions=False)
    assert topic_facts.fact(settings, feed).config["retention.ms"] == "1000"
    told = shell.invoke(app, ["apply", "--yes", "--json"], catch_exceptions=False)
    assert [step["becomes"] for step in json.loads(told.stdout)["steps"] if step["topic"] == feed and step["is_allowed"]] != []
    eventually(lambda: topic_facts.fact(settings, feed).config["retention.ms"] != "1000")  # a broker learns of it after it was taken


def test_a_broker_that_is_not_there_is_named(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"})
    with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1:1 .* does not answer: .*refused"):
        topics.plan(nowhere)
