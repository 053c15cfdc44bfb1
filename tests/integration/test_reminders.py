"""Reminders through the engine: dealers meet in one car, results return to their records, and nobody hears what is another's."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts import topics
from contracts.activities import ACTIVITY_DONE, ACTIVITY_PLANNED
from contracts.base import SERVICE_PLAN_RECORDED
from contracts.contract import Lineage
from contracts.vehicles import ODOMETER_READ, SERVICE_VISITED, VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON
from hub.consumers.crm_sync import crm_sync
from hub.consumers.reminders import reminders
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words, base_data
from tests.support.engine import NOON, Engine, Log

VIN = "WVWZZZ1JZXW000001"
HANDLED, WAITING = Outcome.HANDLED, Outcome.WAITING


class Town:
    """Two dealers and the OEM, on one log."""

    def __init__(self) -> None:
        self.log = Log()
        self.count = 0

    def say(self, lineage: Lineage[Any], day: float, dealer: str = "ber-001", **fields: Any) -> Stored:
        """What a dealer says, so many days after noon."""
        self.count += 1
        body = {"occurred_at": (NOON + timedelta(days=day)).isoformat(), **fields}
        return self.log.say(lineage, body, id=f"v{self.count}", dealer=dealer)

    def car(self, lineage: Lineage[Any], day: float, dealer: str = "ber-001", **fields: Any) -> Stored:
        """The same of the one car."""
        return self.say(lineage, day, dealer, vin=VIN, **fields)

    def plan(self) -> list[Stored]:
        """The OEM lays down its service plan."""
        body = {"id": "annual", "name": "Annual", "distance_km": 15_000}
        key = "service_plan/annual@1900-01-01"
        return [self.log.say(SERVICE_PLAN_RECORDED, body, id="plan", source="/oem/mdm", topic=topics.OEM_BASE.name, key=key)]


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
    assert (await the_car(engine))["due_on"].isoformat() == "2027-03-02"


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
