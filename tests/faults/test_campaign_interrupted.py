"""A campaign is interrupted while it is expanded and sent: the planner is killed, the database and the broker go and come back."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import campaigns as said
from contracts import envelope as cloudevents
from contracts.base import TEMPLATE_RECORDED
from contracts.contract import Lineage
from contracts.topics import OEM_BASE, OEM_CAMPAIGNS
from hub.consumers.campaigns import campaigns
from hub.local.kafka import Kafka
from hub.local.mail_catcher import MailCatcher
from hub.local.postgres import Postgres
from hub.rules.campaigns import digest
from tests.support import stack
from tests.support.campaigning import crowd, office, settle
from tests.support.database import Database
from tests.support.dealing import Record
from tests.support.engine import Engine, Log
from tests.support.eventually import eventually
from tests.support.passes import lay, signed_record
from tests.support.processes import Crew
from tests.support.scene import Scene

CROWD = 240
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{name}}</mj-text></mj-column></mj-section></mj-body></mjml>"
MAIL = {"subject": "Recall", "mjml": MJML, "text": "Hello {{name}}"}
TEMPLATE = {"id": "recall", "name": "Recall", "fields": [{"name": "name"}], "wordings": [{"language": "en", "email": MAIL}]}


@pytest.mark.parametrize(("turn", "kept"), [pytest.param(1, 0, marks=pytest.mark.thorough), (3, 40)])
def test_a_killed_planner_goes_on_after_its_last_whole_chunk(database: str, tmp_path: Path, turn: int, kept: int) -> None:
    async def prepare() -> None:
        async with office(database) as here:
            await settle(here.engine.db, crowd(100))
            await here.releases("spring", expires_at="2099-01-01T00:00:00Z")

    with Database(database) as store:
        crew = Crew(tmp_path, {"HUB_DATABASE_URL": database, "HUB_PLANNER_CHUNK": "20", "HUB_PLANNER_INTERVAL_MS": "50"})
        try:
            store.run(prepare())
            victim = crew.start("planner", at=f"killed-before-plan-is-kept@{turn}")
            eventually(lambda: not victim.is_running, 40)
            assert victim.exit_code == -9
            assert store.value("SELECT count(*) FROM deliveries") == kept
            crew.start("planner")
            eventually(lambda: store.value("SELECT count(finished_at) FROM campaign_plans"))
            assert store.value("SELECT count(*) FROM deliveries") == 100
            assert store.value("SELECT count(DISTINCT person) FROM deliveries") == 100
        finally:
            crew.end()


def event(lineage: Lineage[Any], name: str, at: datetime, **body: Any) -> Record:
    """One record on oem.campaigns."""
    record = signed_record(lineage, {"occurred_at": at.isoformat(), "campaign": "spring", "why": "test", **body})
    headers = cloudevents.write(cloudevents.Envelope(name, "/oem/campaigns/test", lineage.wire, at))
    return Record(OEM_CAMPAIGNS.name, "spring", json.dumps(record).encode(), tuple(headers))


def life(now: datetime) -> Sequence[Record]:
    """A recall, prepared, approved and released: sixty mails a second."""
    plan = {
        "who": "mira",
        "title": "Recall",
        "audience": "customers",
        "channels": ["email"],
        "template": "recall",
        "purpose": "recall",
        "nature": "recall",
        "per_hour": 60 * 3600,
        "expires_at": (now + timedelta(days=1)).isoformat(),
    }
    first = event(said.CAMPAIGN_PREPARED, "e1", now - timedelta(seconds=3), **plan)
    approved = digest(said.CAMPAIGN_PREPARED.decode(1, first.value or b""))
    return (
        first,
        event(said.CAMPAIGN_APPROVED, "e2", now - timedelta(seconds=2), who="jonas", prepared_by="mira", plan=approved),
        event(said.CAMPAIGN_RELEASED, "e3", now - timedelta(seconds=1), who="mira"),
    )


@pytest.fixture
async def catcher() -> AsyncIterator[tuple[MailCatcher, int]]:
    found = MailCatcher()
    port = await found.start()
    yield found, port
    await found.stop()


@contextmanager
def _staged(kafka: Kafka, url: str, folder: Path) -> Iterator[Scene]:
    """Processes and servers alone: people and words are in the store without a record, so a checker would miss them in the log."""
    with Database(url) as database:
        crew = Crew(folder, Scene.environment(kafka, url))
        try:
            yield Scene(kafka, database, crew)
        finally:
            crew.end()
            print(crew.logs())  # noqa: T201 - pytest shows it where a test failed


async def _prepare(url: str) -> None:
    """People, and the words for them."""
    log = Log()
    log.say(TEMPLATE_RECORDED, TEMPLATE, id="t", source="/oem/base", topic=OEM_BASE.name, key="template/recall@1900-01-01")
    lay(log, ("mira", "jonas"))
    async with Engine(url, campaigns) as engine:
        await engine.lay(log)
        await settle(engine.db, crowd(CROWD))


@pytest.mark.thorough
async def test_database_and_broker_restart_in_the_middle_and_nobody_gets_two(
    new_kafka: stack.NewKafka, own_postgres: Postgres, tmp_path: Path, catcher: tuple[MailCatcher, int]
) -> None:
    caught, port = catcher

    def interrupt() -> tuple[int, list[dict[str, Any]]]:
        with stack.fresh_database(own_postgres) as url, _staged(new_kafka(), url, tmp_path) as scene:
            scene.make_topics(OEM_CAMPAIGNS.name)
            scene.database.run(_prepare(url))
            scene.start("campaigns")
            planner = scene.start("planner", planner_chunk=10, planner_interval_ms=50, planner_ahead_seconds=1)
            mail = {"mail_host": "127.0.0.1", "mail_port": port, "mail_tls": "never", "mail_from": "hub@hub.example"}
            scene.start("courier", courier_lease_seconds=130, **mail)
            scene.send(life(datetime.now(UTC)))
            eventually(lambda: len(caught.caught) >= CROWD // 6)
            scene.kafka.kill()
            own_postgres.stop("immediate")
            own_postgres.start()
            scene.kafka.start()
            eventually(lambda: len(caught.caught) >= CROWD // 3)
            planner.kill()
            scene.start("planner", planner_chunk=10, planner_interval_ms=50, planner_ahead_seconds=1)
            ended = "SELECT state, count(*) AS n, count(DISTINCT person) AS people FROM deliveries GROUP BY state"
            eventually(
                lambda: scene.database.value("SELECT count(*) FROM deliveries WHERE state NOT IN ('planned', 'pending')") == CROWD, 90
            )
            return scene.database.value("SELECT count(DISTINCT person) FROM deliveries"), scene.database.rows(ended)

    people, ended = await asyncio.to_thread(interrupt)
    copies = Counter[str]()
    for (recipient, _), count in caught.copies.items():
        copies[recipient] += count
    assert people == sum(row["n"] for row in ended) == CROWD
    assert max(copies.values()) == 1, "somebody got it twice"
    sent = sum(row["n"] for row in ended if row["state"] == "sent")
    assert sent <= len(copies) <= CROWD, "what is sent was caught; what was in hand when the database went may have been"
