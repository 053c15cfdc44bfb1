"""A record that an operator mended counts in place of what came, or nothing of it stays; many letters come to what each alone would."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import envelope as cloudevents
from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN
from contracts.customers import CUSTOMER_CHANGED
from hub.consumers.crm_sync import crm_sync
from hub.stream.outcome import Outcome
from hub.stream.slips import pack
from tests.integration.test_engine_repairs import act, feed, letters, names
from tests.integration.test_engine_waits import expired
from tests.support.crm import Words, after, base_data
from tests.support.engine import NOON, Engine, Log
from tests.support.interleaving import before_commit, until_blocked


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


async def effects(engine: Engine) -> list[str]:
    return [row["effect"] for row in await engine.db.fetch("SELECT effect FROM act_effects ORDER BY noted_at, event")]


def won(stage: str) -> str:
    return json.dumps({"occurred_at": after(2), "opportunity": "O1", "stage": stage})


async def refused_win(engine: Engine, dealer: Words) -> dict[str, Any]:
    """A win in a stage that cannot be won, and a move behind it."""
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.opened("O1"), dealer.won("O1", stage="talk"), dealer.lost("O1")])
    (letter,) = await letters(engine)
    assert letter["reason"] == "rejected"
    return letter


async def test_a_body_that_a_rule_refuses_again_leaves_nothing_behind(engine: Engine, log: Log, dealer: Words) -> None:
    letter = await refused_win(engine, dealer)
    before = {table: await engine.rows(table) for table in ("journal", "corrections", "waiting", "outbox", "opportunities")}
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=won("nowhere"))])
    after_it = {table: await engine.rows(table) for table in before}
    after_it["journal"] = [row for row in after_it["journal"] if row["source"] != "/hub/operators/op"]
    assert after_it == before
    assert [row["state"] for row in await letters(engine)] == ["open"]
    assert (await effects(engine))[0].startswith("dead again: rejected: stage: ")


async def test_a_body_mended_twice_is_taken_the_second_time_and_its_key_goes_on(engine: Engine, log: Log, dealer: Words) -> None:
    letter = await refused_win(engine, dealer)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=won("nowhere"))])
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 2, body=won("offer"))])
    assert (await effects(engine))[1] == "taken; 1 behind it went on"
    assert await engine.rows("waiting") == []
    (row,) = await engine.rows("opportunities")
    assert (row["status"], row["wins"]) == ("lost", 1)
    assert await engine.outcomes([dealer.reopened("O1")]) == [Outcome.HANDLED]


async def test_a_mended_record_that_waits_in_vain_is_a_letter_of_its_own_and_holds_nothing_once_given_up(
    engine: Engine, log: Log, dealer: Words
) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.opened("O1"), dealer.won("O1", stage="talk")])
    (letter,) = await letters(engine)
    elsewhere = json.dumps({"occurred_at": after(2), "opportunity": "O1", "stage": "x", "sales_model": "unknown"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=elsewhere)])
    assert await effects(engine) == ["taken; it waits for sales_model unknown"]
    await engine.apply([expired(log, "O1", "sales_model", "unknown")])
    opened = [row for row in await letters(engine) if row["state"] == "open"]
    assert {row["reason"] for row in opened} == {"rejected", "wait_expired"}
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, row["id"], n) for n, row in enumerate(opened, 2)])
    assert await engine.outcomes([dealer.lost("O1"), dealer.reopened("O1")]) == [Outcome.HANDLED, Outcome.HANDLED]
    assert await engine.rows("waiting") == []


async def test_a_record_refused_by_a_rule_after_its_type_became_known_is_a_letter_with_its_event(
    engine: Engine, log: Log, dealer: Words
) -> None:
    headers = cloudevents.write(cloudevents.Envelope("x1", "/dealers/ber-001", "hub.customer.changd.v1"))
    body = json.dumps({"occurred_at": after(1), "customer": "C1", "parent": "C1"}).encode()
    await engine.apply([dealer.recorded("C1", "Ada"), log.write("dealer.ber-001.events", body, key="C1", headers=headers)])
    (letter,) = await letters(engine)
    assert (letter["reason"], letter["event"]) == ("unknown_type", None)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, type="hub.customer.changed.v1")])
    assert [(row["state"], row["reason"]) for row in await letters(engine)] == [("open", "unknown_type")]
    mended = json.dumps({"occurred_at": after(1), "customer": "C1", "parent": "C2"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 2, type="hub.customer.changed.v1", body=mended)])
    (row,) = await engine.rows("customers")
    assert (row["name"], row["parent"]) == ("Ada", "C2")
    assert await feed(engine) == ["held", "taken"]


async def test_an_id_that_was_used_otherwise_is_not_taken_by_another_type(engine: Engine, log: Log, dealer: Words) -> None:
    headers = cloudevents.write(cloudevents.Envelope("e1", "/dealers/ber-001", "hub.customer.changd.v1"))
    body = json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Bea"}).encode()
    await engine.apply([dealer.recorded("C1", "Ada"), log.write("dealer.ber-001.events", body, key="C1", headers=headers)])
    (letter,) = await letters(engine)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, type="hub.customer.changed.v1")])
    assert [(row["state"], row["reason"]) for row in await letters(engine)] == [("open", "unknown_type")]
    assert (await effects(engine))[0].startswith("dead again: id_reuse")


async def test_a_record_under_another_key_is_taken_under_the_key_that_it_was_mended_to(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": "Bea"}, 1, key="C9")])
    (letter,) = await letters(engine)
    assert (letter["reason"], letter["key"]) == ("key_mismatch", "C9")
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, key="C1")])
    assert await names(engine) == {"C1": "Bea"}
    assert await effects(engine) == ["taken"]


async def test_what_is_mended_to_a_key_with_a_dead_letter_waits_behind_that(engine: Engine, log: Log, dealer: Words) -> None:
    bad = {"customer": "C1", "name": 7}
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, bad, 1)])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": "Bea"}, 2, key="C9")])
    first, second = await letters(engine)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, second["id"], 1, key="C1")])
    assert await effects(engine) == ["taken; it waits behind another dead letter of its key"]
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, first["id"], 2)])
    assert await names(engine) == {"C1": "Bea"}


async def test_what_was_in_doubt_of_a_journalled_record_is_its_body_alone(engine: Engine, log: Log, dealer: Words) -> None:
    letter = await refused_win(engine, dealer)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, key="O2", type="hub.opportunity.lost.v1", body=won("offer"))])
    (row,) = await engine.rows("opportunities")
    assert (row["ref"], row["status"], row["wins"]) == ("O1", "lost", 1)


async def test_two_operators_at_once_are_told_who_was_first(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    (letter,) = await letters(engine)
    bodies = [json.dumps({"occurred_at": after(1), "customer": "C1", "name": name}) for name in ("Bea", "Cleo")]
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], n, body=body) for n, body in enumerate(bodies)])
    assert await names(engine) == {"C1": "Bea"}
    assert await feed(engine) == ["held", "taken"]
    assert sorted(await effects(engine)) == ["already dealt with", "taken"]


async def test_many_letters_at_once_come_to_what_each_alone_would(engine: Engine, log: Log, dealer: Words) -> None:
    """Some are good by now, some are still bad, and each holds back two more of its key."""
    many = 40
    for n in range(many):
        await engine.apply([dealer.recorded(f"C{n}", "Ada")])
    bad = [dealer.say(CUSTOMER_CHANGED, {"customer": f"C{n}", "name": 7, "parent": f"C{n}"}, 1) for n in range(0, many, 2)]
    refused = [dealer.say(CUSTOMER_CHANGED, {"customer": f"C{n}", "parent": f"C{n}"}, 1) for n in range(1, many, 2)]
    behind = [dealer.changed(f"C{n}", 2 + m, phone=str(m)) for m in (0, 1) for n in range(many)]
    await engine.apply([*bad, *refused, *behind])
    found = await letters(engine)
    assert len(found) == many
    assert len(await engine.rows("waiting")) == 2 * many
    discarded = [act(log, DEAD_LETTER_DISCARDED, row["id"], n) for n, row in enumerate(found) if row["reason"] == "rejected"]
    redriven = [act(log, DEAD_LETTER_REDRIVEN, row["id"], many + n) for n, row in enumerate(found)]
    await engine.apply([*discarded, *redriven])
    phones = {row["ref"]: row["phone"] for row in await engine.rows("customers")}
    assert phones == {f"C{n}": "1" if n % 2 else None for n in range(many)}
    assert len(await engine.rows("waiting")) == many
    told = await effects(engine)
    assert told.count("given up; 2 behind it went on") == told.count("already dealt with") == many // 2
    assert sum(effect.startswith("dead again: schema: name") for effect in told) == many // 2


async def test_one_of_many_held_records_that_is_refused_holds_back_those_after_it(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    sound, selfish = dealer.changed("C1", 2, phone="2"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "parent": "C1"}, 3)
    await engine.apply([sound, selfish, dealer.changed("C1", 4, phone="4")])
    first = (await letters(engine))[0]
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, first["id"], 1)])
    assert [row["phone"] for row in await engine.rows("customers")] == ["2"]
    assert [row["hold"] for row in await engine.rows("waiting")] == ["operator"]
    second = next(row for row in await letters(engine) if row["state"] == "open")
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, second["id"], 2)])
    assert [row["phone"] for row in await engine.rows("customers")] == ["4"]


@pytest.mark.parametrize("who_is_first", ["the record", "the operator"])
async def test_a_record_that_comes_while_its_letter_is_closed_is_not_left_waiting(
    engine: Engine, log: Log, dealer: Words, who_is_first: str
) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    (letter,) = await letters(engine)
    async with Engine(engine.url, crm_sync, owner="other lane") as other:
        record, discarded = dealer.changed("C1", 2, phone="2"), act(log, DEAD_LETTER_DISCARDED, letter["id"], 1)
        await other.claim([("hub.acts", 0)])
        await engine.claim([("dealer.ber-001.events", 0)])
        lanes = {"the record": (engine, record), "the operator": (other, discarded)}
        (first, its), (second, theirs) = sorted(lanes.values(), key=lambda lane: lane is not lanes[who_is_first])
        stop = before_commit(first)
        running = asyncio.create_task(first.apply([its]))
        await stop.reached.wait()
        following = asyncio.create_task(second.apply([theirs]))
        await until_blocked(second)
        stop.go.set()
        await asyncio.gather(running, following)
    assert [row["phone"] for row in await engine.rows("customers")] == ["2"]
    assert await engine.rows("waiting") == []


async def test_what_was_mended_is_kept_in_the_journal_under_the_letter_s_id(engine: Engine, log: Log, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    (letter,) = await letters(engine)
    mended = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Bea"})
    changes = [{"path": "name", "before": "7", "after": '"Bea"'}]
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=mended, changes=changes)])
    kept = await engine.db.fetchval("SELECT count(*) FROM journal WHERE ref = $1 AND store = '' AND principal = 'hub'", str(letter["id"]))
    assert kept == 1


async def test_of_two_letters_the_first_is_taken_and_what_is_between_them_goes_on(engine: Engine, log: Log, dealer: Words) -> None:
    bad = {"customer": "C1", "name": 7}
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, bad, 1), dealer.changed("C1", 2, phone="2")])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, bad, 3), dealer.changed("C1", 4, phone="4")])
    first, second = await letters(engine)
    selfish = json.dumps({"occurred_at": after(1), "customer": "C1", "parent": "C1"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, first["id"], 1, body=selfish)])
    assert {row["id"] for row in await letters(engine)} == {first["id"], second["id"]}
    assert (await effects(engine))[0].startswith("dead again: rejected: parent")
    mended = json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Bea"})
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, first["id"], 2, body=mended)])
    assert (await effects(engine))[1] == "taken; 1 behind it went on"
    assert [(row["name"], row["phone"]) for row in await engine.rows("customers")] == [("Bea", "2")]
    assert len(await engine.rows("waiting")) == 1


async def test_what_became_a_letter_of_its_own_is_not_taken_for_a_record_read_again(engine: Engine, log: Log, dealer: Words) -> None:
    """Redriven once its type was known, a rule refused it: its first letter is closed, and stands at the same place."""
    headers = cloudevents.write(cloudevents.Envelope("x1", "/dealers/ber-001", "hub.customer.changd.v1"))
    body = json.dumps({"occurred_at": after(1), "customer": "C1", "parent": "C1"}).encode()
    await engine.apply([dealer.recorded("C1", "Ada"), log.write("dealer.ber-001.events", body, key="C1", headers=headers)])
    (first,) = await letters(engine)
    known = cloudevents.write(cloudevents.Envelope("x1", "/dealers/ber-001", CUSTOMER_CHANGED.wire))
    await engine.db.execute("UPDATE dead_letters SET headers = $1", pack(known))
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, first["id"], 1)])
    (second,) = [row for row in await letters(engine) if row["state"] == "open"]
    assert (second["reason"], second["id"] == first["id"]) == ("rejected", False)
    assert (await effects(engine))[0].startswith(f"dead again, dead letter {str(second['id'])[:8]} now: rejected: parent")
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, second["id"], 2, body='{"customer": 7}')])
    assert [row["state"] for row in await letters(engine) if row["id"] == second["id"]] == ["open"]
    assert (await effects(engine))[1].startswith("dead again: schema")
