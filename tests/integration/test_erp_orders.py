"""From a dealer's win to the last receipt, through the engine: asked once, split by order, the same in any order of arrival."""

import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts import orders
from contracts.opportunities import OPPORTUNITY_LOST, OPPORTUNITY_OPENED, OPPORTUNITY_WON
from hub.cli import mount
from hub.consumers.crm_sync import crm_sync
from hub.consumers.erp_orders import erp_orders
from hub.operations.orders import executed, listed
from hub.rules.open_items import OpenItem
from hub.rules.orders.state import Order
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support import ordering
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log
from tests.support.ordering import (
    ORDER,
    OTHER,
    STOCK,
    Said,
    accepted,
    answer,
    call,
    credited,
    despatched,
    eur,
    invoiced,
    paid,
    received,
    reversed_,
    won,
)

RECEIPT = paid(50, "ZE-1", ("RE-1", ORDER, 2_000), ("RE-1", OTHER, 700))
LIFE: list[Said] = [
    won(0),
    won(0, opportunity="O-2"),
    accepted(1, promised="2026-05-20", number="4500123"),
    accepted(1, order=OTHER, quantity=1, document="AB-2"),
    answer(orders.ORDER_SCHEDULED, 2, "LA-1", calls=[call("c1", 1, 2, (40, 44)), call("c2", 2, 1, (64, 68))]),
    answer(orders.ORDER_PROGRESSED, 3, "RM-1", step="assembly", percent=50),
    despatched(30, "LS-1", (ORDER, 2), (OTHER, 1), carrier="nordfracht", consignment="NF-1"),
    received(41, "WE-1", (ORDER, 2), (OTHER, 1)),
    invoiced(42, "RE-1", (ORDER, 2, 2_000), (OTHER, 1, 700)),
    credited(43, "GS-1", "RE-1", (ORDER, 0, 100)),
    RECEIPT,
    reversed_(55, "ZS-1", RECEIPT),
]


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, erp_orders) as engine:
        yield engine


async def heard(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    """What was said since the last asking: topic, type, body."""
    said = [(row["topic"], row["type"], json.loads(row["body"])) for row in await engine.rows("outbox")]
    await engine.db.execute("DELETE FROM outbox")
    return said


async def requests(engine: Engine) -> list[tuple[str, str]]:
    return [(kind, body["order"]) for topic, kind, body in await heard(engine) if topic == "hub.erp.requests"]


@pytest.fixture
async def dealer(database: str) -> AsyncIterator[Engine]:
    log = Log()
    base_data(log)
    async with Engine(database, crm_sync, owner="crm") as crm:
        await crm.lay(log)
        yield crm


def sale(words: Words, opportunity: str, hours: float, **how: Any) -> list[Stored]:
    body = {"opportunity": opportunity, "stage": "offer", "customer": "C-1", "product": "tour-l"}
    return [
        words.say(OPPORTUNITY_OPENED, body, hours, **how),
        words.say(OPPORTUNITY_WON, {"opportunity": opportunity, "stage": "offer", "amount": eur(4_000)}, hours + 1, **how),
    ]


async def test_a_dealers_win_asks_for_one_order_and_its_correction_takes_it_back(dealer: Engine, engine: Engine) -> None:
    words = Words(Log(), "ber-01")
    [opened, won_] = sale(words, "O-1", 0)
    await dealer.apply([opened, won_])
    await engine.apply(await dealer.relay(words.log))
    [(topic, kind, body), *others] = await heard(engine)
    assert (topic, kind) == ("hub.erp.requests", "hub.order.requested.v1")
    assert {name: body[name] for name in ("order", "dealer", "opportunity", "win", "customer", "product", "amount")} == {
        "order": "ber-01/O-1#1",
        "dealer": "ber-01",
        "opportunity": "O-1",
        "win": 1,
        "customer": "C-1",
        "product": "tour-l",
        "amount": eur(4_000),
    }
    assert [(topic, kind, body["status"]) for topic, kind, body in others] == [
        ("hub.orders", "hub.order.updated.v1", "requested"),
        ("dealer.ber-01.feed", "hub.order.updated.v1", "requested"),
    ]
    again = words.say(OPPORTUNITY_WON, {"opportunity": "O-1", "stage": "offer", "amount": eur(5_000)}, 3)
    await dealer.apply([again])
    await engine.apply(await dealer.relay(words.log))
    assert await requests(engine) == []
    mistake = {"opportunity": "O-1", "stage": "offer", "reason": "price", "competitor": "none"}
    for corrects in ("e2", "e3"):  # both said that it was won
        await dealer.apply([words.say(OPPORTUNITY_LOST, mistake, 1, corrects=corrects)])
    await engine.apply(await dealer.relay(words.log))
    assert await requests(engine) == [("hub.order.cancellation_requested.v1", "ber-01/O-1#1")]
    [row] = await engine.rows("orders")
    assert (row["principal"], row["ref"], row["status"]) == ("dealer:ber-01", "O-1#1", "withdrawn")


async def test_historic_wins_ask_nothing(dealer: Engine, engine: Engine) -> None:
    words = Words(Log(), "ber-01")
    await dealer.apply(sale(words, "O-1", 0, historical=True))
    await dealer.apply([words.reopened("O-1", 5)])
    await engine.apply(await dealer.relay(words.log))
    assert (await requests(engine), await engine.rows("orders")) == ([], [])


def as_folded(store: str, rows: list[dict[str, Any]], state: type[Order] | type[OpenItem]) -> dict[tuple[str, str], Any]:
    fields = state._fields
    return {(row["principal"], row["ref"]): state._make(row[field] for field in fields) for row in rows}


@pytest.mark.parametrize(("seed", "most_per_batch"), [(1, 40), (2, 3), (3, 1)])
async def test_the_same_papers_in_any_order_and_batch_come_to_the_same(engine: Engine, seed: int, most_per_batch: int) -> None:
    """Late, repeated (same event and same paper) and reversed news, and advices that take the place of others."""
    rng, log = Random(seed), Log()
    records = write_all(log)
    records += rng.sample(records, 5)
    records += ordering.write(log, rng.sample([one for one in LIFE[2:] if one[1]["document"] != "LS-1"], 4), "again-")
    rng.shuffle(records)
    while records:
        size = rng.randint(1, most_per_batch)
        await engine.apply([one._replace(offset=n) for n, one in renumbered(engine, records[:size])])
        records = records[size:]
    found = as_folded("orders", await engine.rows("orders"), Order)
    said = [one for one in LIFE if one[1].get("document") != "LS-1"] + [REPLACED]
    for ref, key in ((ORDER, ("dealer:ber-01", "O-1#1")), (OTHER, ("dealer:ber-01", "O-2#1")), (STOCK, ("erp", STOCK))):
        wanted = ordering.order_of(said, ref)
        got = found[key]
        assert sorted(got.documents) == sorted(wanted.documents)
        assert got._replace(documents=[]) == wanted._replace(documents=[])
    items = as_folded("open_items", await engine.rows("open_items"), OpenItem)
    for ref in ("invoice/RE-1", "receipt/ZE-1"):
        assert items["erp", ref] == ordering.item_of(said, ref)
    assert items["erp", "invoice/RE-1"].open_minor == 2_600
    assert not await engine.rows("dead_letters")


REPLACED = despatched(31, "LS-2", (ORDER, 1), (STOCK, 2), corrects="e7")


def write_all(log: Log) -> list[Stored]:
    return [*ordering.write(log, LIFE), *ordering.write(log, [REPLACED], "replaced-")]


def renumbered(engine: Engine, records: list[Stored]) -> list[tuple[int, Stored]]:
    """Offsets as they would be had the broker taken the records in this order."""
    counts: dict[str, int] = engine.__dict__.setdefault("_counts", {})
    found = []
    for one in records:
        found.append((counts.get(one.topic, 0), one))
        counts[one.topic] = counts.get(one.topic, 0) + 1
    return found


async def test_a_replaced_advice_no_longer_counts_for_the_orders_that_it_named(engine: Engine) -> None:
    log = Log()
    await engine.apply(ordering.write(log, LIFE[:7]))
    rows = {row["ref"]: row for row in await engine.rows("orders")}
    assert (rows["O-1#1"]["despatched"], rows["O-2#1"]["despatched"]) == (2, 1)
    await engine.apply(ordering.write(log, [REPLACED], "replaced-"))
    rows = {row["ref"]: row for row in await engine.rows("orders")}
    assert {ref: row["despatched"] for ref, row in rows.items()} == {"O-1#1": 1, "O-2#1": 0, STOCK: 2}


async def test_what_the_hub_never_asked_for_is_kept_and_told_to_its_dealer(engine: Engine) -> None:
    await engine.apply(ordering.write(Log(), [accepted(1, order=STOCK, dealer="ber-01", quantity=2)]))
    said = await heard(engine)
    assert [(topic, body["subject"], body["status"]) for topic, _, body in said] == [
        ("hub.orders", STOCK, "accepted"),
        ("dealer.ber-01.feed", STOCK, "accepted"),
    ]


async def test_papers_of_the_past_tell_nobody(engine: Engine) -> None:
    await engine.apply(ordering.write(Log(), [accepted(1, order=STOCK, dealer="ber-01")], historical=True))
    assert await heard(engine) == []
    assert len(await engine.rows("orders")) == 1


async def test_one_bad_line_refuses_the_paper_with_its_path(engine: Engine) -> None:
    lineage, body = invoiced(42, "RE-1", (ORDER, 2, 2_000))
    body["lines"][0]["net"] = "2000"
    assert await engine.outcomes(ordering.write(Log(), [(lineage, body)])) == [Outcome.DEAD]
    [letter] = await engine.rows("dead_letters")
    assert letter["faults"][0] == ["lines.0.net", "a valid integer"]


async def test_a_reversal_without_lines_waits_for_its_receipt_and_is_refused_where_that_had_lines(engine: Engine) -> None:
    bare, log = paid(50, "ZE-2", amount=500), Log()
    nothing_named = [reversed_(55, "ZS-1", (RECEIPT[0], {**RECEIPT[1], "lines": []})), reversed_(55, "ZS-2", bare)]
    assert await engine.outcomes(ordering.write(log, nothing_named)) == [Outcome.WAITING, Outcome.WAITING]
    await engine.apply(ordering.write(log, [RECEIPT, bare], "receipts-"))
    [letter] = await engine.rows("dead_letters")
    assert (letter["reason"], letter["faults"][0]) == ("rejected", ["lines", "those of the receipt"])
    assert not await engine.rows("waiting")
    opens = {row["ref"]: row["open_minor"] for row in await engine.rows("open_items")}
    assert (opens["receipt/ZE-1"], opens["receipt/ZE-2"]) == (0, 0)


async def test_amounts_that_add_up_to_more_than_can_be_held_are_a_dead_letter_and_stop_nobody(engine: Engine) -> None:
    most = 2**63 - 1
    log = Log()
    too_much = paid(50, "ZE-9", *[("RE-1", ORDER, most)] * 3, amount=1)
    said = ordering.write(log, [accepted(1), too_much, invoiced(42, "RE-1", (ORDER, 2, 2_000))])
    assert await engine.outcomes(said) == [Outcome.HANDLED, Outcome.DEAD, Outcome.HANDLED]
    [letter] = await engine.rows("dead_letters")
    assert letter["reason"] == "database_refused"
    [row] = await engine.rows("orders")
    assert (row["invoiced"], row["receipts"]) == (2, [])


async def test_the_feed_carries_no_prices(engine: Engine) -> None:
    await engine.apply(ordering.write(Log(), LIFE))
    for topic, _, body in await heard(engine):
        if topic != "hub.erp.requests":
            assert not {"margin", "cost", "net", "amount", "price"} & body.keys()


async def test_the_customer_is_told_once_of_each_day(engine: Engine) -> None:
    moved = answer(orders.ORDER_CHANGED, 20, "AE-1", lines=[{"line": "10", "quantity": 3}], promised="2026-06-03")
    log = Log()
    for said in ([won(0)], [accepted(1, promised="2026-05-20")], [moved], [moved]):
        await engine.apply(ordering.write(log, said, f"{said[0][1]['occurred_at']}-{len(log.records)}-"))
    rows = {row["template"]: row for row in await engine.rows("deliveries")}
    assert {template: row["fields"]["promised"] for template, row in rows.items()} == {
        "order-dated": "2026-05-20",
        "order-delayed": "2026-06-03",
    }
    row = rows["order-delayed"]
    who = row["principal"], row["person_kind"], row["person"], row["purpose"], row["grantee"], row["nature"]
    assert who == ("dealer:ber-01", "customer", "C-1", "order", "ber-01", "transactional")


@pytest.fixture
async def lived(dealer: Engine, engine: Engine) -> Engine:
    """Two won opportunities of one dealer, and all that the ERP said of them."""
    words = Words(Log(), "ber-01")
    await dealer.apply([*sale(words, "O-1", 0), *sale(words, "O-2", 0)])
    await engine.apply(await dealer.relay(words.log))
    await engine.apply(ordering.write(Log(), LIFE[2:]))
    return engine


async def test_an_opportunitys_execution_is_all_of_its_orders(lived: Engine) -> None:
    found = await executed(lived.url, "ber-01/O-1")
    assert (found.dealer, found.status, found.wins, found.execution.statuses) == ("ber-01", "won", 1, {"partly_delivered": 1})  # type: ignore[union-attr]
    shown = json.loads(typed(lived, "opportunity", "execution", "O-1", "--json"))
    assert shown["execution"]["quantities"] == {"ordered": 3, "confirmed": 3, "despatched": 2, "received": 2, "invoiced": 2, "paid": 0}
    assert shown["execution"]["amounts"] == {"EUR": {"net": 1_900, "margin": 400, "owed": 1_900, "paid": 0, "open": 1_900}}
    text = typed(lived, "opportunity", "execution", "O-1")
    assert "progress 61 %" in text
    for word in ("LS-1", "WE-1", "RE-1", "ZS-1", "NF-1", "assembly"):
        assert word in text


async def test_orders_are_listed_by_state_dealer_and_lateness(lived: Engine) -> None:
    assert [one.ref for one in await listed(lived.url, dealer="ber-01")] == ["O-1#1", "O-2#1"]
    assert await listed(lived.url, dealer="muc-02") == []
    assert [one.ref for one in await listed(lived.url, states=["delivered"])] == ["O-2#1"]
    await lived.db.execute("UPDATE orders SET due_at = now() + interval '1 day' WHERE ref = 'O-1#1'")
    assert "No orders match" in typed(lived, "orders", "list", "--late")
    await lived.db.execute("UPDATE orders SET due_at = now() - interval '1 day' WHERE ref = 'O-1#1'")
    assert [one.ref for one in await listed(lived.url, is_late=True)] == ["O-1#1"]
    assert "expected one of requested, withdrawn" in typed(lived, "orders", "list", "--state", "lost", code=1)


async def test_an_order_is_shown_with_its_story(lived: Engine) -> None:
    text = typed(lived, "orders", "show", ORDER)
    assert "order.accepted" in text
    assert "status: requested → accepted" in text
    story = json.loads(typed(lived, "orders", "show", ORDER, "--json"))["timeline"]
    assert [one["type"] for one in story][:3] == ["opportunity.updated", "order.accepted", "order.scheduled"]
    assert "expected an order that was asked for" in typed(lived, "orders", "show", "4711", code=1)


async def test_windows_are_counted_by_dealer_plant_and_week(lived: Engine) -> None:
    [row] = json.loads(typed(lived, "orders", "windows", "--dealer", "ber-01", "--json"))
    assert (row["dealer"], row["plant"], row["week"]) == ("ber-01", None, "2026-W19")
    assert [row[name] for name in ("met", "early", "late")] == [1, 0, 0]
    assert row["overdue"] + row["ahead"] == 1, "which of them says the clock"
    [row] = json.loads(typed(lived, "orders", "windows", "--until", "2026-05-06", "--json"))
    assert (row["met"], row["overdue"], row["ahead"], row["percent"]) == (1, 0, 0, 100.0)
    assert "100.0 %" in typed(lived, "orders", "windows", "--until", "2026-05-06")
    assert "No call-offs match" in typed(lived, "orders", "windows", "--dealer", "muc-02")


async def test_receivables_age_by_customer(lived: Engine) -> None:
    shown = json.loads(typed(lived, "receivables", "--on", "2026-07-05", "--items", "--json"))
    [row] = shown["customers"]
    assert (row["dealer"], row["customer"], row["currency"]) == ("ber-01", "C-1", "EUR")
    assert (row["open"], row["arrears"], row["to_30"], row["to_60"], row["oldest"]) == (2_600, 2_600, 0, 2_600, "2026-06-01")
    [item] = shown["items"]
    assert (item["document"], item["days_overdue"]) == ("RE-1", 34)
    assert "26.00 EUR" in typed(lived, "receivables", "--on", "2026-05-30")
    [row] = json.loads(typed(lived, "receivables", "--on", "2026-06-01", "--json"))["customers"]
    assert (row["arrears"], row["not_due"]) == (0, 2_600)


async def test_words_say_when_there_is_nothing(engine: Engine) -> None:
    assert "No orders yet" in typed(engine, "orders", "list")
    assert "Nothing is open." in typed(engine, "receivables")
    assert json.loads(typed(engine, "orders", "list", "--json")) == []
    assert "expected an opportunity that somebody told of" in typed(engine, "opportunity", "execution", "O-1", code=1)


def typed(engine: Engine, *words: str, code: int = 0) -> str:
    """What the words print, or why they do not; an event loop of its own cannot run inside the test's."""
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(CliRunner(env={"HUB_DATABASE_URL": engine.url}).invoke, mount(), list(words)).result()
    assert result.exit_code == code, (result.output, result.exception)
    return result.output + (str(result.exception) if result.exception else "")
