"""The words `hub deliveries …` and `hub brakes …`: deliveries are seen, sent again, settled and cancelled, and an act tells of it."""

import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hub.cli.brakes import app as brakes
from hub.cli.deliveries import app as deliveries
from hub.errors import InputError
from hub.local.kafka import Kafka
from hub.state import claims, outbox
from hub.state.deliveries import delivery_id
from tests.support.kafka_clients import acts_of, environment_of, settings_of, with_acts
from tests.support.message_centre import Centre, CountingProvider
from tests.support.notices import a_notice

LEASE = 300


@pytest.fixture
async def centre(kafka: Kafka, database: str) -> AsyncIterator[Centre]:
    with_acts(settings_of(kafka))
    async with Centre(database, clock=claims.database_time, lease=LEASE) as found:
        await found.purpose("orders", is_marketing=False)
        for person in ("C-1", "C-2"):
            await found.customer(person)
        now = datetime.now(UTC)
        times = {"not_before": now - timedelta(hours=2), "expires_at": now + timedelta(days=1)}
        for key, person in (("k-1", "C-1"), ("k-2", "C-2")):
            await found.plan(
                a_notice(key, person, purpose="orders", nature="transactional", fields={"name": "Ada Lovelace", "car": None}, **times)
            )
        yield found


@pytest.fixture
def typed(kafka: Kafka, centre: Centre) -> "Typed":
    return Typed(environment_of(settings_of(kafka)) | {"HUB_DATABASE_URL": centre.url})


class Typed:
    """The command line, which has an event loop of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __call__(self, *words: str) -> Result:
        app = brakes if words[0] == "brakes" else deliveries
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(CliRunner(env=self._environment).invoke, app, list(words[words[0] == "brakes" :])).result()


async def make_unknown(centre: Centre, key: str, begun: timedelta) -> None:
    await centre.db.execute(
        "UPDATE deliveries SET state = 'unknown', address = 'c-1@example.com', started_at = now() - $2::interval WHERE id = $1",
        delivery_id(key),
        begun,
    )


async def test_deliveries_are_listed_and_shown_without_what_is_personal_unless_an_act_says_so(
    kafka: Kafka, centre: Centre, typed: Typed
) -> None:
    await make_unknown(centre, "k-1", timedelta(hours=1))
    assert [row["state"] for row in json.loads(typed("list", "--state", "unknown", "--json").output)] == ["unknown"]
    name = str(delivery_id("k-1"))
    shown = typed("show", name[:8]).output
    assert "c…@example.com" in shown
    assert "c-1@example.com" not in shown
    assert "Ada" not in shown
    assert "  name:     <text, 12>" in shown
    assert "--why" in str(typed("show", name[:8], "--unmask").exception)
    unmasked = typed("show", name[:8], "--unmask", "--why", "she asked").output
    assert "Ada Lovelace" in unmasked
    assert not any("car:" in told for told in (shown, unmasked)), "what was not said needs no line"
    assert acts_of(settings_of(kafka))[-1].what == "delivery.unmasked"
    assert "No such deliveries." in typed("list", "--state", "sent").output


async def test_what_is_unknown_goes_again_only_when_nobody_can_have_it_under_way(kafka: Kafka, centre: Centre, typed: Typed) -> None:
    await make_unknown(centre, "k-1", timedelta(seconds=LEASE))
    await make_unknown(centre, "k-2", timedelta(seconds=2 * LEASE + 5))
    foretold = json.loads(typed("resend", "--person", "C-2", "--dry-run", "--json").stdout)
    assert (foretold["is_dry"], [row["id"] for row in foretold["deliveries"]], foretold["done"]) == (True, [str(delivery_id("k-2"))], [])
    assert foretold["deliveries"][0]["foretold"].startswith("goes once more")
    assert "Ada" not in str(foretold)
    assert await centre.ledger("state") == [("unknown",), ("unknown",)]
    early = typed("resend", str(delivery_id("k-1")), "--why", "a try", "--yes", "--json")
    assert (early.exit_code, json.loads(early.stdout)["done"]) == (1, [])
    assert (early.exit_code, await centre.ledger("state")) == (1, [("unknown",), ("unknown",)])
    assert typed("resend", str(delivery_id("k-2")), "--why", "the provider never got it", "--yes").exit_code == 0
    provider = CountingProvider()
    await centre.lane(provider).turn(centre.db)
    assert ([parcel.delivery for parcel in provider.got], await centre.ledger("state")) == (
        [str(delivery_id("k-2"))],
        [("unknown",), ("sent",)],
    )
    assert "delivery.resent" in {getattr(act, "what", "") for act in acts_of(settings_of(kafka))}


async def test_what_is_unknown_is_settled_and_told_and_what_is_not_gone_is_cancelled(centre: Centre, typed: Typed) -> None:
    await make_unknown(centre, "k-1", timedelta(hours=1))
    settled = typed("settle", str(delivery_id("k-1"))[:8], "--as", "sent", "--why", "its console says so", "--yes", "--json")
    cancelled = typed("cancel", "--dealer", "ber-001", "--state", "planned", "--why", "a wrong price", "--yes", "--json")
    told = [json.loads(answer.stdout)["done"] for answer in (settled, cancelled)]
    assert told == [[f"{delivery_id('k-1')}: sent"], [f"{delivery_id('k-2')}: cancelled"]]
    assert await centre.ledger("state", "reason") == [("sent", "settled by an operator"), ("cancelled", "cancelled by an operator")]
    assert [event.type for event in await outbox.unsent(centre.db)] == ["hub.delivery.updated.v1"] * 2
    again = typed("settle", str(delivery_id("k-1"))[:8], "--as", "failed", "--why", "no", "--yes")
    assert (again.exit_code, (await centre.ledger("state"))[0]) == (1, ("sent",))


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("cancel", "--why", "all of it", "--yes"), "ID"),
        (("resend", "--why", "all of it", "--yes"), "ID"),
        (("list", "--state", "lost"), "--state"),
        (("list", "--channel", "fax"), "--channel"),
        (("settle", "k-1", "--why", "x"), "--as"),
        (("show", "zz"), "ID"),
        (("brakes", "release", "provider:none", "--why", "x"), "OF"),
    ],
)
async def test_what_cannot_be_meant_is_refused(typed: Typed, words: tuple[str, ...], path: str) -> None:
    error = typed(*words).exception
    assert isinstance(error, InputError)
    assert error.path == path


async def test_a_brake_is_seen_and_released(centre: Centre, typed: Typed) -> None:
    assert "Nothing was sent yet." in typed("brakes", "list").output
    await centre.db.execute("INSERT INTO send_brakes VALUES ('campaign:spring', 60, 30, now(), now())")
    assert [row["scope"] for row in json.loads(typed("brakes", "list", "--json").output)] == ["campaign:spring"]
    released = json.loads(typed("brakes", "release", "campaign:spring", "--why", "the list is mended", "--yes", "--json").stdout)
    assert (released["scope"], released["bad"], released["done"]) == ("campaign:spring", 30, ["campaign:spring goes on"])
    assert [row["pulled_at"] for row in json.loads(typed("brakes", "list", "--json").output)] == [None]
