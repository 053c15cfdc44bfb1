"""The ledger of acts: what cannot be recorded is not done, and what was done can be looked up with its reason and its end."""

import json

import pytest
from typer.testing import CliRunner

from contracts.topics import ACTS
from hub.cli.acts import app
from hub.errors import HubError, InputError
from hub.local.kafka import Kafka
from hub.operations import partners
from hub.operations.act_ledger import Choice
from hub.operations.acts import Operator
from hub.operations.cluster import Cluster
from hub.operations.partner_plan import Partner
from hub.settings import Settings
from tests.support.kafka_clients import PartnerClient, acts_of, environment_of, settings_of, with_acts
from tests.support.stack import NewKafka


@pytest.fixture
def settings(kafka: Kafka) -> Settings:
    return with_acts(settings_of(kafka))


def shell(settings: Settings, database: str) -> CliRunner:
    return CliRunner(env=environment_of(settings) | {"HUB_DATABASE_URL": database})


def test_an_operation_is_recorded_before_it_begins_and_when_it_has_ended(settings: Settings) -> None:
    with Operator(Cluster(settings), "laptop lost", "ada").does("partner.rotated", "dealer.x-1", ["new password"]) as done:
        [*_, begun] = acts_of(settings)
        assert (begun.who, begun.what, begun.subject, begun.why) == ("ada", "partner.rotated", "dealer.x-1", "laptop lost")
        assert (begun.state, begun.effect, begun.details) == ("begun, its end was not recorded", (), {"steps": ["new password"]})
        done.append("new password for user dealer.x-1")
    [*_, ended] = acts_of(settings)
    assert ended == begun._replace(state="carried out", effect=("new password for user dealer.x-1",))


def test_a_failed_operation_tells_how_far_it_came(settings: Settings) -> None:
    def half() -> None:
        with Operator(Cluster(settings), "test").does("partner.added", "dealer.x-2") as done:
            done.append("topics")
            raise HubError("no quota today")

    with pytest.raises(HubError, match="no quota"):
        half()
    [*_, act] = acts_of(settings)
    assert (act.state, act.effect) == ("failed", ("topics", "failed: no quota today"))


def test_an_error_that_nobody_foresaw_is_told_by_its_type_alone(settings: Settings) -> None:
    with pytest.raises(ValueError, match="personal"), Operator(Cluster(settings), "test").does("partner.added", "dealer.x-3"):
        raise ValueError("something personal")
    [*_, act] = acts_of(settings)
    assert act.effect == ("failed: ValueError",)


def test_what_cannot_be_recorded_is_not_done(new_kafka: NewKafka) -> None:
    settings = settings_of(new_kafka())
    dealer = Partner.named("dealer", "x-4")
    with pytest.raises(HubError, match=r"hub\.acts: no such topic, and nothing is done"):
        partners.add(settings, dealer, why="test")
    assert partners.standings(settings) == []


@pytest.mark.parametrize("why", ["", "  "])
def test_an_act_needs_a_reason(settings: Settings, why: str) -> None:
    with pytest.raises(InputError, match="--why: expected a reason"):
        Operator(Cluster(settings), why)


def test_a_reason_is_needed_only_where_something_is_done(settings: Settings) -> None:
    dealer = Partner.named("dealer", "x-5")
    assert partners.add(settings, dealer, dry_run=True).done
    with pytest.raises(InputError, match="--why"):
        partners.add(settings, dealer)
    assert dealer not in [standing.partner for standing in partners.standings(settings)]


def test_acts_are_found_by_who_what_whom_and_when(settings: Settings, database: str) -> None:
    cluster = Cluster(settings)
    for who, what, subject in (
        ("bo", "partner.added", "dealer.y-1"),
        ("cleo", "partner.rotated", "dealer.y-2"),
        ("bo", "topics.applied", "y"),
    ):
        with Operator(cluster, "test", who).does(what, subject):
            pass

    def found(*words: str) -> list[str]:
        told = shell(settings, database).invoke(app, ["list", "--json", *words], catch_exceptions=False)
        return [act["subject"] for act in json.loads(told.stdout) if "y" in act["subject"]]

    assert found("--who", "bo") == ["dealer.y-1", "y"]
    assert found("--what", "partner") == ["dealer.y-1", "dealer.y-2"]
    assert found("--what", "partner.rotated") == ["dealer.y-2"]
    assert found("--subject", "y-1") == ["dealer.y-1"]
    assert found("-n", "1") == ["y"]
    assert found("--since", "2020-01-01", "--who", "cleo") == ["dealer.y-2"]
    assert found("--since", "2190-01-01") == []
    listed = shell(settings, database).invoke(app, ["list", "--since", "2190-01-01"], catch_exceptions=False)
    assert listed.stdout == "No such acts.\n"
    [act] = [act for act in acts_of(settings) if act.subject == "dealer.y-2"]
    shown = shell(settings, database).invoke(app, ["show", act.id[:8]], catch_exceptions=False)
    assert "partner.rotated upon dealer.y-2" in shown.stdout
    with pytest.raises(InputError, match="ID: expected an act"):
        shell(settings, database).invoke(app, ["show", "no-such-act"], catch_exceptions=False)


def test_what_breaks_its_contract_is_listed_as_such_and_hides_nothing_else(settings: Settings, database: str) -> None:
    hub = PartnerClient(settings, settings.kafka_user, settings.kafka_password.get_secret_value())
    assert hub.write(ACTS.name, b"{}") is None
    Operator(Cluster(settings), "test").unmasks("customer.unmasked", "dealer:z-1/C-1")
    *_, broken, act = acts_of(settings)
    assert broken.what == "unreadable"
    assert broken.effect[0].startswith("breaks its contract")
    assert (act.what, act.subject, act.state) == ("customer.unmasked", "dealer:z-1/C-1", "carried out")
    assert shell(settings, database).invoke(app, ["list"]).exit_code == 0


def test_a_filter_by_the_kind_of_an_act_takes_no_other_kind(settings: Settings) -> None:
    Operator(Cluster(settings), "test").unmasks("partnership.unmasked", "s")
    [*_, act] = acts_of(settings)
    assert not Choice(what="partner").takes(act)
    assert Choice(what="partnership").takes(act)
