"""`hub reminders` says what is due, and which readings and which visit it follows from."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from contracts.accounts import OPEN_ITEM_UPDATED
from contracts.activities import ACTIVITY_PLANNED
from contracts.base import REMINDER_PLAN_RECORDED
from contracts.vehicles import ODOMETER_READ, SERVICE_VISITED, VEHICLE_HANDED_OVER
from hub.cli import mount
from hub.consumers.reminders import reminders
from hub.errors import InputError
from hub.operations.reminders import items, listed, occasion, shown
from tests.support.engine import Engine
from tests.support.town import START, VIN, Town

TODAY = (datetime.now(UTC) - START) / timedelta(days=1)
"""Days since the tests' noon: what is overdue is so by the clock on the wall."""


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    """Two dealers' cars: one long overdue, one due in a year; and an activity that nobody did."""
    town = Town()
    town.plan()
    async with Engine(database, reminders) as engine:
        await engine.lay(town.log)
        town.car(VEHICLE_HANDED_OVER, TODAY - 800, customer="C1", odometer_km=10, service_plans=["annual"], product="tour-m")
        town.car(ODOMETER_READ, TODAY - 700, odometer_km=5_010)
        town.car(ODOMETER_READ, TODAY - 650, odometer_km=75_100)
        town.car(SERVICE_VISITED, TODAY - 600, "muc-002", odometer_km=10_010, service_plans=["annual"])
        town.say(VEHICLE_HANDED_OVER, TODAY, "muc-002", vin="1HGCM82633A004352", customer="K9", service_plans=["annual"])
        due = (datetime.now(UTC) - timedelta(days=2)).isoformat()
        town.say(ACTIVITY_PLANNED, TODAY - 3, activity="A1", belongs_to={"kind": "lead", "ref": "L1"}, due_at=due, staff="ber-001.s1")
        about = {"activity": "Ada visits", "belongs_to": {"kind": "lead", "ref": "Ada Example"}, "staff": "Bob Builder"}
        town.say(ACTIVITY_PLANNED, TODAY - 3, "muc-002", due_at=(datetime.now(UTC) - timedelta(days=1)).isoformat(), **about)
        for dealer in ("ber-001", "muc-002"):
            await engine.apply(town.log.records[f"dealer.{dealer}.events", 0])
        yield engine


async def test_what_is_overdue_comes_first_and_each_dealer_may_be_asked_for(engine: Engine) -> None:
    found = await listed(engine.url)
    assert [(one.reminder, one.dealer, one.whose, one.is_overdue) for one in found] == [
        (f"service/{VIN}/annual", "ber-001", "C1", True),
        ("activity/A1", "ber-001", "ber-001.s1", True),
        ("<text, 19>", "muc-002", "<text, 11>", True),  # references that look like none may name somebody
    ]
    assert found[2].about == "<text, 16>"
    assert [one.reminder for one in await listed(engine.url, kind="service", within=400, dealer="muc-002")] == [
        "service/1HGCM82633A004352/annual"
    ]
    assert [one.reminder for one in await listed(engine.url, kind="activity", is_overdue=True)] == ["activity/A1", "<text, 19>"]
    assert await listed(engine.url, kind="service", dealer="muc-002", is_overdue=True) == []


async def test_a_kind_that_is_none_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(InputError, match="--kind: expected one of service, activity, ageing, complaint, dunning, contract_end, repurchase"):
        await listed(engine.url, kind="birthday")


async def test_a_car_shows_which_readings_were_believed_and_which_visit_counts(engine: Engine) -> None:
    car = await shown(engine.url, f"service/{VIN}/annual")
    assert [(read.km, read.dealer, read.origin, read.is_believed) for read in car.readings] == [
        (10, "ber-001", "handover", True),
        (5_010, "ber-001", "reading", True),
        (75_100, "ber-001", "reading", False),
        (10_010, "muc-002", "visit", True),
    ]
    assert (car.dealer, car.visited_by, car.km_a_day) == ("ber-001", "muc-002", 50)
    [plan] = car.plans
    visit = (START + timedelta(days=TODAY - 600)).date()
    assert (plan.since.date(), plan.since_km, plan.basis) == (visit, 10_010, "distance")
    assert plan.by_distance == visit + timedelta(days=300)
    assert plan.by_months is not None
    assert plan.by_months > date.today() - timedelta(days=300)  # noqa: DTZ011 - a test about days
    with pytest.raises(InputError, match="a car that a dealer has spoken of"):
        await shown(engine.url, "WVWZZZ1JZXW999999")


async def test_an_invoice_that_is_not_paid_is_listed_and_shown_by_name(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town()
    steps = [{"id": "reminder", "days": 7}]
    town.base(REMINDER_PLAN_RECORDED, id="dunning", name="To be paid", steps=steps, purpose="account", template="dunning")
    body = {"subject": "invoice/R1", "invoice": "R1", "dealer": "ber-001", "due": "2023-06-07", "currency": "EUR"}
    body["customer"] = "ada@mail.example"  # some dealers number their customers so
    amounts = {"amount_minor": 10_000, "open_minor": 4_050, "occurred_at": START.isoformat()}
    said = town.log.say(OPEN_ITEM_UPDATED, {**body, **amounts}, id="o1", topic="hub.orders", source="/hub/erp-orders")
    async with Engine(database, reminders) as engine:
        await engine.lay(town.log)
        await engine.apply([said])
    [one] = await listed(database, kind="dunning", dealer="ber-001")
    assert (one.reminder, one.about, one.whose, one.is_overdue, one.next_step) == (
        "dunning/R1",
        "40.50 EUR",
        "<text, 16>",
        True,
        "reminder",
    )
    with pytest.raises(InputError, match="a reminder that is kept"):
        await occasion(database, "dunning/R2")
    monkeypatch.setenv("HUB_DATABASE_URL", database)
    plain, as_json = [
        await asyncio.to_thread(CliRunner().invoke, mount(), ["reminders", "show", "dunning/R1", *more]) for more in ([], ["--json"])
    ]
    assert "40.50 EUR" in plain.output
    assert json.loads(as_json.output)["due_on"] == "2023-06-07"
    assert "ada@" not in plain.output + as_json.output


async def test_the_words_print_tables_and_json(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", engine.url)
    run = CliRunner().invoke

    def say(*words: str) -> str:
        result = run(mount(), ["reminders", *words])
        assert result.exit_code == 0, result.output
        return result.output

    table = await asyncio.to_thread(say, "list")
    assert f"service/{VIN}/annual" in table
    assert "overdue" in table
    told = json.loads(await asyncio.to_thread(say, "list", "--kind", "service", "--json"))
    assert [one["customer" if "customer" in one else "whose"] for one in told] == ["C1"]
    assert "not believed" in await asyncio.to_thread(say, "show", VIN)
    assert json.loads(await asyncio.to_thread(say, "show", VIN, "--json"))["plans"][0]["basis"] == "distance"
    assert "lead/L1" in await asyncio.to_thread(say, "show", "activity/A1")
    [one] = json.loads(await asyncio.to_thread(say, "show", "activity/A1", "--json"))
    assert (one["reminder"], one["dealer"], one["is_overdue"]) == ("activity/A1", "ber-001", True)
    with pytest.raises(InputError, match="NAME: expected a reminder that is still to be done"):
        await items(engine.url, "ageing/O1")
    assert "Nothing is overdue." in await asyncio.to_thread(say, "list", "--dealer", "muc-002", "--kind", "service", "--overdue")
