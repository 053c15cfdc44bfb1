"""What a partner may do on the broker, and what it may not."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from hub.cli.partners import app
from hub.errors import HubError, InputError
from hub.local.kafka import Kafka
from hub.operations import access, partners, topics
from hub.operations.cluster import Cluster
from hub.operations.partner_plan import DEFAULT_QUOTA, Partner
from hub.operations.requests import quotas
from hub.settings import Settings
from tests.support.kafka_clients import PartnerClient, environment_of, settings_of, with_acts


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    return with_acts(settings_of(kafka))


@pytest.fixture
def shell(settings: Settings) -> CliRunner:
    """Types words at a command line whose hub works on the broker."""
    return CliRunner(env=environment_of(settings))


@pytest.fixture
def a(settings: Settings) -> Partner:
    return _new("dealer")


@pytest.fixture
def b(settings: Settings) -> Partner:
    return _new("dealer")


@pytest.fixture
def client_a(settings: Settings, a: Partner) -> PartnerClient:
    return _client(settings, a)


@pytest.fixture
def client_b(settings: Settings, b: Partner) -> PartnerClient:
    return _client(settings, b)


def _new(kind: str) -> Partner:
    return Partner.named(kind, f"p-{uuid4().hex[:12]}")


def _client(settings: Settings, partner: Partner) -> PartnerClient:
    password = partners.add(settings, partner, why="test").password
    assert password is not None
    return PartnerClient(settings, partner.user, password)


def test_a_dealer_writes_its_events_and_reads_its_feed(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    assert client_a.write(f"{a.user}.events") is None
    assert client_a.write(f"{a.user}.events", idempotent=False) is None
    hub = PartnerClient(settings, settings.kafka_user, settings.kafka_password.get_secret_value())
    assert hub.write(f"{a.user}.feed", b"news") is None
    assert client_a.read(f"{a.user}.feed", f"{a.user}.dms") == [b"news"]


def test_a_dealer_cannot_write_another_dealer_s_events(b: Partner, client_a: PartnerClient, client_b: PartnerClient) -> None:
    assert client_a.write(f"{b.user}.events", idempotent=False) == "TOPIC_AUTHORIZATION_FAILED"
    assert client_a.write(f"{b.user}.events") == "TOPIC_AUTHORIZATION_FAILED"


def test_a_dealer_cannot_read_another_dealer(a: Partner, b: Partner, client_a: PartnerClient, client_b: PartnerClient) -> None:
    for topic in (f"{b.user}.feed", f"{b.user}.events"):
        assert client_a.read(topic, f"{a.user}.dms", partition=0) == "TOPIC_AUTHORIZATION_FAILED"
        assert client_a.read(topic, f"{a.user}.dms") == "TOPIC_AUTHORIZATION_FAILED"


def test_a_dealer_neither_reads_its_events_nor_writes_its_feed(a: Partner, client_a: PartnerClient) -> None:
    assert client_a.read(f"{a.user}.events", f"{a.user}.dms", partition=0) == "TOPIC_AUTHORIZATION_FAILED"
    assert client_a.write(f"{a.user}.feed", idempotent=False) == "TOPIC_AUTHORIZATION_FAILED"


def test_a_dealer_sees_and_reads_none_of_the_hub_s_topics(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    topics.apply_catalogue(settings, lambda _: None)
    assert client_a.topics() == set(a.topics)
    for topic in ("hub.acts", "oem.base", "erp.orders"):
        assert client_a.read(topic, f"{a.user}.dms", partition=0) == "TOPIC_AUTHORIZATION_FAILED"
        assert client_a.write(topic, idempotent=False) == "TOPIC_AUTHORIZATION_FAILED"


def test_a_dealer_cannot_make_topics(a: Partner, client_a: PartnerClient) -> None:
    for name in (f"{a.user}.more", "dealer.made-up.events"):
        assert client_a.create(name) in {"TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"}


def test_a_dealer_cannot_use_another_dealer_s_group(a: Partner, b: Partner, client_a: PartnerClient) -> None:
    for group in (f"{b.user}.dms", a.user, "hub.operations"):
        assert client_a.read(f"{a.user}.feed", group) == "GROUP_AUTHORIZATION_FAILED"


def test_an_unknown_user_and_a_wrong_password_get_nowhere(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    assert client_a.is_let_in()
    assert not PartnerClient(settings, a.user, "wrong").is_let_in()
    assert not PartnerClient(settings, "dealer.nobody", "any").is_let_in()


def test_a_rotated_password_replaces_the_old_one(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    password = partners.rotate(settings, a, why="test").password
    assert password is not None
    assert not client_a.is_let_in()
    assert PartnerClient(settings, a.user, password).write(f"{a.user}.events") is None


def test_a_suspended_dealer_cannot_write_until_resumed(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    assert client_a.write_again(f"{a.user}.events") is None
    partners.suspend(settings, a, why="test")
    assert client_a.write_again(f"{a.user}.events") == "TOPIC_AUTHORIZATION_FAILED"  # over the connection that was open before
    assert client_a.write(f"{a.user}.events", idempotent=False) == "TOPIC_AUTHORIZATION_FAILED"
    assert client_a.read(f"{a.user}.feed", f"{a.user}.dms") == []
    assert _standing(settings, a).state == "suspended"
    partners.resume(settings, a, why="test")
    assert client_a.write(f"{a.user}.events") is None
    assert _standing(settings, a).state == "active"


def test_a_suspension_takes_writing_that_somebody_else_gave(settings: Settings, a: Partner, b: Partner, client_a: PartnerClient) -> None:
    cluster = Cluster(settings)
    access.give(cluster, a.user, [replace(rule, name=f"{b.user}.") for rule in a.writing])
    assert _standing(settings, a).others == (f"allow write topic {b.user}.",)
    assert len(partners.suspend(settings, a, why="test").done) == 2
    assert access.writing(cluster, a.user) == ()


def test_adding_a_suspended_dealer_leaves_it_suspended(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    partners.suspend(settings, a, why="test")
    outcome = partners.add(settings, a, why="test")
    assert outcome.done == ()
    assert any("stays suspended" in note for note in outcome.notes)
    assert _standing(settings, a).state == "suspended"


def test_the_quota_is_set_and_kept(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    assert quotas(settings)[a.user] == DEFAULT_QUOTA
    partners.add(settings, a, quota={"producer_byte_rate": 1000.0}, why="test")
    assert quotas(settings)[a.user] == {**DEFAULT_QUOTA, "producer_byte_rate": 1000.0}
    partners.add(settings, a, why="test")
    assert quotas(settings)[a.user]["producer_byte_rate"] == 1000.0


def test_adding_twice_changes_nothing(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    before = _standing(settings, a)
    outcome = partners.add(settings, a, why="test")
    assert (outcome.done, outcome.password) == ((), None)
    assert _standing(settings, a) == before
    assert client_a.is_let_in()


def test_adding_again_repairs_what_is_missing(settings: Settings, a: Partner, client_a: PartnerClient) -> None:
    cluster = Cluster(settings)
    cluster.settle_all(cluster.admin.delete_topics([f"{a.user}.feed"]), "deleting")
    assert _standing(settings, a).state == "incomplete"
    assert partners.add(settings, a, why="test").done == (f"topic {a.user}.feed",)
    assert _standing(settings, a).state == "active"


def test_a_dry_run_does_nothing(settings: Settings, a: Partner) -> None:
    outcome = partners.add(settings, a, dry_run=True)
    assert len(outcome.done) == 11
    assert outcome.password is None
    assert a.user not in {one.partner.user for one in partners.standings(settings)}
    _client(settings, a)
    before = _standing(settings, a)
    assert partners.suspend(settings, a, dry_run=True).done
    assert partners.rotate(settings, a, dry_run=True).password is None
    assert _standing(settings, a) == before


def test_a_failure_half_way_says_what_exists_and_repeating_finishes(
    settings: Settings, a: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise HubError("no quota today")

    with monkeypatch.context() as patched:
        patched.setattr(partners, "set_quota", fail)
        with pytest.raises(
            HubError, match=r"stopped at quota .*no quota today.*Made so far: topics .*The same command again makes the rest"
        ):
            partners.add(settings, a, why="test")
    assert _standing(settings, a).state == "incomplete"
    outcome = partners.add(settings, a, why="test")
    assert outcome.password is not None
    assert not any(done.startswith(("topic", "right")) for done in outcome.done)
    assert _standing(settings, a).state == "active"


def test_a_partner_that_was_never_added_cannot_be_rotated_suspended_or_resumed(settings: Settings, a: Partner) -> None:
    for act in (partners.rotate, partners.suspend, partners.resume):
        with pytest.raises(InputError, match=f"make it by: hub partners add {a.words}"):
            act(settings, a, why="test")


def test_a_carrier_writes_both_its_topics(settings: Settings) -> None:
    carrier = _new("carrier")
    client = _client(settings, carrier)
    assert client.write(f"{carrier.user}.tracking") is None
    assert client.write(f"{carrier.user}.freight") is None
    assert client.write(f"{carrier.user}.requests", idempotent=False) == "TOPIC_AUTHORIZATION_FAILED"
    assert client.read(f"{carrier.user}.requests", f"{carrier.user}.tms") == []


def test_a_password_goes_to_a_file_of_its_owner_alone(settings: Settings, a: Partner, shell: CliRunner, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    told = shell.invoke(app, ["add", "dealer", a.id, "--password-file", str(secret), "--why", "test"], catch_exceptions=False)
    password = secret.read_text().strip()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert password not in told.output
    assert PartnerClient(settings, a.user, password).is_let_in()


def test_an_act_whose_password_cannot_be_kept_does_not_begin(settings: Settings, a: Partner, shell: CliRunner, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("another's")
    with pytest.raises(InputError, match="--password-file"):
        shell.invoke(app, ["add", "dealer", a.id, "--password-file", str(secret), "--why", "test"], catch_exceptions=False)
    assert a.user not in {one.partner.user for one in partners.standings(settings)}
    assert secret.read_text() == "another's"


def test_no_empty_password_file_is_left_behind(
    settings: Settings, a: Partner, client_a: PartnerClient, shell: CliRunner, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    told = shell.invoke(app, ["add", "dealer", a.id, "--password-file", str(secret), "--why", "test"], catch_exceptions=False)
    assert "nothing was missing" in told.output
    assert not secret.exists()


def test_an_act_is_readable_by_programs_and_shows_a_password_once(settings: Settings, a: Partner, shell: CliRunner, tmp_path: Path) -> None:
    secret, words = tmp_path / "dealer.secret", ["dealer", a.id, "--why", "test", "--json"]
    added, rotated, kept = (
        json.loads(shell.invoke(app, [word, *words, *more], catch_exceptions=False).stdout)
        for word, more in (("add", []), ("rotate", []), ("rotate", ["--password-file", str(secret)]))
    )
    assert (added["user"], added["is_dry"], added["done"][-1]) == (a.user, False, "user with a password")
    assert added["password"] != rotated["password"]
    assert (kept["password"], kept["done"]) == (None, rotated["done"])
    assert secret.read_text().strip() not in {added["password"], rotated["password"]}


def test_a_suspension_that_the_door_has_not_heard_of_is_no_success(a: Partner, client_a: PartnerClient, shell: CliRunner) -> None:
    nowhere = {"HUB_DATABASE_URL": "postgresql://hub@127.0.0.1:1/hub"}
    done = shell.invoke(app, ["suspend", "dealer", a.id, "--why", "test"], env=nowhere, catch_exceptions=False)
    assert (done.exit_code, "tokens at the door stay as they were" in done.stderr) == (1, True)


def test_the_list_is_readable_by_programs(a: Partner, client_a: PartnerClient, shell: CliRunner) -> None:
    listed = shell.invoke(app, ["list", "--json"], catch_exceptions=False)
    [mine] = [one for one in json.loads(listed.stdout) if one["user"] == a.user]
    assert (mine["state"], mine["topics"], mine["quota"]) == ("active", dict.fromkeys(a.topics, 0), DEFAULT_QUOTA)


def _standing(settings: Settings, partner: Partner) -> partners.Standing:
    [found] = [one for one in partners.standings(settings) if one.partner == partner]
    return found
