"""What an operator decides of a record that waits is carried out once: it is looked at again, or waits no longer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.acts import WAIT_ENDED, WAIT_RELEASED
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED
from hub.consumers.crm_sync import crm_sync
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def dealer(log: Log) -> Words:
    return Words(log)


def act(log: Log, lineage: Lineage[Any], wait: object, number: int) -> Stored:
    body = {"consumer": "crm-sync", "who": "op", "why": "by phone", "wait": str(wait)}
    return log.say(lineage, body, id=f"act-{number}", topic="hub.acts", source="/hub/operators/op", key=str(wait))


async def effects(engine: Engine) -> list[str]:
    return [row["effect"] for row in await engine.db.fetch("SELECT effect FROM act_effects ORDER BY noted_at, event")]


async def waits(engine: Engine) -> list[Any]:
    return [row["id"] for row in await engine.db.fetch('SELECT id FROM waiting ORDER BY topic, "offset"')]


async def feed(engine: Engine) -> list[tuple[str, str]]:
    told = [json.loads(row["body"]) for row in await engine.rows("outbox") if row["topic"].startswith("dealer.")]
    return [(body["reason"], body["standing"]) for body in told]


async def test_a_release_before_the_news_changes_nothing_and_says_what_is_missing(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1")])
    before = await engine.rows("waiting")
    await engine.apply([act(log, WAIT_RELEASED, before[0]["id"], 1)])
    assert await engine.rows("waiting") == before
    assert await effects(engine) == ["it goes on waiting: it waits for sales_model standard"]


async def test_a_release_folds_what_is_known_by_now(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1"), dealer.won("O1")])
    base_data(log)
    await engine.lay(log)  # its answer is not heard
    first, _ = await waits(engine)
    await engine.apply([act(log, WAIT_RELEASED, first, 1)])
    assert [row["status"] for row in await engine.rows("opportunities")] == ["won"]
    assert await engine.rows("waiting") == []
    assert await effects(engine) == ["folded"]


async def test_a_release_may_end_in_a_rule_s_refusal(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1", stage="nowhere")])
    base_data(log)
    await engine.lay(log)
    (wait,) = await waits(engine)
    await engine.apply([act(log, WAIT_RELEASED, wait, 1)])
    assert await engine.rows("waiting") == []
    (effect,) = await effects(engine)
    assert effect.startswith("dead: dead letter ")
    assert "rejected: stage" in effect


async def test_a_wait_that_an_operator_ends_is_a_dead_letter_and_its_sender_hears_of_it(engine: Engine, log: Log, dealer: Words) -> None:
    base_data(log)
    await engine.lay(log)
    await engine.apply([dealer.moved("O1"), dealer.opened("O2"), dealer.won("O1")])
    first, second = await waits(engine)
    await engine.apply([act(log, WAIT_ENDED, first, 1)])
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["wait_expired"]
    assert await waits(engine) == [second]  # each waits for itself
    assert await feed(engine) == [("wait_expired", "held")]
    assert (await effects(engine))[0].startswith("ended: dead letter ")
    assert await engine.outcomes([dealer.opened("O1")]) == [Outcome.HELD]


async def test_said_twice_it_is_done_once(engine: Engine, log: Log, dealer: Words) -> None:
    base_data(log)
    await engine.lay(log)
    await engine.apply([dealer.moved("O1")])
    (wait,) = await waits(engine)
    ended = [act(log, WAIT_ENDED, wait, n) for n in (1, 2)]
    await engine.apply([ended[0]])
    await engine.apply([ended[1], act(log, WAIT_RELEASED, wait, 3), act(log, WAIT_RELEASED, "no-uuid", 4)])
    assert len(await engine.rows("dead_letters")) == 1
    assert (await effects(engine))[1:] == ["already dealt with"] * 3


async def test_what_waits_behind_a_dead_letter_is_not_released_past_it(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    await engine.apply([dealer.changed("C1", 2)])
    (wait,) = await waits(engine)
    await engine.apply([act(log, WAIT_RELEASED, wait, 1), act(log, WAIT_ENDED, wait, 2)])
    assert await waits(engine) == [wait]
    assert all("behind a dead letter" in effect for effect in await effects(engine))


async def test_a_version_from_the_future_is_released_once_it_is_known(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1"}, 1, version=99)])
    (wait,) = await waits(engine)
    await engine.apply([act(log, WAIT_RELEASED, wait, 1)])
    assert await waits(engine) == [wait]
    assert await effects(engine) == ["it goes on waiting: this hub does not know hub.customer.changed.v99 yet"]
    # a newer process is deployed: here the record is made one of today's
    headers = '[["ce_specversion","MS4w"],["ce_id","ZTk5"],["ce_source","L2RlYWxlcnMvYmVyLTAwMQ=="],["ce_type","%s"]]'
    today = headers % "aHViLmN1c3RvbWVyLnJlY29yZGVkLnYx"
    body = b'{"occurred_at": "2026-03-02T12:00:00Z", "customer": "C1", "name": "Ada"}'
    await engine.db.execute("UPDATE waiting SET headers = $1, value = $2", today.encode(), body)
    await engine.apply([act(log, WAIT_RELEASED, wait, 2)])
    assert [row["name"] for row in await engine.rows("customers")] == ["Ada"]
    assert (await effects(engine))[1] == "folded"
    assert await waits(engine) == []


async def test_a_version_that_never_comes_is_a_dead_letter_with_its_bytes_once_the_wait_is_ended(
    engine: Engine, log: Log, dealer: Words
) -> None:
    record = dealer.say(CUSTOMER_CHANGED, {"customer": "C1"}, 1, version=99)
    await engine.apply([record])
    (wait,) = await waits(engine)
    await engine.apply([act(log, WAIT_ENDED, wait, 1)])
    assert await waits(engine) == []
    (letter,) = await engine.rows("dead_letters")
    assert (letter["reason"], letter["key"], letter["value"]) == ("wait_expired", "C1", record.value)


async def test_many_are_released_in_one_go(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.opened(f"O{n}", stage="nowhere" if n % 4 == 0 else "offer") for n in range(40)])
    base_data(log)
    await engine.lay(log)
    await engine.apply([act(log, WAIT_RELEASED, wait, n) for n, wait in enumerate(await waits(engine))])
    told = await effects(engine)
    assert (told.count("folded"), sum(effect.startswith("dead: ") for effect in told)) == (30, 10)
    assert await engine.rows("waiting") == []
