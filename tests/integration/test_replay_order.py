"""A log is folded again in its own order: waits, answers and acts have their place, and what is not in the log is set apart."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from contracts.acts import DEAD_LETTER_REDRIVEN, WAIT_ENDED, WAIT_RELEASED
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED
from contracts.timers import WAIT_EXPIRED
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.operations.replay_course import Window
from hub.state.base import BaseDataCache
from hub.stream.batch import Batch
from hub.stream.outcome import Outcome
from hub.stream.work import Work
from tests.support.crm import base_data
from tests.support.engine import NOON
from tests.support.replaying import TOPIC, Live, a_live_hub, a_stage, rows
from tests.support.scene import Scene


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        yield stage


@pytest.fixture
async def live(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    async with a_live_hub(scene, monkeypatch) as hub:
        yield hub


async def test_a_wait_ends_when_the_log_says_so_and_base_data_that_came_later_does_not_undo_it(live: Live) -> None:
    await live.lay(base_data(live.log, "loss_reason", "competitor"))
    crm = live.crm
    crm.batch = Batch(crm.offsets, Work(crm_sync, BaseDataCache(crm_sync.using), timedelta(seconds=1)), crm.reader, "crm-sync")
    opened = live.dealer.opened("O1")
    live.publish()
    assert await crm.outcomes([opened]) == [Outcome.WAITING]
    assert (await live.replay()).is_equal
    (row,) = await crm.rows("waiting")
    body = {"consumer": "crm-sync", "principal": "dealer:ber-001", "store": "opportunities", "subject": "O1"}
    body |= {"kind": "sales_model", "ref": "standard", "occurred_at": row["until"].isoformat()}
    expired = live.log.say(WAIT_EXPIRED, body, id="x1", topic="hub.timers", source="/hub/clock", key="O1")
    await crm.apply([expired])
    live.publish()
    await live.lay(base_data(live.log, "sales_model"))
    assert [letter["reason"] for letter in await crm.rows("dead_letters")] == ["wait_expired"]
    assert await crm.outcomes([live.dealer.moved("O1")]) == [Outcome.HELD]
    done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)
    assert rows(done)["dead_letters"] == (1, 1, 0, 0)
    assert rows(done)["waiting"] == (1, 1, 0, 0)


async def test_what_the_live_consumer_read_after_the_base_data_waits_in_neither(live: Live) -> None:
    opened = live.dealer.opened("O1")
    live.publish()
    await live.lay(base_data(live.log))
    assert await live.crm.outcomes([opened]) == [Outcome.HANDLED]
    done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)
    assert rows(done)["opportunities"] == (1, 1, 0, 0)


async def test_an_answer_in_the_log_is_heard_again(live: Live) -> None:
    assert await live.crm.outcomes([live.dealer.opened("O1")]) == [Outcome.WAITING]
    live.publish()
    await live.lay(base_data(live.log))
    await live.crm.apply(await live.relay())
    assert len(await live.crm.rows("opportunities")) == 1
    done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)


async def test_an_operator_s_act_is_folded_again_in_its_place(live: Live) -> None:
    words = live.dealer
    bad = words.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)
    assert await live.crm.outcomes([bad, words.changed("C1"), words.recorded("C2", "Bo")])
    live.publish()
    (letter,) = await live.crm.rows("dead_letters")
    mended = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Bea"})
    body = {"consumer": "crm-sync", "who": "op", "why": "mended", "letter": str(letter["id"]), "body": mended}
    lineage: Lineage[Any] = DEAD_LETTER_REDRIVEN
    act = live.log.say(lineage, body, id="a1", topic="hub.acts", source="/hub/operators/op", key=str(letter["id"]))
    await live.crm.apply([act, words.changed("C1", 5, phone="5")])
    assert [letter["state"] for letter in await live.crm.rows("dead_letters")] == ["redriven"]
    done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)
    await live.crm.db.execute("UPDATE dead_letters SET state = 'open'")
    assert [each.field for each in (await live.replay()).shown] == ["state"]


async def test_a_wait_that_an_operator_ended_and_a_mend_in_vain_are_folded_again_to_the_same(live: Live) -> None:
    words, crm = live.dealer, live.crm
    await crm.apply([words.changed("C1"), words.recorded("C2", "Bo"), words.say(CUSTOMER_CHANGED, {"customer": "C2", "parent": "C2"}, 1)])
    live.publish()
    (wait,), (letter,) = await crm.rows("waiting"), await crm.rows("dead_letters")
    head = {"consumer": "crm-sync", "who": "op", "why": "a test"}
    selfish = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C2", "parent": "C2", "phone": "1"})
    asked: list[tuple[Lineage[Any], dict[str, Any]]] = [
        (WAIT_RELEASED, {"wait": str(wait["id"])}),
        (WAIT_ENDED, {"wait": str(wait["id"])}),
        (DEAD_LETTER_REDRIVEN, {"letter": str(letter["id"]), "body": selfish}),
    ]
    how: dict[str, Any] = {"topic": "hub.acts", "source": "/hub/operators/op"}
    acts = [live.log.say(lineage, {**head, **body}, id=f"a{n}", **how) for n, (lineage, body) in enumerate(asked)]
    await crm.apply([*acts, words.recorded("C1", "Ada", 2)])
    assert sorted((row["reason"], row["state"]) for row in await crm.rows("dead_letters")) == [
        ("rejected", "open"),
        ("wait_expired", "open"),
    ]
    done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)
    assert rows(done)["dead_letters"] == (2, 2, 0, 0)


async def test_where_the_log_begins_later_its_subjects_are_set_apart(live: Live) -> None:
    words = live.dealer
    await live.crm.apply([words.recorded("C1", "Ada"), words.recorded("C2", "Bo"), words.changed("C1"), words.recorded("C3", "Cy")])
    live.publish()
    place = TopicPartition(TOPIC, 0, 1)
    live.scene.admin.delete_records([place])[place].result(20)
    done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)
    assert rows(done)["customers"] == (2, 2, 0, 1)
    assert [bound.log_start for bound in done.bounds if bound.topic == TOPIC] == [1]
    assert f"{TOPIC}[0] begins at 1: earlier history is missing" in live.typed("crm-sync").output
    await live.crm.db.execute("UPDATE customers SET name = 'x' WHERE ref = 'C2'")
    assert (await live.replay()).verdict == "the replay differs: customers 1"


async def test_a_window_of_time_is_folded_alone(live: Live) -> None:
    words = live.dealer
    await live.crm.apply([words.recorded("C1", "Ada"), words.recorded("C2", "Bo")])
    live.publish()
    # the broker dates records to the millisecond
    middle = datetime.now(UTC) + timedelta(milliseconds=5)
    while datetime.now(UTC) < middle + timedelta(milliseconds=5):
        pass
    await live.crm.apply([words.changed("C1"), words.recorded("C3", "Cy")])
    early, late = await live.replay(window=Window(until=middle)), await live.replay(window=Window(begin=middle))
    assert (early.verdict, early.records, rows(early)["customers"]) == ("equal: 2 rows in 10 tables", 2, (1, 1, 0, 2))
    assert (late.verdict, late.records, rows(late)["customers"]) == ("equal: 2 rows in 10 tables", 2, (1, 1, 0, 2))
