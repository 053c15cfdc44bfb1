"""What a batch said goes as a whole, and where it cannot, every event of it fares as if it had been alone."""

import os
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.protocol.produce import ProduceRequest
from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from pydantic import SecretStr

from contracts import envelope as cloudevents
from hub.local.kafka import Kafka
from hub.operations.access import give
from hub.operations.cluster import Cluster
from hub.operations.partner_plan import Rule
from hub.producers.partitions import partition_of
from hub.state import outbox
from hub.state.segments import Said, cut, pack
from tests.support.desk import Desk, desk_at
from tests.support.kafka_clients import settings_of

Log = list[tuple[str, UUID]]


@pytest.fixture
async def desk(kafka: Kafka, database: str) -> AsyncIterator[Desk]:
    async with desk_at(kafka, database, partitions=3) as found:
        yield found


def by_key(said: Log) -> dict[str, list[UUID]]:
    """Each key's events in their order, repetitions left out, as a reader hears them."""
    heard: dict[str, list[UUID]] = defaultdict(list)
    for key, event in dict.fromkeys(said):
        heard[key].append(event)
    return heard


async def say(desk: Desk, count: int, *, keys: int = 7, size: int = 10) -> Log:
    """One batch; the bodies do not get smaller by compressing them."""
    said = [(f"key {n % keys}", os.urandom(size), "") for n in range(count)]
    return [(key, event) for (key, _, _), event in zip(said, await desk.say(*said), strict=True)]


async def test_each_event_of_a_batch_is_in_the_log_once_and_its_receipt_says_where(desk: Desk) -> None:
    said = [*await say(desk, 40), *await say(desk, 30)]
    assert await desk.send() == 70
    assert by_key(await desk.log()) == by_key(said)
    assert sorted(await desk.log()) == sorted(said)
    assert await desk.sent() == [event for _, event in await desk.log()]
    in_order = await desk.connection.fetch("SELECT event_id FROM outbox_sent ORDER BY id")
    assert [row[0] for row in in_order] == [event for _, event in said]


async def test_an_event_too_large_in_the_middle_of_a_batch_holds_back_its_key_alone(desk: Desk) -> None:
    said = [("A", b"1"), ("B", b"1"), ("A", b"x" * 1_100_000), ("B", b"2"), ("A", b"3"), ("C", b"1")]
    a1, b1, large, b2, a3, c1 = await desk.say(*((key, body, "") for key, body in said))
    await desk.send()
    assert set(await desk.sent()) == {a1, b1, b2, c1}
    assert await desk.left() == {large: "MessageSizeTooLargeError", a3: None}
    assert await desk.send() == 0  # nothing to do, and nothing forgotten over it
    later = await desk.write("A")
    await desk.send()
    assert await desk.left() == {large: "MessageSizeTooLargeError", a3: None, later: None}


async def test_a_topic_that_takes_little_gets_smaller_batches_and_sets_aside_what_it_will_never_take(kafka: Kafka, database: str) -> None:
    async with desk_at(kafka, database, **{"max.message.bytes": "20000"}) as desk:
        small = await say(desk, 200, size=1_000)
        large = await desk.write("key 3", os.urandom(30_000))
        behind = await desk.write("key 3")
        others = await say(desk, 3, keys=3)
        assert await desk.send() == 203
        assert by_key(await desk.log()) == by_key([*small, *others])
        assert await desk.left() == {large: "MessageSizeTooLargeError", behind: None}


async def test_a_topic_that_may_not_be_written_holds_up_nobody_else(desk: Desk, kafka: Kafka) -> None:
    user, closed = f"relay-{uuid4().hex[:8]}", f"closed-{uuid4().hex[:8]}"
    cluster = Cluster(settings_of(kafka))
    credential = UserScramCredentialUpsertion(user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"invented")
    cluster.settle_all(cluster.admin.alter_user_scram_credentials([credential]), "making")
    await desk.make(closed)
    give(cluster, user, [Rule("topic", desk.topic, "write"), Rule("topic", desk.topic, "describe"), Rule("topic", closed, "describe")])
    desk.settings = desk.settings.model_copy(update={"kafka_user": user, "kafka_password": SecretStr("invented")})
    await desk.renew()
    first, second, other = await desk.say(("A", b"1", closed), ("A", b"2", closed), ("A", b"3", ""))
    await desk.send()
    assert await desk.sent() == [other]
    assert await desk.left() == {first: "TopicAuthorizationFailedError", second: None}

    give(cluster, user, [Rule("topic", closed, "write")])
    await desk.connection.execute("UPDATE outbox_apart SET set_aside = NULL")  # as the page on operations tells
    await desk.relay.sweep(desk.connection, desk.producer)
    await desk.send()
    assert await desk.left() == {}
    desk.settings = settings_of(kafka)
    assert [event for _, event in await desk.log(closed)] == [first, second]


async def test_a_batch_larger_than_any_request_goes_piece_by_piece(desk: Desk) -> None:
    said = await say(desk, 2_500, keys=50, size=6_000)
    assert await desk.connection.fetchval("SELECT max(size) FROM outbox") <= 1_000_000
    assert await desk.send() == 2_500
    assert sorted(await desk.log()) == sorted(said)
    assert by_key(await desk.log()) == by_key(said)


class Line:
    """The producer's line to the broker, which a test may cut: before the broker hears, or when it answers."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._client = desk, desk.producer.client
        self._send = self._client.send
        self._client.send = self._pass_on
        self.turn, self.is_heard, self.requests = 0, False, 0

    async def _pass_on(self, node: int, request: Any, **named: Any) -> Any:
        if not isinstance(request, ProduceRequest):
            return await self._send(node, request, **named)
        self.requests += 1
        if self.requests != self.turn:
            return await self._send(node, request, **named)
        if self.is_heard:
            await self._send(node, request, **named)
        raise KafkaConnectionError("the line was cut")


async def test_a_batch_whose_answer_is_lost_is_in_the_log_once(desk: Desk) -> None:
    line = Line(desk)
    line.turn, line.is_heard = 1, True
    said = await say(desk, 30)
    assert await desk.send() == 30
    assert line.requests > 1, "nothing was sent again"
    assert sorted(await desk.log()) == sorted(said)
    assert by_key(await desk.log()) == by_key(said)
    assert await desk.sent() == [event for _, event in await desk.log()]


async def test_what_was_acknowledged_before_a_failure_goes_and_the_rest_keeps_its_order(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = await say(desk, 60, size=30_000)  # several batches a partition
    send_batch, calls = desk.producer.send_batch, 0

    async def fail_in_turn(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KafkaError("the broker is gone")
        return await send_batch(*arguments, **named)

    monkeypatch.setattr(desk.producer, "send_batch", fail_in_turn)
    with pytest.raises(KafkaError, match="is gone"):
        await desk.send()
    gone, left = set(await desk.sent()), set(await desk.left())
    assert gone
    assert left
    assert gone | left == {event for _, event in said}
    assert len(gone) + len(left) == len(said)
    said += await say(desk, 20)
    await desk.renew()
    await desk.send()
    assert await desk.left() == {}
    assert sorted(await desk.log()) == sorted(said)
    assert by_key(await desk.log()) == by_key(said)


async def test_what_leaves_its_batch_does_not_overtake_an_older_batch_that_stayed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = f"other-{uuid4().hex[:8]}"
    await desk.make(other)
    send_batch = desk.producer.send_batch

    async def fail_elsewhere(batch: Any, topic: str, **named: Any) -> Any:
        if topic == desk.topic:
            raise KafkaError("the broker is gone")
        return await send_batch(batch, topic, **named)

    monkeypatch.setattr(desk.producer, "send_batch", fail_elsewhere)
    first = await desk.write("A")
    second, gone = await desk.say(("A", b"2", ""), ("B", b"1", other))
    with pytest.raises(KafkaError, match="is gone"):
        await desk.send()
    assert await desk.sent() == [gone]
    await desk.renew()
    await desk.send()
    assert await desk.log() == [("A", first), ("A", second)]


async def test_where_nothing_was_acknowledged_everything_stays_as_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said = await say(desk, 10)

    async def fail(*_: Any, **__: Any) -> Any:
        raise KafkaError("the broker is gone")

    monkeypatch.setattr(desk.producer, "send_batch", fail)
    with pytest.raises(KafkaError, match="is gone"):
        await desk.send()
    assert list(await desk.left()) == [event for _, event in said]
    assert await desk.connection.fetchval("SELECT count(*) FROM outbox_apart") == 0


async def test_no_transaction_is_open_while_kafka_thinks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    send_batch = desk.producer.send_batch

    async def look(*arguments: Any, **named: Any) -> Any:
        assert not desk.connection.is_in_transaction()
        return await send_batch(*arguments, **named)

    monkeypatch.setattr(desk.producer, "send_batch", look)
    await say(desk, 3)
    assert await desk.send() == 3


async def test_the_headers_are_those_of_a_single_event(desk: Desk) -> None:
    said = [Said(desk.topic, "A", "hub.lead.updated.v1", uuid4(), subject, b"{}") for subject in (None, "dealer.x.events[0]@1")]
    await outbox.insert(desk.connection, "crm-sync", said)
    events = await outbox.unsent(desk.connection)
    write = cloudevents.writer("/hub/crm-sync", "hub.lead.updated.v1", events[0].time)
    for event in events:
        envelope = cloudevents.Envelope(str(event.event_id), "/hub/crm-sync", event.type, event.time, event.subject)
        assert write(str(event.event_id), event.subject) == cloudevents.write(envelope)


@pytest.mark.parametrize("count", [1, 2, 3, 12])
def test_a_key_stays_on_the_partition_where_other_clients_put_it(count: int) -> None:
    for length in range(70):
        key = os.urandom(length)
        assert partition_of(key, count) == (murmur2(key) & 0x7FFFFFFF) % count


def test_pieces_are_small_and_lose_nothing() -> None:
    said = [Said("t", str(n), "w", uuid4(), None, b"x" * (n % 5) * 100_000) for n in range(60)] + [
        Said("t", str(n), "w", uuid4(), None, b"") for n in range(3_000)
    ]
    pieces = [list(piece) for piece in cut(said)]
    assert [event for piece in pieces for event in piece] == said
    assert all(len(piece) <= 1_000 and sum(len(event.body) for event in piece) <= 1_000_000 for piece in pieces)


def test_text_that_no_encoding_knows_is_refused_as_a_value_and_not_as_a_fault() -> None:
    with pytest.raises(UnicodeEncodeError):
        pack([Said("t", "\ud800", "w", uuid4(), None, b"")])
