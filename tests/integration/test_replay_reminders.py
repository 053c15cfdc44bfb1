"""Cars, activities and the steps that were told of them are folded again to the same, and nobody is reminded again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.activities import ACTIVITY_DONE, ACTIVITY_PLANNED
from contracts.crm import LEAD_UPDATED
from contracts.vehicles import ODOMETER_READ, SERVICE_VISITED, VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON
from hub.consumers.reminders import reminders
from hub.local.kafka import Kafka
from tests.support.recalls import Ear
from tests.support.replaying import Live, a_live_hub, a_stage, rows
from tests.support.scene import Scene
from tests.support.town import START, Town

PLANS = {"service_plans": ["annual"]}


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        yield stage


async def said_by_clock(live: Live, town: Town, day: float, *, is_heard: bool = True) -> None:
    """The clock of that day says what is due, and the consumer hears it."""
    heard = len(live.log.records["hub.timers", 0])
    await Ear(town.log).hear(live.crm.db, START + timedelta(days=day))
    if is_heard:
        await live.crm.apply(live.log.records["hub.timers", 0][heard:])


async def test_reminders_are_folded_again_to_the_same_and_leave_no_second_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_live_hub(scene, monkeypatch, reminders) as live:
        scene.add_dealer("muc-002")
        town, other, third = Town(), "WVWZZZ1JZXW000002", "WVWZZZ1JZXW000003"
        live.log = town.log
        await live.lay(town.plan())
        car, lead = {"vin": f"{third[:-1]}4", "customer": "C4", **PLANS}, {"kind": "lead", "ref": "L1"}
        await live.crm.apply(
            [
                town.car(VEHICLE_HANDED_OVER, 0, customer="C1", odometer_km=10, **PLANS),
                town.say(VEHICLE_HANDED_OVER, 2, vin=other, customer="C2", **PLANS),
                town.say(VEHICLE_HANDED_OVER, 3, vin=third, customer="C3", service_plans=["tyres"]),  # a plan that nobody knows waits
                town.say(ODOMETER_READ, 100, vin=f"{third[:-1]}9", odometer_km=-1),
                town.say(ACTIVITY_PLANNED, 300, activity="A1", belongs_to=lead, due_at=_day(310), remind_minutes_before=60),
                town.log.say(VEHICLE_HANDED_OVER, {**car, "occurred_at": datetime.now(UTC).isoformat()}, id="new"),
            ]
        )
        for day in (309.99, 336):
            await said_by_clock(live, town, day)
        dropped = {"subject": "ber-001/L1", "dealer": "ber-001", "lead": "L1", "status": "dropped", "occurred_at": _day(337)}
        await live.crm.apply(
            [
                town.car(ODOMETER_READ, 320, odometer_km=13_100),  # late
                town.say(VEHICLE_SOLD_ON, 338, vin=other),
                town.say(ACTIVITY_DONE, 309, activity="A1", belongs_to=lead, result="interested"),
                town.log.say(LEAD_UPDATED, dropped, id="u1", topic="hub.crm", source="/hub/crm-sync"),
            ]
        )
        wrong = {"vin": other, "customer": "C5", "occurred_at": _day(338), "corrects": "v8"}
        await live.crm.apply(
            [
                town.log.say(VEHICLE_SOLD_ON, wrong, id="mended", dealer="ber-001"),
                town.car(SERVICE_VISITED, 341, "muc-002", odometer_km=13_900, **PLANS),
            ]
        )
        await said_by_clock(live, town, 900)
        await said_by_clock(live, town, 1_000, is_heard=False)
        await live.crm.db.execute("UPDATE vehicles SET reminders = reminders::jsonb::json")  # the same, written in another order
        before = {table: await live.crm.rows(table) for table in ("deliveries", "outbox", "timers", "vehicles", "journal")}
        done = await live.replay("reminders", keep=True)
        assert done.is_equal, done.shown
        found = rows(done)
        assert {table: found[table][:2] for table in ("vehicles", "activities", "agendas", "waiting", "dead_letters", "timers")} == {
            "vehicles": (3, 3),
            "activities": (1, 1),
            "agendas": (1, 1),
            "waiting": (1, 1),
            "dead_letters": (1, 1),
            "timers": (1, 1),
        }
        assert done.unsent > 0, "what would have been said stays beside"
        assert {table: await live.crm.rows(table) for table in before} == before


def _day(day: float) -> str:
    return (START + timedelta(days=day)).isoformat()
