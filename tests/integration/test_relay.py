"""What the relay does with events that cannot go: their key waits, nobody else does."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import NotEnoughReplicasError

from hub.local.kafka import Kafka
from tests.support.desk import Desk, desk_at


@pytest.fixture
async def desk(kafka: Kafka, database: str) -> AsyncIterator[Desk]:
    async with desk_at(kafka, database) as found:
        yield found


async def test_what_follows_an_event_that_can_never_be_sent_waits_behind_it_and_other_keys_go(desk: Desk) -> None:
    before = await desk.write("A")
    too_large = await desk.write("A", b"x" * 2_000_000)
    behind = await desk.write("A")
    other = await desk.write("B")
    await desk.send()
    assert await desk.sent() == [before, other]
    assert await desk.left() == {too_large: "MessageSizeTooLargeError", behind: None}
    await desk.send()
    assert await desk.left() == {too_large: "MessageSizeTooLargeError", behind: None}


async def test_a_topic_that_is_not_there_holds_up_nobody_else_and_gets_its_events_once_it_is_made(desk: Desk) -> None:
    nowhere = f"dealer.{uuid4().hex[:8]}.feed"
    early = await desk.write("A", topic=nowhere)
    other = await desk.write("A")
    await desk.send()
    late = await desk.write("B", topic=nowhere)
    await desk.send()
    assert await desk.sent() == [other]
    assert await desk.left() == {early: "unknown_topic", late: None}

    await desk.make(nowhere)
    await desk.relay.sweep(desk.connection, desk.producer)
    await desk.send()
    assert await desk.left() == {}
    assert sorted(await desk.sent()) == sorted([other, early, late])


async def test_a_partition_that_takes_nothing_holds_up_nobody_else_and_gets_its_events_in_order_once_it_takes_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, takes_nothing = f"closed-{uuid4().hex[:8]}", True
    await desk.make(closed)
    tries = 0

    async def send_batch(producer: AIOKafkaProducer, batch: Any, topic: str, *, partition: int) -> Any:
        nonlocal tries
        if topic == closed:
            tries += 1
            if takes_nothing:
                raise NotEnoughReplicasError
        return await real(producer, batch, topic, partition=partition)

    real = AIOKafkaProducer.send_batch
    monkeypatch.setattr(AIOKafkaProducer, "send_batch", send_batch)
    away = [await desk.write(key, topic=closed) for key in "AB"]
    others = [await desk.write("A")]
    await desk.send()
    away += [await desk.write(key, topic=closed) for key in "ABC"]
    others.append(await desk.write("A"))
    await desk.send()
    assert await desk.sent() == others
    assert await desk.left() == dict.fromkeys(away, "partition_away/0")
    assert tries == 1, "everybody waited for it again"

    await desk.relay.probe(desk.connection, desk.producer)
    others.append(await desk.write("B"))
    await desk.send()
    assert await desk.sent() == others
    assert await desk.left() == dict.fromkeys(away, "partition_away/0")

    takes_nothing = False
    await desk.relay.probe(desk.connection, desk.producer)
    await desk.send()
    assert await desk.left() == {}
    assert [event for _, event in await desk.log(closed)] == away


async def test_a_receipt_says_where_an_event_went(desk: Desk) -> None:
    event = await desk.write("A")
    assert await desk.send() == 1
    rows = await desk.connection.fetch('SELECT event_id, topic, partition, "offset" FROM outbox_sent')
    assert [tuple(row) for row in rows] == [(event, desk.topic, 0, 0)]
