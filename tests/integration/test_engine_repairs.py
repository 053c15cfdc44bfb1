"""What an operator decides of a dead letter is carried out once, and its key goes on in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import topics
from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED
from hub.consumers.crm_sync import crm_sync
from hub.stream import work
from hub.stream.batch import WARY
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.stream.subjects import write
from tests.support.crm import Words, after
from tests.support.engine import NOON, Engine, Log
from tests.support.interleaving import Stop, before_commit, until_blocked

TOPIC = "dealer.ber-001.events"


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


def act(log: Log, lineage: Lineage[Any], letter: object, number: int, **more: Any) -> Stored:
    body = {"consumer": "crm-sync", "who": "op", "why": "mended", "letter": str(letter), **more}
    return log.say(lineage, body, id=f"act-{number}", topic="hub.acts", source="/hub/operators/op", key=str(letter))


async def letters(engine: Engine) -> list[dict[str, Any]]:
    return [dict(row) for row in await engine.db.fetch('SELECT * FROM dead_letters ORDER BY "offset"')]


async def feed(engine: Engine) -> list[str]:
    rows = [row for row in await engine.rows("outbox") if row["topic"].startswith("dealer.")]
    return [json.loads(row["body"]).get("standing") for row in rows]


async def names(engine: Engine) -> dict[str, str]:
    return {row["ref"]: row["name"] for row in await engine.rows("customers")}


def changed(dealer: Words, name: str, hours: float) -> Stored:
    return dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": name}, hours)


async def test_a_mended_record_is_folded_and_what_waited_behind_it_follows_in_order(engine: Engine, log: Log, dealer: Words) -> None:
    bad = [dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)]
    behind = [changed(dealer, "Cleo", 2), changed(dealer, "Dora", 3)]
    assert await engine.outcomes([*bad, *behind]) == [Outcome.HANDLED, Outcome.DEAD, Outcome.HELD, Outcome.HELD]
    (letter,) = await letters(engine)
    mended = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Bea"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended)])
    assert await names(engine) == {"C1": "Dora"}
    assert [row["state"] for row in await letters(engine)] == ["redriven"]
    assert await engine.rows("waiting") == []
    assert await feed(engine) == ["held", "taken"]
    assert len(await engine.rows("journal")) == 5


async def test_twice_redriven_is_once(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    (letter,) = await letters(engine)
    mended = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Bea"})
    acts = [act(log, DEAD_LETTER_REDRIVEN, letter["id"], number, body=mended) for number in (1, 2)]
    await engine.apply(acts)
    await engine.apply([acts[0]])
    assert await feed(engine) == ["held", "taken"]
    assert [row["hold"] for row in await engine.rows("waiting")] == ["news"]
    assert sorted(row["effect"] for row in await engine.rows("act_effects")) == [
        "already dealt with",
        "taken; it waits for customer C1",
    ]


async def test_redriven_as_it_was_it_is_a_dead_letter_again_and_goes_on_holding_its_key(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply(
        [dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1), changed(dealer, "Cleo", 2)]
    )
    (letter,) = await letters(engine)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1)])
    assert [row["state"] for row in await letters(engine)] == ["open"]
    assert await names(engine) == {"C1": "Ada"}
    assert [row["hold"] for row in await engine.rows("waiting")] == ["operator"]
    assert "taken" not in await feed(engine)
    assert [row["effect"] for row in await engine.rows("act_effects")] == ["dead again: schema: name: a valid string"]


async def test_a_discarded_letter_lets_its_key_go_on_without_it(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply(
        [dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1), changed(dealer, "Cleo", 2)]
    )
    (letter,) = await letters(engine)
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, letter["id"], 1)])
    assert await names(engine) == {"C1": "Cleo"}
    assert [row["state"] for row in await letters(engine)] == ["discarded"]
    assert await feed(engine) == ["held", "discarded"]


async def test_the_key_goes_on_only_to_its_next_dead_letter(engine: Engine, log: Log, dealer: Words) -> None:
    bad = {"customer": "C1", "name": 7}
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, bad, 1), changed(dealer, "Bea", 2)])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, bad, 3), changed(dealer, "Cleo", 4)])
    first, second = await letters(engine)
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, first["id"], 1)])
    assert await names(engine) == {"C1": "Bea"}
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, second["id"], 2)])
    assert await names(engine) == {"C1": "Cleo"}
    assert await engine.rows("waiting") == []


async def test_stale_news_redriven_late_never_moves_a_state_back(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    await engine.apply([dealer.recorded("C1", "Newest", 9, revision=5)])
    (letter,) = await letters(engine)
    stale = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Stale"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=stale)])
    assert await names(engine) == {"C1": "Newest"}


async def test_what_a_rule_refused_is_mended_by_a_correction_and_both_stay_in_the_history(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "parent": "C1"}, 1)])
    (letter,) = await letters(engine)
    assert letter["reason"] == "rejected"
    mended = json.dumps({"occurred_at": after(1), "customer": "C1", "parent": "C2"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended)])
    (row,) = await engine.rows("customers")
    assert row["parent"] == "C2"
    assert len([row for row in await engine.rows("journal") if row["store"] == "customers"]) == 3


async def test_an_act_for_another_consumer_or_an_unknown_letter_changes_nothing(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    (letter,) = await letters(engine)
    await engine.apply(
        [act(log, DEAD_LETTER_DISCARDED, letter["id"], 1, consumer="base-data"), act(log, DEAD_LETTER_DISCARDED, "no-uuid", 2)]
    )
    assert [row["state"] for row in await letters(engine)] == ["open"]


async def test_a_correction_that_was_refused_takes_its_target_out_once_it_is_redriven(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Bea"), changed(dealer, "Wrong", 1)])
    wrong = dealer.say(CUSTOMER_CHANGED, {"customer": "C2", "name": 7}, 2, corrects="e3")
    await engine.apply([wrong])
    (letter,) = await letters(engine)
    assert await names(engine) == {"C1": "Wrong", "C2": "Bea"}
    mended = json.dumps({"occurred_at": after(2), "customer": "C2", "name": "Right", "corrects": "e3"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended)])
    assert await names(engine) == {"C1": "Ada", "C2": "Right"}


async def test_a_held_correction_takes_its_target_out_once_its_key_goes_on(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Bea"), changed(dealer, "Wrong", 1)])
    bad = dealer.say(CUSTOMER_CHANGED, {"customer": "C2", "name": 7}, 2)
    await engine.apply([bad, dealer.say(CUSTOMER_CHANGED, {"customer": "C2", "name": "Right"}, 3, corrects="e3")])
    (letter,) = await letters(engine)
    assert await names(engine) == {"C1": "Wrong", "C2": "Bea"}
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, letter["id"], 1)])
    assert await names(engine) == {"C1": "Ada", "C2": "Right"}


@pytest.mark.parametrize("lineage", [DEAD_LETTER_REDRIVEN, DEAD_LETTER_DISCARDED])
async def test_a_dead_letter_that_was_dealt_with_stays_so_when_its_record_is_read_again(
    engine: Engine, log: Log, dealer: Words, lineage: Lineage[Any]
) -> None:
    known, bad = dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)
    await engine.apply([known, bad])
    (letter,) = await letters(engine)
    more = {"body": json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Bea"})} if lineage is DEAD_LETTER_REDRIVEN else {}
    await engine.apply([act(log, lineage, letter["id"], 1, **more)])
    (dealt,) = await letters(engine)
    await engine.db.execute("UPDATE consumer_offsets SET next_offset = 0 WHERE topic = $1", TOPIC)
    assert await engine.outcomes([known, bad, changed(dealer, "Cleo", 2)]) == [Outcome.DUPLICATE, Outcome.DUPLICATE, Outcome.HANDLED]
    assert await letters(engine) == [dealt]
    assert await engine.rows("waiting") == []
    assert await names(engine) == {"C1": "Cleo"}


async def test_an_open_dead_letter_goes_on_holding_its_key_when_its_record_is_read_again(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)]
    await engine.apply(records)
    await engine.db.execute("UPDATE consumer_offsets SET next_offset = 0 WHERE topic = $1", TOPIC)
    assert await engine.outcomes([*records, changed(dealer, "Cleo", 2)]) == [Outcome.DUPLICATE, Outcome.DUPLICATE, Outcome.HELD]
    assert await feed(engine) == ["held"]


async def test_what_is_redriven_while_its_key_goes_on_is_seen(engine: Engine, log: Log, dealer: Words) -> None:
    """The mended record waits for a customer whom the next record makes, which waits for the letter to be closed."""
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "phone": 7}, 1)])
    (letter,) = await letters(engine)
    mended = json.dumps({"occurred_at": after(1), "customer": "C1", "phone": "77"})
    async with Engine(engine.url, crm_sync, owner="acts") as other:
        await other.claim([(topics.ACTS.name, 0)])
        stop = before_commit(other)
        redriving = asyncio.create_task(other.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended)]))
        await stop.reached.wait()
        following = asyncio.create_task(engine.outcomes([dealer.recorded("C1", "Ada")]))
        await until_blocked(engine)
        stop.go.set()
        await redriving
    assert await following == [Outcome.HANDLED]
    assert [(row["name"], row["phone"]) for row in await engine.rows("customers")] == [("Ada", "77")]
    assert await engine.rows("waiting") == []


async def test_what_passes_a_letter_is_seen_by_whoever_closes_it(
    engine: Engine, log: Log, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mended record waits for a customer whom a snapshot makes, which need not wait for the letter."""
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "phone": 7}, 1)])
    (letter,) = await letters(engine)
    mended = json.dumps({"occurred_at": after(1), "customer": "C1", "phone": "77"})
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    passing = asyncio.create_task(engine.outcomes([dealer.recorded("C1", "Ada", revision=1)]))
    await stop.reached.wait()
    async with Engine(engine.url, crm_sync, owner="acts") as other:
        redriving = asyncio.create_task(other.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended)]))
        await until_blocked(other)
        stop.go.set()
        await redriving
    assert await passing == [Outcome.HANDLED]
    assert [(row["name"], row["phone"]) for row in await engine.rows("customers")] == [("Ada", "77")]
    assert await engine.rows("waiting") == []


async def test_a_correction_that_is_redriven_while_its_target_comes_is_seen(engine: Engine, log: Log, dealer: Words) -> None:
    """The target, looked at closely, has journalled itself and waits for the letter to be closed."""
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "phone": 7}, 1)])
    (letter,) = await letters(engine)
    mended = json.dumps({"occurred_at": after(1), "customer": "C1", "phone": "77", "corrects": "wrong"})
    async with Engine(engine.url, crm_sync, owner="acts") as other:
        await other.claim([(topics.ACTS.name, 0)])
        stop = before_commit(other)
        redriving = asyncio.create_task(other.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended)]))
        await stop.reached.wait()
        engine.batch._wary = WARY
        following = asyncio.create_task(engine.outcomes([dealer.changed("C1", 2, phone="0", id="wrong")]))
        await until_blocked(engine)
        stop.go.set()
        await redriving
    assert await following == [Outcome.HANDLED]
    assert [(row["name"], row["phone"]) for row in await engine.rows("customers")] == [("Ada", "77")]
