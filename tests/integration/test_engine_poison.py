"""A bad record is a dead letter with its reason, holds its own key only, and everything else goes on."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest

from contracts import catalogue
from contracts import envelope as cloudevents
from contracts.acts import DEAD_LETTER_DISCARDED, WAIT_RELEASED
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from contracts.topics import OEM_CRM
from hub.consumers.crm_sync import crm_sync
from hub.rules import customers as customer_rules
from hub.rules.decision import Change
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words, after, base_data
from tests.support.engine import NOON, Engine, Log

HANDLED, HELD, DEAD = Outcome.HANDLED, Outcome.HELD, Outcome.DEAD
TOPIC = "dealer.ber-001.events"
GOOD = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Ada"}).encode()
HEADERS = cloudevents.write(cloudevents.Envelope("e1", "/dealers/ber-001", CUSTOMER_RECORDED.wire))


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync, max_record_bytes=10_000) as engine:
        yield engine


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


def header(name: str, value: bytes | None) -> list[tuple[str, bytes | None]]:
    return [*((n, v) for n, v in HEADERS if n != name), (name, value)]


def body(**fields: Any) -> bytes:
    return json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Ada", **fields}).encode()


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "null value": ("envelope", {"value": None}),
    "empty value": ("schema", {"value": b""}),
    "no JSON": ("schema", {"value": b"{nope"}),
    "UTF-16": ("schema", {"value": GOOD.decode().encode("utf-16")}),
    "NUL in a text": ("schema", {"value": body(note="a\0b")}),
    "lone surrogate": ("schema", {"value": body(note="\ud800")}),
    "an integer of 65 bits": ("schema", {"value": body(employees=2**63)}),
    "an integer of 5,000 digits": ("schema", {"value": body(employees=1).replace(b": 1}", b": " + b"9" * 5_000 + b"}")}),
    "the same in a field nobody knows": ("schema", {"value": body(strange=1).replace(b": 1}", b": " + b"9" * 5_000 + b"}")}),
    "the year 9999": ("schema", {"value": body(occurred_at="9999-12-31T23:59:59Z")}),
    "NaN": ("schema", {"value": body(employees=float("nan"))}),
    "a depth of 100": ("schema", {"value": body(note=None).replace(b"null", b"[" * 100 + b"]" * 100)}),
    "a key named twice": ("schema", {"value": GOOD[:-1] + b', "name": "Eve"}'}),
    "another key": ("key_mismatch", {"key": "C2"}),
    "no key": ("key_mismatch", {"key": None}),
    "a key that is not UTF-8": ("key_mismatch", {"key": b"\xff\xfe"}),
    "another dealer's source": ("principal_mismatch", {"headers": header("ce_source", b"/dealers/muc-002")}),
    "the OEM's source": ("principal_mismatch", {"headers": header("ce_source", b"/oem")}),
    "what this topic does not carry": ("wrong_topic", {"headers": header("ce_type", b"hub.sales_model.recorded.v1")}),
    "a type nobody knows": ("unknown_type", {"headers": header("ce_type", b"com.example.thing")}),
    "an hour ahead of the broker": ("from_the_future", {"value": body(occurred_at=after(1)), "at": NOON}),
    "too many bytes": ("too_large", {"value": body(note="x" * 9_990)}),
    "no headers": ("envelope", {"headers": []}),
    "10,000 headers": ("envelope", {"headers": [*HEADERS, *(("x", b"1") for _ in range(10_000))]}),
    "an id that is not UTF-8": ("envelope", {"headers": header("ce_id", b"\xff")}),
    "an id without a value": ("envelope", {"headers": header("ce_id", None)}),
    "an id twice": ("envelope", {"headers": [*HEADERS, ("ce_id", b"e2")]}),
}


def write(log: Log, **how: Any) -> Stored:
    return log.write(TOPIC, how.pop("value", GOOD), key=how.pop("key", "C1"), headers=how.pop("headers", HEADERS), **how)


async def test_every_bad_record_is_a_dead_letter_with_its_reason_and_its_bytes(engine: Engine) -> None:
    log = Log()
    records = [write(log, **how) for _, how in BAD.values()]
    applied = await engine.apply(records)
    assert set(applied.outcomes.values()) == {DEAD}
    letters = {row["offset"]: row for row in await engine.rows("dead_letters")}
    for offset, (what, (reason, _)) in enumerate(BAD.items()):
        letter = letters[offset]
        assert (letter["reason"], letter["value"], bool(letter["faults"])) == (reason, records[offset].value, True), what
    assert await engine.rows("journal") == []


JUNK: dict[str, list[tuple[str, bytes | None]]] = {
    "a header without a value": [("trace", None)],
    "a header that is not UTF-8": [("trace", b"\xff\xfe")],
    "reply_to": [("reply_to", b"hub.acts"), ("correlation_id", b"\xff")],
    "ninety more": [(f"x-{n}", b"1") for n in range(90)],
    "an extension without a value": [("ce_traceparent", None)],
}


async def test_junk_in_headers_costs_nobody_its_record(engine: Engine, dealer: Words) -> None:
    records = []
    for n, junk in enumerate(JUNK.values()):
        good = dealer.recorded(f"C{n}", "Ada")
        records.append(good._replace(headers=[*good.headers, *junk]))
    assert await engine.outcomes(records) == [HANDLED] * len(JUNK)


async def test_ids_of_any_form_are_read(engine: Engine, dealer: Words) -> None:
    ids = ["1", "ab cd ef 01 2", "            ", "0" * 500, "é" * 200, "12-34", "\U0001f697", "١٢٣٤٥٦٧٨٩٠١٢", "ab  cd"]
    records = [dealer.recorded(f"C{n}", "Ada", id=name) for n, name in enumerate(ids)]
    assert await engine.outcomes(records) == [HANDLED] * len(ids)


@pytest.mark.parametrize("where", [0, 250, 499])
async def test_one_bad_record_of_500_is_alone_dead(engine: Engine, dealer: Words, where: int) -> None:
    records = [dealer.recorded(f"C{n}", "Ada") for n in range(500)]
    records[where] = records[where]._replace(value=b"{nope")
    outcomes = await engine.outcomes(records)
    assert [n for n, outcome in enumerate(outcomes) if outcome is DEAD] == [where]
    assert outcomes.count(HANDLED) == len(await engine.rows("customers")) == 499


async def test_a_refused_record_costs_its_batch_no_transaction(engine: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin() -> None:
        raise AssertionError("a transaction is begun")

    await engine.claim([(TOPIC, 0)])
    monkeypatch.setattr(engine.db, "transaction", begin)
    records = [dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Eve")._replace(value=b"{nope"), dealer.recorded("C3", "Ida")]
    assert await engine.outcomes(records) == [HANDLED, DEAD, HANDLED]
    assert len(await engine.rows("dead_letters")) == 1
    assert len(await engine.rows("customers")) == 2


async def test_a_batch_of_nothing_but_poison_is_all_dead_and_moves_on(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded(f"C{n}", "Ada")._replace(value=b"{nope") for n in range(500)]
    applied = await engine.apply(records)
    assert set(applied.outcomes.values()) == {DEAD}
    assert applied.next_offsets[TOPIC, 0] == 500
    assert applied.reasons == {"schema": 500}


@pytest.mark.parametrize("kind", ["numeric", "text", "surrogate", "numeric in JSON"])
@pytest.mark.parametrize("where", [0, 27, 59])
async def test_what_only_the_database_refuses_is_found_and_is_alone_dead(
    database: str, dealer: Words, kind: str, where: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loosen(monkeypatch)
    async with Engine(database, crm_sync) as engine:
        records = [dealer.recorded(f"C{n}", kind if n == where else "Ada") for n in range(60)]
        outcomes = await engine.outcomes(records)
        assert [n for n, outcome in enumerate(outcomes) if outcome is not HANDLED] == [where]
        [letter] = await engine.rows("dead_letters")
        assert (letter["reason"], letter["offset"], letter["key"]) == ("database_refused", where, f"C{where}")
        assert len(await engine.rows("customers")) == len(await engine.rows("journal")) == len(await engine.rows("outbox")) - 1 == 59
        assert await engine.outcomes([dealer.changed(f"C{where}"), dealer.changed("C1" if where != 1 else "C2")]) == [HELD, HANDLED]


async def test_of_an_integer_that_the_database_cannot_hold_the_letter_names_the_field(
    database: str, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    loosen(monkeypatch)
    async with Engine(database, crm_sync) as engine:
        assert await engine.outcomes([dealer.recorded("C1", "numeric in JSON")]) == [DEAD]
        [letter] = await engine.rows("dead_letters")
        assert letter["faults"] == [["(body)", "values that the database can hold (segments: 64 bits)"]]


async def test_what_is_no_json_at_all_is_the_rules_fault_and_no_records(
    database: str, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    loosen(monkeypatch)
    async with Engine(database, crm_sync) as engine:
        with pytest.raises(TypeError):
            await engine.apply([dealer.recorded("C1", "no JSON")])
        assert await engine.rows("dead_letters") == []


async def test_what_comes_after_a_refused_record_of_its_key_in_the_same_batch_is_held(
    database: str, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    loosen(monkeypatch)
    async with Engine(database, crm_sync) as engine:
        records = [dealer.recorded("C1", "Ada"), dealer.recorded("C1", "text", 1), dealer.changed("C1", 2), dealer.recorded("C2", "Bob")]
        assert await engine.outcomes(records) == [HANDLED, DEAD, HELD, HANDLED]


def loosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that lets through what PostgreSQL refuses, as it would be were a contract loosened."""
    spoiled: dict[str, dict[str, Any]] = {
        "numeric": {"employees": 2**70},
        "numeric in JSON": {"segments": [2**70]},
        "no JSON": {"segments": [object()]},
        "text": {"note": "a\0b"},
        "surrogate": {"note": "\ud800"},
    }

    def recorded(state: Any, event: Any, facts: Any) -> Any:
        decision = customer_rules.recorded(state, event, facts)
        return Change(decision.state._replace(**spoiled.get(event.name, {}))) if isinstance(decision, Change) else decision

    rules = crm_sync.stores["customers"].rules
    assert isinstance(rules, dict)
    monkeypatch.setitem(rules, CUSTOMER_RECORDED, recorded)


async def test_records_behind_a_dead_letter_wait_in_the_order_of_their_arrival_and_other_keys_go_on(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.changed("C1")._replace(value=b"{nope")])
    behind = [dealer.changed("C1", 5), dealer.changed("C1", 3), dealer.recorded("C2", "Bob"), dealer.recorded("C1", "Eve", 6)]
    assert await engine.outcomes(behind) == [HELD, HELD, HANDLED, HELD]
    waiting = await engine.db.fetch('SELECT hold, ref, "offset" FROM waiting ORDER BY "offset"')
    assert [tuple(row) for row in waiting] == [("operator", "C1", 2), ("operator", "C1", 3), ("operator", "C1", 5)]
    assert [(row["name"], row["phone"]) for row in await engine.rows("customers")] == [("Ada", None), ("Bob", None)]


async def test_a_dead_letter_holds_nothing_back_of_the_same_key_of_another_dealer(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada")._replace(value=b"{nope")])
    assert await engine.outcomes([Words(dealer.log, "muc-002").recorded("C1", "Eve")]) == [HANDLED]


async def test_what_came_before_a_dead_letter_in_its_batch_is_not_held(engine: Engine, dealer: Words) -> None:
    records = [dealer.recorded("C1", "Ada"), dealer.changed("C1", 1)._replace(value=b"{nope"), dealer.changed("C1", 2)]
    assert await engine.outcomes(records) == [HANDLED, DEAD, HELD]
    assert await engine.outcomes([dealer.changed("C1", 3)]) == [HELD]


async def test_a_re_used_id_and_a_worse_record_after_it_both_count_as_the_first_dead_of_their_key(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C9", "Ada", id="used")])
    records = [dealer.recorded("C1", "Eve", id="used"), dealer.changed("C1", 2), dealer.changed("C1", 3)._replace(value=b"{nope")]
    assert await engine.outcomes(records) == [DEAD, HELD, DEAD]


async def test_what_lies_between_two_dead_records_of_its_key_is_held(engine: Engine, dealer: Words) -> None:
    poison = [dealer.recorded("C1", "Ada")._replace(value=b"{nope"), dealer.changed("C1"), dealer.changed("C1", 2)._replace(value=b"{nope")]
    assert await engine.outcomes(poison) == [DEAD, HELD, DEAD]


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_a_whole_snapshot_with_a_revision_passes_a_dead_letter(engine: Engine, dealer: Words, is_one_batch: bool) -> None:
    records = [
        dealer.recorded("C1", "Ada", revision=1),
        dealer.changed("C1", 1, revision=2)._replace(value=b"{nope"),
        dealer.recorded("C1", "Eve", 2, revision=3),
        dealer.recorded("C1", "without a revision", 3),
    ]
    batches = [records] if is_one_batch else [records[:2], records[2:]]
    assert [o for batch in batches for o in await engine.outcomes(batch)] == [HANDLED, DEAD, HANDLED, HELD]
    assert [row["name"] for row in await engine.rows("customers")] == ["Eve"]


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_of_two_refused_records_of_a_key_the_first_is_dead_and_the_second_held(
    engine: Engine, dealer: Words, is_one_batch: bool
) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    records = [dealer.opened("O1"), dealer.won("O1", 1, stage="talk"), dealer.won("O1", 2, stage="talk"), dealer.lost("O1", 3)]
    batches = [records] if is_one_batch else [[record] for record in records]
    assert [o for batch in batches for o in await engine.outcomes(batch)] == [HANDLED, DEAD, HELD, HELD]
    assert [row["offset"] for row in await engine.rows("dead_letters")] == [1]
    assert sorted(row["offset"] for row in await engine.rows("waiting")) == [2, 3]
    assert [row["status"] for row in await engine.rows("opportunities")] == ["open"]


async def test_a_version_from_the_future_waits_for_a_process_that_knows_it(
    database: str, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = dealer.recorded("C1", "Ada", id="ahead", version=2)
    async with Engine(database, crm_sync) as old:
        assert await old.outcomes([ahead, dealer.changed("C1", 1)]) == [Outcome.WAITING, Outcome.WAITING]
        assert sorted(row["hold"] for row in await old.rows("waiting")) == ["news", "version"]
        assert (await old.batch.release_newer(old.db)).outcomes == {}
    monkeypatch.setitem(catalogue._BY_WIRE, "hub.customer.recorded.v2", (CUSTOMER_RECORDED, 1))
    async with Engine(database, crm_sync, owner="newer") as new:
        released = await new.batch.release_newer(new.db)
        assert released.outcomes == {(TOPIC, 0, 0): HANDLED}
        assert await new.rows("waiting") == []
        assert [(row["name"], row["phone"]) for row in await new.rows("customers")] == [("Ada", "1")]


@pytest.mark.parametrize("by_whom", ["a newer process", "an operator"])
async def test_an_act_from_the_future_is_carried_out_once_it_is_known(
    engine: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch, by_whom: str
) -> None:
    def act(lineage: Lineage[Any], number: int, **fields: str) -> Stored:
        fields |= {"consumer": "crm-sync", "who": "op", "why": "a slip"}
        version = 2 if lineage is DEAD_LETTER_DISCARDED else 1
        return dealer.say(lineage, fields, number, topic="hub.acts", source="/hub/operators/op", version=version)

    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "phone": 7}, 1)])
    (letter,) = await engine.rows("dead_letters")
    assert await engine.outcomes([act(DEAD_LETTER_DISCARDED, 2, letter=str(letter["id"]))]) == [Outcome.WAITING]
    (wait,) = await engine.rows("waiting")
    monkeypatch.setitem(catalogue._BY_WIRE, "hub.dead_letter.discarded.v2", (DEAD_LETTER_DISCARDED, 1))
    if by_whom == "an operator":
        await engine.apply([act(WAIT_RELEASED, 3, wait=str(wait["id"]))])
    else:
        await engine.batch.release_newer(engine.db)
    assert [row["state"] for row in await engine.rows("dead_letters")] == ["discarded"]


async def test_what_waits_for_a_newer_process_keeps_nobody_from_claiming_where_it_fails(
    engine: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await engine.outcomes([dealer.recorded("C1", "Ada", version=2)]) == [Outcome.WAITING]
    monkeypatch.setitem(catalogue._BY_WIRE, "hub.customer.recorded.v2", (CUSTOMER_RECORDED, 1))
    monkeypatch.setattr(engine.batch._work, "do", AsyncMock(side_effect=ZeroDivisionError))
    assert (await engine.batch.release_newer(engine.db)).outcomes == {}
    assert [row["hold"] for row in await engine.rows("waiting")] == ["version"]


async def test_a_version_from_the_future_that_means_nothing_here_is_ignored(engine: Engine) -> None:
    log = Log()
    headers = cloudevents.write(cloudevents.Envelope("e1", "/oem/x", "hub.customer.updated.v9"))
    records = [log.write(OEM_CRM.name, b"{}", key="C1", headers=headers)]
    assert await engine.outcomes(records) == [Outcome.IGNORED]


async def test_timestamps_that_no_clock_shows_do_not_stop_the_answer(engine: Engine) -> None:
    log = Log()
    records = [write(log, value=b"{nope")._replace(timestamp=timestamp) for timestamp in (-1, 0, 2**62, 253_402_300_800_000)]
    assert await engine.outcomes(records) == [DEAD] * 4
    assert len(await engine.rows("outbox")) == 4


async def test_a_moment_up_to_ten_minutes_ahead_of_the_broker_is_taken(engine: Engine) -> None:
    log = Log()
    within = write(log, at=NOON - timedelta(minutes=10))
    beyond = write(log, at=NOON - timedelta(minutes=10, seconds=1), headers=header("ce_id", b"e2"))
    assert await engine.outcomes([within, beyond]) == [HANDLED, DEAD]
