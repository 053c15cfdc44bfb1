"""A replay reads timers from the log, never from a clock, and nobody is told anything because of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.leads import LEAD_RECEIVED
from hub.local.kafka import Kafka
from hub.rules.decision import Subject
from hub.rules.leads import Lead
from hub.rules.notices import Notice, Person
from tests.support.recalls import DAY, Ear, recalls
from tests.support.replaying import a_live_hub, a_stage, rows
from tests.support.scene import Scene


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        yield stage


def called(_before: Lead | None, after: Lead, subject: Subject, because: Any, _version: int) -> list[Notice]:
    at = because.occurred_at
    person = Person(subject.principal, "prospect", subject.ref)
    return [Notice(f"call.{subject.ref}.{after.need}", person, "offers", subject.dealer, "call", at, at + DAY)]


async def test_a_replay_folds_timers_of_the_log_sets_those_to_come_and_tells_nobody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_live_hub(scene, monkeypatch, recalls(notices=called)) as live:
        now = datetime.now(UTC)
        for lead, days in (("called-twice", 4), ("called-once", 1.5), ("to-be-called", 0.5), ("said-not-heard", 1.2)):
            at = (now - timedelta(days=days)).isoformat()
            live.log.say(LEAD_RECEIVED, {"lead": lead, "name": "Ada", "occurred_at": at}, id=lead)
        await live.crm.apply(live.log.records["dealer.ber-001.events", 0])
        ear = Ear(live.log)
        for moment in (now - timedelta(hours=9), now - timedelta(hours=9), now):
            await ear.hear(live.crm.db, moment)
            heard = live.log.records["hub.timers", 0]
            await live.crm.apply([record for record in heard if record.key != b"said-not-heard"])
        story = {row["ref"]: row["need"] for row in await live.crm.rows("leads")}
        assert story == {"called-twice": ".!!", "called-once": ".!", "to-be-called": ".", "said-not-heard": "."}
        timers, deliveries = await live.crm.rows("timers"), await live.crm.rows("deliveries")
        assert ({row["ref"] for row in timers}, len(deliveries)) == ({"called-once", "to-be-called"}, 7)
        done = await live.replay(keep=True)
        assert done.is_equal, done.verdict
        assert rows(done)["timers"] == (2, 2, 0, 0)
        assert (await live.crm.rows("timers"), await live.crm.rows("deliveries")) == (timers, deliveries)
