"""Shipments and charges through the engine: papers meet the carrier's news, bills are split, the ledger only grows."""

import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from hub.cli import freight as freight_words
from hub.cli import freight_books  # noqa: F401 - its words are among those of freight
from hub.cli import shipments as shipment_words
from hub.consumers.freight import freight
from hub.consumers.shipments import shipments
from hub.errors import InputError
from hub.stream.outcome import Outcome
from tests.support.carrying import Voices
from tests.support.charging import at
from tests.support.engine import Engine, Log
from tests.support.recalls import Ear

FREIGHT, FUEL = 15_200, 1_938
APPS = {"freight": freight_words.app, "shipments": shipment_words.app}


@pytest.fixture
def voices() -> Voices:
    return Voices(Log())


@pytest.fixture
async def charging(database: str, voices: Voices) -> AsyncIterator[Engine]:
    voices.lay()
    async with Engine(database, freight) as engine:
        await engine.lay(voices.log)
        await engine.db.execute("DELETE FROM outbox")
        yield engine


@pytest.fixture
async def tracking(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, shipments) as engine:
        yield engine


async def heard(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    """All that was said: topic, key, body."""
    return [(row["topic"], row["key"], json.loads(row["body"])) for row in await engine.rows("outbox")]


async def ledger(engine: Engine, ref: str | None = None) -> dict[str, int]:
    """What stands on each account, of one consignment or of all."""
    total: dict[str, int] = defaultdict(int)
    for row in await engine.rows("entries"):
        if ref in (None, row["ref"]):
            total[row["account"]] += row["minor"]
    return {account: minor for account, minor in sorted(total.items()) if minor}


async def test_the_erps_advice_and_the_carriers_news_meet_in_one_shipment(tracking: Engine, voices: Voices) -> None:
    records = [voices.reported("RT-1", "collected"), voices.despatched("RT-1"), voices.reported("RT-1", "at_hub", 5)]
    assert await tracking.outcomes(records) == [Outcome.HANDLED] * 3
    (row,) = await tracking.rows("shipments")
    assert (row["principal"], row["ref"], row["status"]) == ("carrier:rhein-trans", "RT-1", "at_hub")
    assert row["orders"] == ["ber-01/O-1#1"]
    assert [(topic, key) for topic, key, _ in await heard(tracking)] == [
        ("hub.shipments", "rhein-trans/RT-1"),
        ("dealer.ber-01.feed", "rhein-trans/RT-1"),
    ]


async def test_a_status_taken_back_by_a_correction_moves_the_shipment_back(tracking: Engine, voices: Voices) -> None:
    await tracking.apply([voices.despatched("RT-1"), voices.reported("RT-1", "delivered", 5, id="wrong")])
    await tracking.apply([voices.reported("RT-1", "at_hub", 5, corrects="wrong"), voices.reported("RT-1", "booked", 1)])
    (row,) = await tracking.rows("shipments")
    assert (row["status"], row["delivered_at"]) == ("at_hub", None)


async def test_of_positions_only_the_newest_is_kept(tracking: Engine, voices: Voices) -> None:
    await tracking.apply([voices.positioned("RT-1", hour, 48_000_000 + hour) for hour in (1, 3, 2)])
    (row,) = await tracking.rows("shipment_positions")
    assert row["latitude_micro"] == 48_000_003
    assert await tracking.rows("journal") == []


async def test_a_bill_for_many_shipments_is_split_and_each_is_audited_by_itself(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1"), voices.despatched("RT-2"), voices.despatched("RT-3")])
    bill = voices.billed(
        *(("RT-1", "freight", FREIGHT), ("RT-1", "fuel", FUEL), ("RT-2", "freight", 16_000)),
        *(("RT-2", "fuel", FUEL), ("RT-9", "freight", 5_000)),
    )
    assert await charging.outcomes([bill]) == [Outcome.HANDLED]
    rows = {row["ref"]: (row["status"], row["disputed_minor"]) for row in await charging.rows("freight_charges")}
    assert rows == {"RT-1": ("passed", 0), "RT-2": ("disputed", 800), "RT-3": ("expected", 0), "RT-9": ("unclear", 0)}
    assert await ledger(charging) == {"accrued": -17_138, "cost": 3 * 17_138, "disputed": 800, "payable": -40_076, "unclear": 5_000}
    assert [(key, body["lines"][0]["reason"]) for topic, key, body in await heard(charging) if topic == "carrier.rhein-trans.requests"] == [
        ("RT-2", "rate")
    ]


async def test_late_news_add_entries_and_change_none(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.billed(("RT-1", "freight", FREIGHT), ("RT-1", "fuel", FUEL), id="bill")])
    first = await charging.rows("entries")
    await charging.apply([voices.despatched("RT-1")])
    second = await charging.rows("entries")
    correction = voices.billed(("RT-1", "freight", FREIGHT - 200), ("RT-1", "fuel", FUEL), invoice="I-1", corrects="bill")
    await charging.apply([correction])
    third = await charging.rows("entries")
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    assert await ledger(charging) == {"cost": 16_938, "payable": -16_938}
    assert len({row["posting"] for row in third}) == 3


async def test_what_is_corrected_away_altogether_is_taken_back(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.billed(("RT-1", "freight", FREIGHT), id="bill")])
    assert await ledger(charging, "RT-1") != {}
    await charging.apply([voices.billed(("RT-2", "freight", FREIGHT), corrects="bill")])
    assert await ledger(charging, "RT-1") == {}
    assert [row["ref"] for row in await charging.rows("freight_charges")] == ["RT-2"]


async def test_the_ledger_is_the_same_whatever_came_first_and_balances_after_every_batch(charging: Engine, voices: Voices) -> None:
    story = [
        voices.despatched("RT-1"),
        voices.reported("RT-1", "in_transit", services=[{"code": "waiting", "quantity": 3}]),
        voices.billed(("RT-1", "freight", 16_000), ("RT-1", "fuel", FUEL), ("RT-2", "freight", FREIGHT), id="bill"),
        voices.billed(("RT-1", "freight", 15_900), ("RT-1", "fuel", FUEL), ("RT-2", "freight", FREIGHT), corrects="bill"),
        voices.billed(("RT-1", "waiting", 6_000), invoice="I-2", hours=50),
        voices.credited(("1", "RT-1", 700)),
        voices.despatched("RT-2", 1),
        voices.billed(("RT-1", "waiting", 6_000), invoice="I-3", hours=55),
    ]
    by_topic: dict[str, list[Any]] = defaultdict(list)
    for record in story:
        by_topic[record.topic].append(record)
    chance = Random(20_260_302)
    while any(by_topic.values()):  # each topic in its own order, the topics in any
        topic = chance.choice([name for name, left in by_topic.items() if left])
        await charging.apply([by_topic[topic].pop(0)])
        assert sum((await ledger(charging)).values()) == 0
    assert await ledger(charging, "RT-1") == {"cost": 23_138, "disputed": 6_000, "payable": -29_138}
    assert await ledger(charging, "RT-2") == {"accrued": -FUEL, "cost": 17_138, "payable": -FREIGHT}


async def test_the_table_itself_refuses_to_forget_and_to_be_out_of_balance(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1")])
    for statement in ("UPDATE entries SET minor = 0", "DELETE FROM entries", "TRUNCATE entries"):
        with pytest.raises(asyncpg.CheckViolationError, match="only added"):
            await charging.db.execute(statement)
    lopsided = (
        "INSERT INTO entries (store, principal, ref, posting, account, currency, minor, because, occurred_at)"
        " VALUES ('freight_charges', 'carrier:x', 'y', gen_random_uuid(), 'cost', 'EUR', 1, gen_random_uuid(), now())"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="adds up to nothing"):
        await charging.db.execute(lopsided)


async def test_bills_of_the_past_are_booked_and_disputed_with_nobody(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1", historical=True), voices.billed(("RT-1", "freight", 16_000), historical=True)])
    assert (await ledger(charging))["disputed"] == 800
    assert await heard(charging) == []


async def test_a_bill_that_does_not_add_up_is_disputed_as_a_whole_once(charging: Engine, voices: Voices) -> None:
    bill = voices.billed(("RT-1", "freight", FREIGHT), net=FREIGHT + 1)
    await charging.apply([bill, voices.billed(("RT-1", "freight", FREIGHT), net=FREIGHT + 1, hours=50)])
    said = [
        (key, body["net_minor"], body["lines_minor"]) for topic, key, body in await heard(charging) if "requests" in topic and key == "I-1"
    ]
    assert said == [("I-1", FREIGHT + 1, FREIGHT)]
    assert [row["tellings"] for row in await charging.rows("freight_invoices")] == [2]
    await charging.apply([voices.billed(("RT-2", "freight", FREIGHT), net=FREIGHT - 2, invoice="I-2")])
    found = [(one["reason"], one["lines"], one["disputed_minor"]) for one in json.loads(typed(charging, "freight", "errors", "--json"))]
    assert found == [("duplicate_invoice", 1, FREIGHT), ("total", 2, 3)]


async def test_a_dispute_is_given_up_by_an_operators_act(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1"), voices.billed(("RT-1", "freight", 16_000), ("RT-1", "fuel", FUEL))])
    foretold = typed(charging, "freight", "concede", "RT-1", "I-1", "--dry-run")
    assert "8.00 EUR of RT-1 on I-1 (rate) would be paid to rhein-trans." in foretold
    await charging.apply([voices.conceded("RT-1")])
    assert await ledger(charging) == {"cost": 17_938, "payable": -17_938}
    with pytest.raises(InputError, match="INVOICE: expected one of which something is disputed for RT-1"):
        typed(charging, "freight", "concede", "RT-1", "I-1", "--dry-run")


async def test_a_bill_that_nobody_can_explain_in_time_is_disputed_until_a_late_advice_explains_it(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.billed(("RT-1", "freight", FREIGHT), ("RT-1", "fuel", FUEL))])
    await Ear(voices.log).hear(charging.db, at(48 + 7 * 24))
    await charging.apply(voices.log.records["hub.timers", 0])
    assert await ledger(charging) == {"disputed": 17_138, "payable": -17_138}
    await charging.apply([voices.despatched("RT-1")])
    assert await ledger(charging) == {"cost": 17_138, "payable": -17_138}
    said = [body.get("disputed_minor", "withdrawn") for topic, _, body in await heard(charging) if "requests" in topic]
    assert said == [17_138, "withdrawn"]


async def test_a_carrier_cannot_bill_another_carriers_consignment(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1")])
    other = Voices(voices.log, "other-trans")
    await charging.apply([other.billed(("RT-1", "freight", FREIGHT))])
    assert [(row["principal"], row["status"]) for row in await charging.rows("freight_charges")] == [("carrier:rhein-trans", "expected")]
    assert [row["principal"] for row in await charging.rows("waiting")] == ["carrier:other-trans"]  # whose terms nobody laid down


async def test_the_words_show_charges_disputes_costs_errors_and_the_ledger(charging: Engine, voices: Voices) -> None:
    assert "No charges yet" in typed(charging, "freight", "charges")
    assert "Nothing is booked yet." in typed(charging, "freight", "ledger")
    await charging.apply([voices.despatched("RT-1"), voices.despatched("RT-2", order="4500200")])
    await charging.apply([voices.billed(("RT-1", "freight", 16_000), ("RT-1", "fuel", FUEL)), voices.answered("RT-1", "granted")])
    await charging.apply([voices.credited(("1", "RT-1", 300))])
    [dispute] = json.loads(typed(charging, "freight", "disputes", "--json"))
    assert (dispute["consignment"], dispute["state"], dispute["reasons"], dispute["disputed_minor"]) == ("RT-1", "granted", ["rate"], 800)
    assert "No disputes match." in typed(charging, "freight", "disputes", "--state", "refused")
    [error] = json.loads(typed(charging, "freight", "errors", "--json"))
    assert (error["reason"], error["lines"], error["disputed_minor"], error["saved_minor"]) == ("rate", 1, 800, 300)
    [lane] = json.loads(typed(charging, "freight", "costs", "--json"))
    assert (lane["carrier"], lane["lane"], lane["shipments"], lane["minor"], lane["weight_g"]) == (
        *("rhein-trans", "berlin-munich", 2),
        *(2 * 17_138, 1_600_000),
    )
    assert "21.42 EUR" in typed(charging, "freight", "costs")  # for 100 kg
    borne = json.loads(typed(charging, "freight", "costs", "--by", "dealer", "--json"))
    assert [(one["bearer"], one["minor"]) for one in borne] == [("ber-01", 17_138), (None, 17_138)]
    assert "disputed" in typed(charging, "freight", "charges", "--carrier", "rhein-trans")
    shown = typed(charging, "freight", "show", "RT-1")
    assert "expected fuel: 19.38 EUR" in shown
    assert "  weight: 800 kg\n  fuel: 12.75 %\n" in shown
    assert "rate" in shown
    assert "ber-01/O-1#1" in shown
    assert "freight.invoiced" in shown
    assert "-176.38 EUR" in typed(charging, "freight", "ledger", "--account", "payable")
    assert "Nothing is booked that fits." in typed(charging, "freight", "ledger", "--consignment", "RT-9")
    of_one = json.loads(typed(charging, "freight", "ledger", "--consignment", "RT-2", "--json"))
    assert {one["account"]: one["minor"] for one in of_one["balances"]} == {"cost": 17_138, "accrued": -17_138}


async def test_what_is_billed_in_another_currency_is_listed_in_that_one(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1")])
    await charging.apply([voices.billed(("RT-1", "freight", 16_000), currency="CHF")])
    assert "0.00 EUR + 160.00 CHF" in typed(charging, "freight", "charges")
    [charge] = json.loads(typed(charging, "freight", "charges", "--json"))
    assert (charge["disputed_minor"], charge["disputed_elsewhere"]) == (0, {"CHF": 16_000})


async def test_the_story_of_a_charge_tells_what_is_expected_and_which_vehicle_bears_it(charging: Engine, voices: Voices) -> None:
    await charging.apply(
        [voices.despatched("RT-1"), voices.reported("RT-1", "delivered", 2, services=[{"code": "waiting", "quantity": 3}])]
    )
    told = typed(charging, "freight", "show", "RT-1")
    assert "expected: 171.38 EUR → 231.38 EUR" in told
    await charging.apply([voices.billed(("RT-2", "freight", FREIGHT)), voices.despatched("RT-2", 50)])
    told = typed(charging, "freight", "show", "RT-2")
    assert "weight: 0 kg → 800 kg" in told
    assert "fuel: nothing → 12.75 %" in told
    assert "hidden" not in told


async def test_the_words_name_what_they_expect(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1"), Voices(voices.log, "other-trans").despatched("RT-1")])
    for words, told in (
        (("freight", "show", "RT-1"), "--carrier: expected whose consignment it is, one of other-trans, rhein-trans"),
        (("freight", "show", "RT-7"), "CONSIGNMENT: expected a reference that the ERP or a carrier told of, got 'RT-7'"),
        (("freight", "charges", "--status", "lost"), "--status: expected one of unadvised"),
        (("freight", "costs", "--by", "colour"), "--by: expected one of lane, order, dealer"),
        (("freight", "ledger", "--account", "cash"), "--account: expected one of cost"),
        (("shipments", "list", "--status", "lost"), "--status: expected one of planned"),
        (("shipments", "list", "--silent", "soon"), "--silent: expected an age"),
    ):
        with pytest.raises(InputError, match=re.escape(told)):
            typed(charging, *words)


async def test_a_ledger_that_does_not_agree_with_the_charges_is_told(charging: Engine, voices: Voices) -> None:
    await charging.apply([voices.despatched("RT-1")])
    await charging.db.execute("UPDATE freight_charges SET balances = '[]'")
    assert "Not in agreement: RT-1 of rhein-trans" in typed(charging, "freight", "ledger", exit_code=1)


async def test_shipments_are_listed_and_shown_with_their_story(tracking: Engine, voices: Voices) -> None:
    assert "No shipments yet" in typed(tracking, "shipments", "list")
    await tracking.apply([voices.despatched("RT-1"), voices.reported("RT-1", "at_hub", 2), voices.positioned("RT-1", 3, 48_000_000)])
    [one] = json.loads(typed(tracking, "shipments", "list", "--order", "ber-01/O-1#1", "--silent", "1h", "--json"))
    assert (one["carrier"], one["consignment"], one["status"]) == ("rhein-trans", "RT-1", "at_hub")
    assert "No shipments match." in typed(tracking, "shipments", "list", "--late")
    shown = typed(tracking, "shipments", "show", "RT-1", "--carrier", "rhein-trans")
    assert "seen at 48.00000, 13.40495" in shown
    assert "status: planned → at_hub" in shown


def typed(engine: Engine, *words: str, exit_code: int = 0) -> str:
    """What a command prints; it has an event loop of its own, which cannot run inside the test's."""
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(CliRunner(env={"HUB_DATABASE_URL": engine.url}).invoke, APPS[words[0]], words[1:]).result()
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result.output
