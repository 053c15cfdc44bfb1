"""Reminders through the engine: dealers meet in one car, results return to their records, and nobody hears what is another's."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts import OPEN_ITEM_UPDATED
from contracts.activities import ACTIVITY_DONE, ACTIVITY_PLANNED
from contracts.base import CALENDAR_RECORDED, REMINDER_PLAN_RECORDED
from contracts.crm import LEAD_UPDATED
from contracts.vehicles import ODOMETER_READ, SERVICE_VISITED, VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON
from hub.consumers.crm_sync import crm_sync
from hub.consumers.reminders import reminders
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words, base_data
from tests.support.engine import NOON, Engine, Log
from tests.support.recalls import Ear
from tests.support.town import START, VIN, Town

HANDLED, WAITING = Outcome.HANDLED, Outcome.WAITING


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, reminders) as engine:
        yield engine


@pytest.fixture
def town() -> Town:
    return Town()


async def the_car(engine: Engine) -> dict[str, Any]:
    [row] = await engine.rows("vehicles")
    return row


async def test_what_two_dealers_say_of_a_car_meets_in_one_subject_in_whatever_order(engine: Engine, town: Town) -> None:
    town.plan()
    await engine.lay(town.log)
    visit = town.car(SERVICE_VISITED, 200, "muc-002", odometer_km=9_000, service_plans=["annual"])
    reading = town.car(ODOMETER_READ, 100, odometer_km=4_500)
    handover = town.car(VEHICLE_HANDED_OVER, 0, customer="C1", odometer_km=10, service_plans=["annual"])
    assert await engine.outcomes([visit]) == [HANDLED]
    assert await engine.outcomes([reading, handover]) == [HANDLED, HANDLED]
    car = await the_car(engine)
    assert (car["principal"], car["ref"], car["dealer"], car["customer"], car["visited_by"]) == ("hub", VIN, "ber-001", "C1", "muc-002")
    assert [km for _, km, _ in car["readings"]] == [10, 4_500, 9_000]
    assert [(row["principal"], row["km"], row["origin"]) for row in await engine.rows("odometer_readings")] == [
        ("dealer:ber-001", 10, "handover"),
        ("dealer:ber-001", 4_500, "reading"),
        ("dealer:muc-002", 9_000, "visit"),
    ]
    await engine.apply([town.car(VEHICLE_SOLD_ON, 250, "muc-002", customer="K9")])
    car = await the_car(engine)
    assert (car["dealer"], car["customer"]) == ("muc-002", "K9")


async def test_a_handover_waits_for_its_service_plan(engine: Engine, town: Town) -> None:
    assert await engine.outcomes([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", service_plans=["annual"])]) == [WAITING]
    town.plan()
    await engine.lay(town.log)
    [answer] = [record for record in await engine.relay(town.log) if record.topic == "hub.timers"]
    assert await engine.outcomes([answer]) == [HANDLED]
    assert (await the_car(engine))["due_on"].isoformat() == "2024-06-05"


async def test_a_step_keeps_to_the_days_on_which_its_dealer_works(engine: Engine, town: Town) -> None:
    town.plan()
    town.base(CALENDAR_RECORDED, id="ber-001", name="Berlin", business_hours=[{"days": ["wed"], "opens": "10:00", "closes": "16:00"}])
    await engine.lay(town.log)
    await engine.apply([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", service_plans=["annual"])])
    car = await the_car(engine)
    assert (car["due_on"].isoformat(), car["next_at"].isoformat()) == (
        "2024-06-05",
        "2024-05-01T10:00:00+00:00",
    )  # 30 days before is a Monday


async def heard_by_clock(engine: Engine, town: Town, day: float) -> None:
    """The clock of that day says what is due, page after page, until nothing is."""
    ear = Ear(town.log)
    while await ear.hear(engine.db, START + timedelta(days=day)):
        before = len(town.timers)
        timers = town.log.records["hub.timers", 0][before:]
        town.timers += timers
        await engine.apply(timers)


async def told(engine: Engine, topic: str) -> list[tuple[str, str]]:
    """What was said in a topic: of which reminder, and which step or why it is over."""
    said = [(row["topic"], json.loads(row["body"])) for row in await engine.rows("outbox")]
    return [(body["reminder"].partition("/")[0], body.get("step") or body["reason"]) for where, body in said if where == topic]


async def test_the_steps_of_a_service_are_told_to_its_dealer_and_to_the_customer_once(engine: Engine, town: Town) -> None:
    town.plan()
    await engine.lay(town.log)
    await engine.apply([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", odometer_km=10, service_plans=["annual"])])
    await heard_by_clock(engine, town, 334)
    assert await told(engine, "dealer.ber-001.feed") == []
    await heard_by_clock(engine, town, 336)
    assert await told(engine, "dealer.ber-001.feed") == [("service", "before")]
    late = town.car(ODOMETER_READ, 320, odometer_km=13_100)  # heard late: a few days earlier than it was thought
    await engine.apply([late])
    await heard_by_clock(engine, town, 340)
    assert await told(engine, "dealer.ber-001.feed") == [("service", "before")] == await told(engine, "hub.reminders")
    await engine.apply([town.car(SERVICE_VISITED, 341, "muc-002", service_plans=["annual"])])
    await heard_by_clock(engine, town, 500)
    assert await told(engine, "dealer.ber-001.feed") == [("service", "before"), ("service", "done")]
    assert await told(engine, "dealer.muc-002.feed") == []
    [delivery] = await engine.rows("deliveries")
    assert (delivery["principal"], delivery["person"], delivery["purpose"]) == ("dealer:ber-001", "C1", "service")
    await heard_by_clock(engine, town, 900)
    assert len(await engine.rows("deliveries")) == 4


async def test_a_step_writes_what_time_changes_and_beside_other_news_all_is_written(engine: Engine, town: Town) -> None:
    town.plan()
    await engine.lay(town.log)
    both = VIN, "WVWZZZ1JZXW000002"
    await engine.apply([town.say(VEHICLE_HANDED_OVER, 0, vin=vin, customer="C1", odometer_km=10, service_plans=["annual"]) for vin in both])
    is_whole: list[bool] = []
    engine.db.add_query_logger(lambda said: is_whole.append("readings" in said.query) if "UPDATE vehicles" in said.query else None)
    await Ear(town.log).hear(engine.db, START + timedelta(days=336))
    one, other = town.log.records["hub.timers", 0]
    await engine.apply([one])
    await engine.apply([other, town.say(ODOMETER_READ, 336, vin=str(one.key, "ascii"), odometer_km=2_000)])
    assert is_whole == [False, True]
    cars = [(car["customer"], car["reminders"][0]["told"], [km for _, km, _ in car["readings"]]) for car in await engine.rows("vehicles")]
    assert sorted(cars) == [("C1", ["before"], [10]), ("C1", ["before"], [10, 2_000])]


async def test_two_clocks_and_a_second_hearing_remind_once(engine: Engine, town: Town) -> None:
    town.plan()
    await engine.lay(town.log)
    await engine.apply([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", service_plans=["annual"])])
    ear = Ear(town.log)
    async with Engine(engine.url, reminders, owner="the other clock") as other:
        ear.together = asyncio.Barrier(2)
        await asyncio.gather(ear.hear(engine.db, START + timedelta(days=340)), ear.hear(other.db, START + timedelta(days=340)))
    assert await engine.outcomes(town.log.records["hub.timers", 0]) == [HANDLED, Outcome.DUPLICATE]
    assert await told(engine, "dealer.ber-001.feed") == [("service", "before")]
    assert len(await engine.rows("deliveries")) == 1


async def test_history_sets_timers_and_is_itself_told_to_nobody(engine: Engine, town: Town) -> None:
    town.plan()
    await engine.lay(town.log)
    body = {"occurred_at": START.isoformat(), "vin": VIN, "customer": "C1", "service_plans": ["annual"]}
    await engine.apply([town.log.say(VEHICLE_HANDED_OVER, body, id="past", historical=True)])
    assert await engine.rows("deliveries") == []
    await heard_by_clock(engine, town, 340)
    assert await told(engine, "dealer.ber-001.feed") == [("service", "before")]


async def test_a_lead_that_is_dropped_silences_what_was_planned_about_it(engine: Engine, town: Town) -> None:
    about = {"activity": "A1", "belongs_to": {"kind": "lead", "ref": "L1"}}
    due = (START + timedelta(days=2)).isoformat()
    await engine.apply([town.say(ACTIVITY_PLANNED, 0, **about, due_at=due, remind_minutes_before=60)])
    await heard_by_clock(engine, town, 1.99)
    dropped = {"subject": "ber-001/L1", "dealer": "ber-001", "lead": "L1", "status": "dropped"}
    dropped["occurred_at"] = (START + timedelta(days=1.995)).isoformat()
    await engine.apply([town.log.say(LEAD_UPDATED, dropped, id="u1", topic="hub.crm", source="/hub/crm-sync")])
    await heard_by_clock(engine, town, 9)
    assert await told(engine, "dealer.ber-001.feed") == [("activity", "before"), ("activity", "closed")]


async def test_an_invoice_is_reminded_of_until_it_is_paid(engine: Engine, town: Town) -> None:
    steps = [{"id": "reminder", "days": 7}, {"id": "last", "days": 42}]
    town.base(REMINDER_PLAN_RECORDED, id="dunning", name="To be paid", steps=steps, purpose="account", template="dunning")
    await engine.lay(town.log)
    invoice = {"subject": "invoice/R1", "invoice": "R1", "dealer": "ber-001", "customer": "C1", "currency": "EUR", "amount_minor": 10_000}

    def account(day: float, revision: int, open_minor: int) -> Stored:
        body = {**invoice, "due": "2023-06-07", "occurred_at": (START + timedelta(days=day)).isoformat(), "open_minor": open_minor}
        return town.log.say(
            OPEN_ITEM_UPDATED, {**body, "revision": revision}, id=f"o{revision}", topic="hub.orders", source="/hub/erp-orders"
        )

    assert await engine.outcomes([account(0, 1, 10_000)]) == [HANDLED]
    await heard_by_clock(engine, town, 20)
    assert await engine.outcomes([account(21, 2, 0)]) == [HANDLED]
    await heard_by_clock(engine, town, 90)
    assert await told(engine, "dealer.ber-001.feed") == [("dunning", "reminder"), ("dunning", "paid")]
    [delivery] = await engine.rows("deliveries")
    assert (delivery["person"], delivery["nature"], delivery["template"]) == ("C1", "transactional", "dunning")


async def test_the_end_of_a_contract_is_told_to_whose_customer_has_the_car(engine: Engine, town: Town) -> None:
    steps = [{"id": "early", "days": -90}, {"id": "due", "days": 0}]
    town.base(REMINDER_PLAN_RECORDED, id="contract_end", name="Contracts", steps=steps, purpose="renewal", template="contract-end")
    await engine.lay(town.log)
    ends = (START + timedelta(days=700)).date().isoformat()
    await engine.apply([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", contract_ends=ends)])
    await heard_by_clock(engine, town, 650)
    assert await told(engine, "dealer.ber-001.feed") == [("contract_end", "early")]
    await engine.apply([town.car(VEHICLE_SOLD_ON, 660, "muc-002", customer="K9")])
    await heard_by_clock(engine, town, 800)
    assert await told(engine, "dealer.ber-001.feed") == [("contract_end", "early"), ("contract_end", "sold")]
    assert await told(engine, "dealer.muc-002.feed") == []
    [delivery] = await engine.rows("deliveries")
    assert (delivery["principal"], delivery["person"], delivery["nature"]) == ("dealer:ber-001", "C1", "marketing")


async def test_an_activity_s_result_returns_to_its_opportunity_and_its_lead(database: str, engine: Engine) -> None:
    """Told by the one consumer, folded by the other: never a second write."""
    dealer = Words(Log())
    base_data(dealer.log)
    await engine.lay(dealer.log)
    opportunity = {"kind": "opportunity", "ref": "O1"}
    planned = dealer.say(ACTIVITY_PLANNED, {"activity": "A1", "belongs_to": opportunity, "due_at": NOON.isoformat()}, 1)
    done = dealer.say(ACTIVITY_DONE, {"activity": "A1", "belongs_to": opportunity, "result": "interested", "note": "blue"}, 2)
    assert await engine.outcomes([planned, done]) == [HANDLED, HANDLED]
    [activity] = await engine.rows("activities")
    assert (activity["status"], activity["result"]) == ("done", "interested")
    reports = [record for record in await engine.relay(dealer.log) if record.topic == "hub.reminders"]
    assert [json.loads(record.value or b"")["result"] for record in reports] == ["interested"]
    async with Engine(database, crm_sync) as crm:
        await crm.apply([planned, done, dealer.opened("O1")])
        assert await crm.outcomes(reports) == [HANDLED]
        [row] = await crm.rows("opportunities")
        assert (row["principal"], row["last_result"]) == ("dealer:ber-001", "interested")
