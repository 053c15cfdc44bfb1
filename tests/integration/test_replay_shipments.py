"""Shipments and their positions are folded again to the same, from what the ERP and a carrier said, and nothing leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.topics import CARRIER_TRACKING, ERP_DESPATCH
from hub.consumers.shipments import shipments
from hub.local.kafka import Kafka
from tests.support.carriage import CARRIER
from tests.support.carrying import Voices
from tests.support.replaying import a_live_hub, a_stage, rows
from tests.support.scene import Scene


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        stage.make_topics(ERP_DESPATCH.name, CARRIER_TRACKING.of(CARRIER))
        yield stage


async def test_shipments_and_positions_are_folded_again_to_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_live_hub(scene, monkeypatch, shipments) as live:
        voices = Voices(live.log)
        for said in (
            (voices.reported("RT-1", "collected"), voices.despatched("RT-2", order="ber-01/O-2#1")),
            (voices.despatched("RT-1"), voices.reported("RT-1", "delivered", 5, id="wrong"), voices.positioned("RT-1", 3, 48_000_003)),
            (voices.reported("RT-1", "at_hub", 5, corrects="wrong"), voices.reported("RT-1", "booked", 0.5)),
            (voices.positioned("RT-1", 2, 48_000_002), voices.reported("RT-2", "lost in thought", 6)),
        ):
            await live.crm.apply(said)
        before = {table: await live.crm.rows(table) for table in ("shipments", "shipment_positions", "outbox", "dead_letters")}
        done = await live.replay("shipments")
        assert done.is_equal, done.shown
        found = rows(done)
        assert [found[table] for table in ("shipments", "shipment_positions", "dead_letters")] == [(2, 2, 0, 0), (1, 1, 0, 0), (1, 1, 0, 0)]
        assert done.unsent > 0, "what would have been said stays beside"
        assert {table: await live.crm.rows(table) for table in before} == before
