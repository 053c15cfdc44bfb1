"""The checker is silent when all is well, and speaks up for each harm that is done to log or database."""

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.acts import OPERATION_BEGUN, OPERATION_ENDED
from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.state import outbox
from hub.stream.slips import Stored
from tests.support.checker import Offsets, check, never_back, next_offsets
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log
from tests.support.log_reader import read_log
from tests.support.moves import moves


class Calm(NamedTuple):
    """A hub at rest: its database, its log, where its consumers once stood."""

    engine: Engine
    log: dict[str, list[Stored]]
    seen: list[Offsets]

    async def violations(self) -> set[str]:
        return {violation.invariant for violation in await check(self.engine.url, self.log, seen=self.seen)}

    async def harm(self, statement: str) -> None:
        status = await self.engine.db.execute(statement)
        assert not status.endswith(" 0"), "the harm hit nothing"


@pytest.fixture
async def calm(database: str) -> AsyncIterator[Calm]:
    """A bit of everything: late, doubled, corrected, waiting, dead and held records of two dealers."""
    log = Log()
    base_data(log)
    one, two = Words(log), Words(log, "muc-002")
    async with Engine(database, base_consumer) as oem, Engine(database, crm_sync) as engine:
        await oem.apply(log.records["oem.base", 0])
        twice = one.recorded("C1", "Ada")
        log.write(twice.topic, twice.value, key=twice.key, headers=twice.headers)
        one.changed("C1", 5, phone="5")
        one.changed("C1", 3, phone="3", id="late")
        one.changed("C1", 6, phone="right", corrects="e2")
        one.lost("O1")
        one.opened("O1")
        one.lost("O2", reason="unheard-of")
        one.opened("O2")
        one.won("O3", stage="talk")
        one.opened("O3")
        one.recorded("C9", "")
        one.recorded("C8", "Ada", version=2)
        one.changed("C1", 8, phone="8")
        two.recorded("C1", "Eve")
        two.recorded("C2", "")
        for partition in ("dealer.ber-001.events", 0), ("dealer.muc-002.events", 0):
            await engine.apply(log.records[partition][:7])
        seen = [await next_offsets(database)]
        await engine.apply(log.records["dealer.ber-001.events", 0][7:])
        events = await outbox.unsent(engine.db)
        said = await engine.relay(log)
        for event, record in zip(events, said, strict=True):
            receipt = outbox.Receipt(event.topic, record.partition, record.offset, [event.id], [str(event.event_id)])
            await outbox.sent(engine.db, [receipt])
        await engine.apply(log.records["hub.timers", 0])
        topics: dict[str, list[Stored]] = defaultdict(list)
        for (topic, _), records in log.records.items():
            topics[topic] += records
        await oem.apply(topics["hub.timers"])
        yield Calm(engine, dict(topics), seen)


async def test_all_is_well(calm: Calm) -> None:
    assert await check(calm.engine.url, calm.log, seen=calm.seen) == []


HARM: dict[str, tuple[str, str]] = {
    "an event lost from the journal": ("I2", "DELETE FROM journal WHERE event_id = 'late'"),
    "a dead letter lost": ("I2", "DELETE FROM dead_letters WHERE key = 'C9'"),
    "a waiting record lost": ("I2", "DELETE FROM waiting WHERE hold = 'news'"),
    "a newer version lost": ("I2", "DELETE FROM waiting WHERE hold = 'version'"),
    "a held record lost": ("I3", "DELETE FROM waiting WHERE hold = 'operator'"),
    "an event journalled twice": (
        "I1",
        """INSERT INTO journal SELECT event, 1, consumer, principal, source, event_id, type, store, ref, occurred_at, revision, corrects,
        is_historical, fingerprint, body, topic, partition, "offset" FROM journal WHERE event_id = 'late'""",
    ),
    "an event that nobody said": ("I1", "UPDATE journal SET event = gen_random_uuid() WHERE event_id = 'late'"),
    "a record dead and waiting": (
        "I2",
        "UPDATE dead_letters SET event = w.event, part = w.part FROM waiting w WHERE w.hold = 'news' AND dead_letters.key = 'O3'",
    ),
    "a state that is not its fold": ("I3", "UPDATE customers SET phone = '3' WHERE name = 'Ada'"),
    "a state too few": ("I3", "DELETE FROM customers WHERE name = 'Ada'"),
    "a state too many": (
        "I3",
        """INSERT INTO contacts SELECT principal, 'X', 1, ordered_at, 0, tie, because, 'C1', 'X', NULL, NULL, NULL, NULL, NULL, true
        FROM customers WHERE name = 'Ada'""",
    ),
    "a state because of something else": (
        "I3",
        "UPDATE customers SET because = e.event FROM journal e WHERE name = 'Ada' AND e.event_id = 'late'",
    ),
    "an event said twice": (
        "I4",
        'INSERT INTO outbox_receipts SELECT segment + 9, topic, partition, "offset", places, event_ids FROM outbox_receipts',
    ),
    "an event in the log that was never in the outbox": (
        "I4",
        'DELETE FROM outbox_receipts WHERE "offset" = (SELECT max("offset") FROM outbox_receipts)',
    ),
    "an event that never left": (
        "I4",
        """INSERT INTO outbox_apart (id, consumer, topic, key, type, event_id, body, time)
        VALUES (1, 'crm-sync', 'hub.crm', 'k', 't', gen_random_uuid(), '', now())""",
    ),
    "an offset short of the end": ("I2", "UPDATE consumer_offsets SET next_offset = next_offset - 1 WHERE topic = 'dealer.muc-002.events'"),
    "an offset that went back": ("I6", "UPDATE consumer_offsets SET next_offset = 1 WHERE topic = 'dealer.ber-001.events'"),
    "a state shown as another dealer's": ("I8", "UPDATE customers SET principal = 'dealer:muc-002', ref = 'X' WHERE name = 'Ada'"),
    "a journal row of another dealer": ("I8", "UPDATE journal SET principal = 'dealer:muc-002' WHERE event_id = 'late'"),
    "a row of another dealer": ("I8", "UPDATE dead_letters SET principal = 'dealer:muc-002' WHERE key = 'C9'"),
    "a state because of another dealer": (
        "I8",
        "UPDATE customers c SET because = o.because FROM customers o WHERE c.name = 'Ada' AND o.name = 'Eve'",
    ),
}


@pytest.mark.parametrize("what", HARM)
async def test_harm_to_the_database_is_seen(calm: Calm, what: str) -> None:
    invariant, statement = HARM[what]
    await calm.harm(statement)
    assert invariant in await calm.violations()


async def test_a_record_that_the_log_lost_downstream_is_seen(calm: Calm) -> None:
    calm.log["hub.crm"].pop()
    assert "I4" in await calm.violations()


async def test_events_of_a_key_that_left_in_another_order_are_seen(calm: Calm) -> None:
    told: dict[Any, list[int]] = defaultdict(list)
    for n, record in enumerate(calm.log["hub.crm"]):
        told[record.key].append(n)
    first, second = next(places for places in told.values() if len(places) > 1)[:2]
    crm = calm.log["hub.crm"]
    crm[first], crm[second] = crm[second], crm[first]
    assert await calm.violations() == {"I4"}


async def test_an_event_that_is_in_the_log_twice_under_two_ids_is_seen(calm: Calm) -> None:
    crm = calm.log["hub.crm"]
    headers = [(name, b"another" if name == "ce_id" else value) for name, value in crm[0].headers]
    crm.append(crm[0]._replace(offset=len(crm), headers=headers))
    assert await calm.violations() == {"I4"}


async def test_a_record_sent_again_under_its_own_id_is_no_harm(calm: Calm) -> None:
    crm = calm.log["hub.crm"]
    crm.append(crm[0]._replace(offset=len(crm)))
    assert await calm.violations() == set()


async def test_a_dealer_that_hears_of_another_is_seen(calm: Calm) -> None:
    calm.log["dealer.muc-002.feed"] += calm.log["dealer.ber-001.feed"]
    assert "I8" in await calm.violations()


async def test_a_whole_topic_is_read_from_the_broker(kafka: Kafka) -> None:
    topic = f"read-{uuid4()}"
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": kafka.user,
        "sasl_plain_password": kafka.password,
    }
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    async with AIOKafkaProducer(**options) as producer:
        for n in range(6):
            await producer.send_and_wait(topic, str(n).encode(), key=b"k", partition=n % 2, headers=[("ce_id", b"1")])
    log = await read_log(options, [topic])
    assert [(r.partition, r.offset, r.value) for r in log[topic]] == [(n % 2, n // 2, str(n).encode()) for n in (0, 2, 4, 1, 3, 5)]


def act(what: str, subject: str, *done: str) -> list[Stored]:
    """An operation on hub.acts, as it begins and as it ends."""
    log = Log()
    head = {"operation": "op-1"}
    log.say(
        OPERATION_BEGUN,
        {**head, "who": "ada", "why": "a test", "what": what, "subject": subject},
        id="1",
        topic="hub.acts",
        source="/hub/x",
    )
    log.say(OPERATION_ENDED, {**head, "done": list(done)}, id="2", topic="hub.acts", source="/hub/x")
    return log.records["hub.acts", 0]


WHERE = ("crm-sync", "dealer.ber-001.events", 0)
BACK: list[Offsets] = [{WHERE: 9}, {WHERE: 4}]


def test_an_offset_that_an_operator_set_back_is_no_violation_and_each_act_is_good_for_once() -> None:
    moved = moves({"hub.acts": act("offsets.set", "crm-sync", "dealer.ber-001.events[0] 9 → 3")})
    assert list(never_back(BACK, moved)) == []
    assert len(list(never_back([*BACK, *BACK], moved))) == 1


@pytest.mark.parametrize(
    "done",
    [
        pytest.param(("dealer.ber-001.events[0] 9 → 5",), id="not so far"),
        pytest.param(("dealer.ber-001.events[0] 8 → 3",), id="not from there"),
        pytest.param(("dealer.ber-001.events[1] 9 → 3",), id="another partition"),
        pytest.param((), id="not carried out"),
    ],
)
def test_an_act_that_says_something_else_does_not_excuse_an_offset_that_went_back(done: tuple[str, ...]) -> None:
    assert len(list(never_back(BACK, moves({"hub.acts": act("offsets.set", "crm-sync", *done)})))) == 1


def test_an_act_upon_another_consumer_or_of_another_kind_does_not_either() -> None:
    line = "dealer.ber-001.events[0] 9 → 3"
    assert len(list(never_back(BACK, moves({"hub.acts": act("offsets.set", "base-data", line)})))) == 1
    assert moves({"hub.acts": act("consumer.paused", "crm-sync", line)}) == []
