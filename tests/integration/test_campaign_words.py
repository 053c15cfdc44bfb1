"""What a person types of campaigns, messages and documents becomes records that the hub folds, and is told what came of it."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from contracts.base import CONSENT_PURPOSE_RECORDED, SALES_DOCUMENT_RECORDED, TEMPLATE_RECORDED
from contracts.contract import Event, Lineage
from contracts.topics import ACTS, OEM_BASE, OEM_CAMPAIGNS
from hub.cli import mount
from hub.consumers.base_data import base_data
from hub.consumers.campaigns import campaigns
from hub.errors import HubError
from hub.local.kafka import Kafka
from hub.operations import campaigns as operation
from hub.operations.cluster import Cluster
from hub.operations.topic_plan import of_catalogue
from hub.operations.topics import create
from hub.state import deliveries, rows
from hub.state.deliveries import Planned
from hub.stream.slips import Stored
from hub.wiring import kafka_options
from tests.integration.test_audience_words import example
from tests.support.campaigning import customer, settle
from tests.support.engine import Engine, Log
from tests.support.kafka_clients import environment_of, settings_of
from tests.support.log_reader import read_log
from tests.support.notices import a_notice
from tests.support.passes import lay, token

APP = mount()
WORDINGS = [
    {
        "language": "en",
        "email": {"subject": "The new estate", "mjml": "<mjml><mj-body></mj-body></mjml>", "text": "Hello {{name}} {{unsubscribe}}"},
        "sms": {"text": "Hello {{name}}, the new estate is here."},
    }
]
TEMPLATE = {"id": "estate", "name": "The new estate", "fields": [{"name": "name"}], "wordings": WORDINGS}
DOCUMENT = {
    "id": "price-list",
    "title": "P",
    "document_kind": "price_list",
    "version": "2026-05",
    "file": "p.pdf",
    "sha256": "0" * 64,
    "size": 9,
}


class Desk:
    """Somebody who types words; what they say on oem.campaigns is folded at once."""

    def __init__(self, engine: Engine, log: Log, folder: Path) -> None:
        self.engine, self.log, self.folder = engine, log, folder
        environment = {"HUB_DATABASE_URL": engine.url, "HUB_SMS_PRICE": "7.5 EUR", "XDG_CONFIG_HOME": str(folder)}
        self.shell = CliRunner(env=environment)

    async def types(self, *words: str) -> Result:
        """Type one command."""
        return await asyncio.to_thread(self.shell.invoke, APP, list(words))

    async def json(self, *words: str) -> Any:
        return json.loads((await self.types(*words, "--json")).stdout)

    async def knows_the_base_data(self) -> None:
        """The template, the purpose and the document that the page's campaign names."""
        purpose = {"id": "news", "name": "News", "needs_consent": []}
        for lineage, body in ((TEMPLATE_RECORDED, TEMPLATE), (CONSENT_PURPOSE_RECORDED, purpose), (SALES_DOCUMENT_RECORDED, DOCUMENT)):
            key = f"{lineage.kind}/{body['id']}@1900-01-01"
            self.log.say(lineage, body, id=key, source="/oem/base", topic=OEM_BASE.name, key=key)
        lay(self.log, ("mira", "jonas"))
        await self.engine.lay(self.log)

    def shows(self, who: str) -> list[str]:
        """This person's pass, in a file of theirs."""
        path = self.folder / f"{who}.pass"
        path.touch(0o600)
        path.write_text(token(who))
        return ["--pass", str(path)]


@pytest.fixture
async def desk(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async with Engine(database, campaigns) as engine:
        desk, loop = Desk(engine, Log(), tmp_path), asyncio.get_running_loop()

        class Publisher:
            """Has it folded before it returns, in the test's own loop: a command has another."""

            def __init__(self, _options: object) -> None: ...

            async def __aenter__(self) -> Self:
                return self

            async def __aexit__(self, *_: object) -> None: ...

            async def require(self, topic: str) -> None:
                assert topic == OEM_CAMPAIGNS.name

            async def publish(self, _topic: str, lineage: Lineage[Any], body: Event, *, source: str, id: str) -> None:  # noqa: A002 - as the Publisher's
                record = json.loads(body.model_dump_json(exclude_none=True))
                told = desk.log.say(lineage, record, id=id, topic=OEM_CAMPAIGNS.name, source=source)
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(engine.apply([told]), loop))

        monkeypatch.setattr(operation, "Publisher", Publisher)
        yield desk


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "estate.yaml"
    path.write_text(example("campaign"))
    return str(path)


async def test_a_campaign_is_checked_against_the_base_data(desk: Desk, file: str) -> None:
    missing = await desk.types("campaigns", "check", file)
    assert isinstance(missing.exception, HubError)
    assert [line.split(":")[0].strip() for line in str(missing.exception).splitlines()] == ["template", "purpose", "documents"]
    await desk.knows_the_base_data()
    assert "estate-2026 can be prepared" in (await desk.types("campaigns", "check", file)).stdout
    needy = TEMPLATE | {"fields": [{"name": "name"}, {"name": "seats", "is_required": False}, {"name": "price", "kind": "money"}]}
    key = "template/estate@1900-01-02"
    desk.log.say(TEMPLATE_RECORDED, needy | {"effective_from": "1900-01-02"}, id=key, source="/oem/base", topic=OEM_BASE.name, key=key)
    await desk.engine.lay(desk.log)
    refused = await desk.types("campaigns", "check", file)
    assert str(refused.exception) == "template: expected one that needs no more than name; 'estate' needs price"


async def test_a_preview_counts_whom_it_reaches_and_why_not(desk: Desk, file: str, tmp_path: Path) -> None:
    await desk.knows_the_base_data()
    people = {
        "C1": customer("one@people.example", country="DE"),
        "C2": customer(phone="+49 30 23125 001", country="DE", name="Zoë €"),
        "C3": customer(country="DE"),
        "C4": customer("four@people.example", country="FR"),
    }
    await settle(desk.engine.db, people)
    seen = await desk.json("campaigns", "preview", file)
    assert (seen["looked_at"], seen["told"]) == (3, 2)
    assert {(one["channel"], one["outcome"]): one["people"] for one in seen["outcomes"]} == {
        ("email", "planned"): 1,
        ("email", "no_address"): 2,
        ("sms", "planned"): 1,
        ("sms", "no_address"): 1,
    }
    assert (seen["sms"]["messages"], seen["sms"]["segments"], seen["sms"]["alphabets"]) == (1, 2, {"ucs2": 1})  # the link counts as well
    assert (seen["sms"]["cost_minor"], seen["sms"]["currency"]) == (15, "EUR")
    dry = await desk.types("campaigns", "new", file, "--dry-run")
    assert "1 SMS take 2 segments (1 in ucs2) and cost 0.15 EUR." in dry.stdout
    assert "2 of 3 customers are told" in dry.stdout
    told = await desk.json("campaigns", "new", file, "--dry-run")
    assert (told["is_dry"], told["type"], told["preview"]["told"]) == (True, "hub.campaign.prepared.v1", 2)
    assert (await desk.json("campaigns", "list")) == []
    yearly = tmp_path / "yearly.yaml"
    yearly.write_text(f"{example('campaign')}\nrepeat: birthday\nleap_day: after\n")
    shown = await desk.types("campaigns", "new", str(yearly), "--dry-run")
    assert "each year on the birthday of each (Europe/Berlin); of 29 February on 1 March where there is none" in shown.stdout
    assert [one["people"] for one in (await desk.json("campaigns", "preview", str(yearly)))["birthdays"]] == [0] * 7


async def test_a_campaign_lives_from_its_file_to_its_stop(desk: Desk, file: str) -> None:
    await desk.knows_the_base_data()

    async def does(word: str, what: str, who: str) -> Result:
        shown = desk.shows(who) if who else []
        return await desk.types("campaigns", word, what, *shown, "--yes", "--no-wait", "--why", "as planned")

    assert "to prepare needs your pass" in str((await does("new", file, "")).exception)
    assert "campaign.prepared said by mira: said." in (await does("new", file, "mira")).stdout
    assert "prepared by mira: somebody else has to approve it" in str((await does("approve", "estate-2026", "mira")).exception)
    assert "only what is approved can be released" in str((await does("release", "estate-2026", "mira")).exception)
    for word, who, status in (
        ("approve", "jonas", "approved"),
        ("release", "mira", "released"),
        ("pause", "", "paused"),
        ("resume", "jonas", "released"),
    ):
        done = await does(word, "estate-2026", who)
        assert done.exit_code == 0, done.output
        assert (await desk.json("campaigns", "show", "estate-2026"))["status"] == status
        if word == "release":
            assert "The new estate" in done.stdout  # what goes out is shown, and named by its digest
            assert json.loads(desk.log.records[OEM_CAMPAIGNS.name, 0][-1].value or b"")["plan"] == await desk.engine.db.fetchval(
                "SELECT plan FROM campaigns"
            )
        if word == "approve":
            assert "approved by jonas: somebody else has to release it" in str((await does("release", "estate-2026", "jonas")).exception)
    assert (await does("stop", "estate-2026", "")).exit_code == 0
    shown = await desk.types("campaigns", "show", "estate-2026")
    assert "stopped: as planned" in shown.stdout
    assert "one of and, or" not in shown.stdout


async def test_what_a_campaign_makes_of_it_is_told_and_answered_by_the_exit_code(desk: Desk, file: str) -> None:
    await desk.knows_the_base_data()
    lay(desk.log, ("lena",), dealers=("ber-001",))
    await desk.engine.lay(desk.log)
    say = ("--yes", "--why", "as planned")
    done = await desk.types("campaigns", "new", file, *desk.shows("mira"), *say)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "campaign.prepared said by mira: done.")
    kept = await desk.types("campaigns", "approve", "estate-2026", *desk.shows("lena"), *say)
    assert kept.exit_code == 1
    assert "campaign.approved said by lena: changed nothing: approved with a pass for other dealers." in kept.stdout
    assert "hub campaigns show estate-2026" in kept.stderr
    told = await desk.json("campaigns", "new", file, *desk.shows("mira"), *say)
    assert (told["standing"], told["words"]) == ("kept", "prepared just so already")


async def test_a_copy_goes_to_somebody_who_is_known(desk: Desk, file: str) -> None:
    await desk.knows_the_base_data()
    await settle(desk.engine.db, {"C1": customer("one@people.example")})
    say = ("--yes", "--no-wait", "--why", "how it looks")
    assert (await desk.types("campaigns", "new", file, *desk.shows("mira"), *say)).exit_code == 0
    done = await desk.types("campaigns", "test", "estate-2026", "--to", "customer:ber-001/C1", *say)
    assert done.exit_code == 0, done.output
    assert [(row["person"], row["template"]) for row in await desk.engine.rows("deliveries")] == [("C1", "estate")]


async def test_a_message_needs_somebody_who_can_be_reached(desk: Desk) -> None:
    await settle(desk.engine.db, {"C1": customer("one@people.example")})
    words = ["message", "send", "customer:ber-001/C1", "--title", "Hello", "--text", "As you asked"]
    for wrong, told in (
        (["message", "send", "customer:ber-001/C1", "--channel", "sms", "--text", "x"], "no address for sms"),
        (["message", "send", "customer:ber-001/C9", "--title", "x", "--text", "x"], "a customer that is known"),
        (["message", "send", "ber-001/C1", "--title", "x", "--text", "x"], "KIND:DEALER/REF"),
        (["message", "send", "customer:ber-001/C1", "--text", "x"], "the subject of the mail"),
        (["message", "send", "customer:ber-001/C1", "--title", "x", "--text", " "], "--text: expected what to say"),
        (words, "template: expected a template in use"),
        ([*words, "--document", "brochure@1"], "versions that were added"),
    ):
        assert told in str((await desk.types(*wrong)).exception)


async def issues_and_revokes(types: Callable[..., Awaitable[Result]], hear: Callable[[], Awaitable[None]], folder: Path) -> None:
    """A pass from its issue to its end."""
    say, mine = ("--yes", "--why", "she runs them"), folder / "mira.pass"
    asked = ("staff", "issue", "mira", "--may", "prepare", "--may", "release", "--pass-file", str(mine))
    assert "--name for somebody new" in str((await types(*asked, *say)).exception)
    foretold = json.loads((await types(*asked, "--name", "Mira Bell", "--dry-run", "--json")).stdout)
    assert (foretold["staff"], foretold["pass"], mine.exists()) == ("mira", None, False)
    issued = await types(*asked, "--name", "Mira Bell", *say)
    assert issued.exit_code == 0, issued.output
    assert mine.stat().st_mode & 0o777 == 0o600
    assert "as soon as base-data has folded it" in str((await types("staff", "whoami", "--pass", str(mine))).exception)
    await hear()
    assert "mira may prepare, release, for all dealers" in (await types("staff", "whoami", "--pass", str(mine))).stdout
    assert (await types("staff", "revoke", "mira", *say)).exit_code == 0
    await hear()
    [held] = json.loads((await types("staff", "list", "--json")).stdout)
    assert (held["staff"], held["state"]) == ("mira", "revoked")
    assert "is revoked" in str((await types("staff", "whoami", "--pass", str(mine))).exception)


@asynccontextmanager
async def folding(kafka: Kafka, database: str) -> AsyncIterator[Any]:
    """Folds what is said on both topics of the OEM from now on."""
    settings = settings_of(kafka)
    create(Cluster(settings), [of_catalogue(topic, topic.name, 1) for topic in (OEM_BASE, OEM_CAMPAIGNS, ACTS)], lambda _: None)
    async with Engine(database, base_data) as base, Engine(database, campaigns) as engine:
        engines, heard = {OEM_BASE.name: base, OEM_CAMPAIGNS.name: engine}, dict[tuple[str, int], int]()

        async def hear(*, is_passed_over: bool = False) -> None:
            for topic, records in (await read_log(kafka_options(settings), list(engines))).items():
                for record in records:
                    place = (topic, record.partition)
                    if record.offset < heard.get(place, 0):
                        continue
                    heard[place] = record.offset + 1
                    if not is_passed_over:
                        told = Stored(topic, record.partition, record.offset, record.timestamp, record.key, record.value, record.headers)
                        await engines[topic].apply([told])
            if is_passed_over:
                for (topic, partition), offset in heard.items():
                    await engines[topic].claim([(topic, partition)])
                    question = "UPDATE consumer_offsets SET next_offset = $1 WHERE topic = $2 AND partition = $3"
                    await engines[topic].db.execute(question, offset, topic, partition)

        await hear(is_passed_over=True)
        yield engine, hear


async def test_passes_documents_and_messages_travel_over_the_broker(kafka: Kafka, database: str, tmp_path: Path) -> None:
    async with folding(kafka, database) as (engine, hear):
        shell = CliRunner(env={**environment_of(settings_of(kafka)), "HUB_DATABASE_URL": database, "HUB_DOCUMENTS": str(tmp_path / "kept")})

        async def types(*words: str) -> Result:
            return await asyncio.to_thread(shell.invoke, APP, list(words))

        await issues_and_revokes(types, hear, tmp_path)
        prices, other = tmp_path / "prices.pdf", tmp_path / "other.pdf"
        prices.write_bytes(b"%PDF-1.7 prices")
        other.write_bytes(b"%PDF-1.7 other prices")
        head = ["--id", "price-list", "--title", "Prices", "--yes", "--why", "spring prices", "--kind", "price_list"]
        await types("base", "apply", "--starter", "--yes", "--why", "test")
        done = json.loads((await types("documents", "add", str(prices), *head, "--version", "2026-05", "--json")).stdout)
        assert (done["is_laid_down"], done["is_kept"], len(done["done"])) == (False, False, 2)
        await hear()
        [listed] = json.loads((await types("documents", "list", "--json")).stdout)
        assert (listed["version"], listed["state"], listed["is_kept"]) == ("2026-05", "in use", True)
        shutil.rmtree(tmp_path / "kept")  # a disk that was lost: adding the same file again brings it back, and lays nothing down
        again = [(await types("documents", "add", str(prices), *head, "--version", "2026-05")).stdout for _ in range(2)]
        assert ["is now" in told for told in again] == [True, False]
        [listed] = json.loads((await types("documents", "list", "--json")).stdout)
        assert (listed["version"], listed["is_kept"]) == ("2026-05", True)
        assert "another file needs another version" in str(
            (await types("documents", "add", str(other), *head, "--version", "2026-05")).exception
        )
        assert "begins on another day" in str((await types("documents", "add", str(other), *head, "--version", "2026-06")).exception)
        assert "--kind" in str((await types("documents", "add", str(other), *head[:-1], "leaflet", "--version", "2026-06")).exception)

        await rows.make(engine.db, [deliveries.ROWS])
        notices = [a_notice(f"k{n}", f"C{n}", documents=("price-list@2026-05",)) for n in (1, 2, 3)]
        await deliveries.insert(engine.db, "planner", [Planned(notice, uuid4()) for notice in notices])
        [shown] = json.loads((await types("documents", "show", "price-list", "--json")).stdout)
        assert [(one["channel"], one["state"], one["deliveries"]) for one in shown["deliveries"]] == [("email", "planned", 3)]
        got = json.loads((await types("documents", "show", "price-list", "--recipients", "2026-05", "--json")).stdout)
        assert sorted(one["person"] for one in got) == ["C1", "C2", "C3"]

        await settle(engine.db, {"C1": customer("one@people.example")})
        words = ["message", "send", "customer:ber-001/C1", "--title", "Hello", "--text", "As you asked", "--document", "price-list@2026-05"]
        foretold = json.loads((await types(*words, "--dry-run", "--json")).stdout)
        assert (foretold["is_dry"], foretold["type"]) == (True, "hub.message.requested.v1")
        typing = asyncio.create_task(types(*words, "--yes", "--why", "asked for", "--json"))
        while not typing.done():
            await hear()
        assert json.loads((await typing).stdout)["standing"] == "done"
        [row] = [row for row in await engine.rows("deliveries") if row["template"] == "message"]
        assert (row["person"], row["documents"]) == ("C1", ["price-list@2026-05"])
