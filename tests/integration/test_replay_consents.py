"""What people said, what was reported and what operators entered is folded again to the same, from three topics, and nothing leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.acts import CONSENT_RECORDED, SUPPRESSION_ADDED
from contracts.reports import ADDRESS_BOUNCED, RECIPIENT_UNSUBSCRIBED
from contracts.topics import REPORTS
from hub.consumers.campaigns import campaigns
from hub.local.kafka import Kafka
from tests.integration.test_engine_consents import MAIL, Talk
from tests.support.replaying import a_live_hub, a_stage, rows
from tests.support.scene import Scene


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        stage.make_topics(REPORTS.name)
        yield stage


async def test_consents_suppressions_and_reports_are_folded_again_to_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_live_hub(scene, monkeypatch, campaigns) as live:
        talk = Talk()
        live.log = talk.log
        await live.lay([talk.purpose()])
        link = {"purpose": "news", "grantee": "oem", "person_kind": "customer", "person": "C-1", "dealer": "ber-001", "means": "one_click"}
        entered = {"person": "C-1", "status": "withdrawn", "dealer": "ber-001", "proof": {"where": "letter"}}
        bounce = {"address": MAIL, "channel": "email", "cause": "unknown_address", "is_permanent": True, "delivery": "d1"}
        for said in (
            talk.given(3, grantee="oem"),
            talk.act(CONSENT_RECORDED, 2, **entered),
            talk.given(1),
            talk.reported(RECIPIENT_UNSUBSCRIBED, 4, **link, channel="email", address=MAIL, delivery="d2"),
            talk.reported(ADDRESS_BOUNCED, 5, **bounce),
            talk.act(SUPPRESSION_ADDED, 6, address=MAIL, channel="email"),
            talk.given(7, grantee="mun-002"),
        ):
            await live.crm.apply([said])
        told = len(await live.crm.rows("outbox"))
        done = await live.replay("campaigns")
        assert done.is_equal, done.shown
        found = rows(done)
        stores = ("consents", "suppressions", "delivery_reports", "dead_letters")
        assert [found[store] for store in stores] == [(3, 3, 0, 0), (2, 2, 0, 0), (1, 1, 0, 0), (1, 1, 0, 0)]
        assert len(await live.crm.rows("outbox")) == told
