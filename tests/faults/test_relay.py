"""The relay comes to harm between what Kafka acknowledged and what the outbox forgets."""

import asyncio
import itertools
import os
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, in_parts, sales
from tests.support.desk import desk_at
from tests.support.eventually import eventually
from tests.support.scene import Scene, header
from tests.support.stack import NewKafka

TOPIC = f"dealer.{DEALER}.events"
COUNT = 100


def test_a_relay_killed_between_acknowledgement_and_receipt_sends_again_under_the_same_ids(scene: Scene) -> None:
    scene.send(sales(COUNT))
    scene.start("crm-sync")
    victim = scene.start("relay", at="killed-before-receipt")
    eventually(lambda: not victim.is_running, 40)
    scene.until_folded(TOPIC)
    acknowledged = [header(message, "ce_id") for message in scene.read("hub.crm")]
    assert acknowledged, "the relay died before it had sent anything"
    assert scene.database.value("SELECT count(*) FROM outbox_sent") == 0
    scene.start("relay")
    scene.until_relayed()
    seen = [header(message, "ce_id") for message in scene.read("hub.crm")]
    assert len(seen) - len(set(seen)) == len(acknowledged)
    assert_all_won(scene, COUNT, DEALER)


@pytest.mark.thorough
def test_a_spare_relay_waits_and_takes_over(scene: Scene) -> None:
    first = scene.start("relay", at="killed-before-receipt@3").until_ready()
    eventually(lambda: _holders(scene) == 1)
    spare = scene.start("relay").until_ready()
    scene.start("crm-sync", batch_records=30).until_ready()
    for part in in_parts(sales(COUNT), 60):
        scene.send(part)
        scene.until_folded(TOPIC)
    eventually(lambda: not first.is_running, 40)
    assert _holders(scene) <= 1
    scene.until_relayed()
    assert spare.metric("hub_outbox_sent_total") > 0
    assert_all_won(scene, COUNT, DEALER)


@pytest.mark.thorough
def test_a_frozen_relay_loses_its_place_and_does_no_harm_when_it_comes_back(scene: Scene) -> None:
    scene.send(sales(COUNT))
    scene.start("crm-sync")
    zombie = scene.start("relay", at="frozen-before-receipt")
    eventually(zombie.is_frozen, 40)
    spare = scene.start("relay")
    scene.until_relayed(90)
    assert zombie.is_frozen()
    assert spare.metric("hub_outbox_sent_total") > 0
    zombie.thaw()
    eventually(lambda: zombie.events("relay.away"), 30)
    scene.send(sales(COUNT, first=COUNT))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert _holders(scene) == 1
    assert_all_won(scene, 2 * COUNT, DEALER)


@pytest.mark.thorough
async def test_a_broker_that_dies_amid_a_batch_gets_each_event_in_its_order(new_kafka: NewKafka, database: str) -> None:
    kafka = new_kafka()
    async with desk_at(kafka, database, partitions=2) as desk:
        said = [(f"key {n % 5}", os.urandom(9_000)) for n in range(300)]
        events = await desk.say(*((key, body, "") for key, body in said))
        send_batch, calls = desk.producer.send_batch, itertools.count(1)

        async def die_in_turn(*arguments: Any, **named: Any) -> Any:
            receipt = await send_batch(*arguments, **named)
            if next(calls) == 3:  # some are acknowledged, this one is under way
                await asyncio.to_thread(kafka.kill)
                await asyncio.to_thread(kafka.start)
            return receipt

        desk.producer.send_batch = die_in_turn
        await desk.send()
        heard: dict[str, list[UUID]] = defaultdict(list)
        for key, event in dict.fromkeys(await desk.log()):
            heard[key].append(event)
        wanted: dict[str, list[UUID]] = defaultdict(list)
        for (key, _), event in zip(said, events, strict=True):
            wanted[key].append(event)
        assert heard == wanted
        assert await desk.left() == {}


def _holders(scene: Scene) -> int:
    return int(
        scene.database.value(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )
