"""What was heard of before there was a plan is reminded of once there is: the clock has it looked at again, once."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any

from contracts.base import REMINDER_PLAN_RECORDED
from contracts.vehicles import VEHICLE_HANDED_OVER, VEHICLE_SOLD_ON
from hub.consumers.reminders import reminders
from hub.producers.clock import Clock
from hub.stream.outcome import Outcome
from hub.telemetry import Metrics
from tests.support.engine import Engine
from tests.support.recalls import Ear
from tests.support.town import Town

STEPS = [{"id": "early", "days": -180}, {"id": "soon", "days": -60}, {"id": "due", "days": 0}]


class Mouth(Ear):
    """One that takes single records too."""

    async def send(self, topic: str, value: bytes, *, key: bytes, headers: list[tuple[str, bytes]]) -> "asyncio.Future[None]":
        """Taken at once, by a broker whose clock is ahead of all that is said here."""
        self.log.write(topic, value, key=key, headers=headers, at=datetime.now(UTC) + timedelta(days=3))
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answered.set_result(None)
        return answered


def a_clock(now: datetime | None = None) -> Clock:
    return Clock(None, None, Metrics(), 1, lambda: now or datetime.now(UTC))  # type: ignore[arg-type] # it is given both


async def test_a_contract_that_was_heard_of_before_there_was_a_plan_is_reminded_of_once(database: str) -> None:
    town, ends = Town(), (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    mouth, clocks = Mouth(town.log), [a_clock(), a_clock()]
    async with Engine(database, reminders) as engine:
        other = {"vin": "WVWZZZ1JZXW000002", "customer": "C2"}
        await engine.apply(
            [
                town.car(VEHICLE_HANDED_OVER, 0, customer="C1", contract_ends=ends),
                town.say(VEHICLE_HANDED_OVER, 0, contract_ends=ends, **other),
                town.say(VEHICLE_SOLD_ON, 9, vin=other["vin"]),
            ]
        )
        assert await clocks[0].tick(engine.db, mouth) == 0
        body: dict[str, Any] = {"name": "Contracts", "steps": STEPS, "purpose": "renewal", "template": "contract-end"}
        town.base(REMINDER_PLAN_RECORDED, id="contract_end", **body)
        await engine.lay(town.log)
        assert [await clock.tick(engine.db, mouth) for clock in (*clocks, clocks[0])] == [1, 1, 0]
        said = town.log.records["hub.timers", 0]
        assert await engine.outcomes(said) == [Outcome.HANDLED, Outcome.DUPLICATE]
        [first, *_] = [row for row in await engine.rows("occasions") if row["kind"] == "contract_end"]
        assert (first["told"], first["next_step"]) == (["soon"], "due")
        assert [row["fields"]["step"] for row in await engine.rows("deliveries")] == ["soon"]
        assert [await clock.tick(engine.db, mouth) for clock in (*clocks, a_clock())] == [0, 0, 0]


async def test_one_that_is_retired_is_asked_for_once_and_reminds_nobody(database: str) -> None:
    town = Town()
    mouth = Mouth(town.log)
    async with Engine(database, reminders) as engine:
        await engine.apply([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", contract_ends="2023-12-01")])
        body: dict[str, Any] = {"name": "Contracts", "steps": STEPS, "purpose": "renewal", "template": "contract-end", "retired": True}
        town.base(REMINDER_PLAN_RECORDED, id="contract_end", **body)
        await engine.lay(town.log)
        assert await a_clock().tick(engine.db, mouth) == 1
        await engine.apply(town.log.records["hub.timers", 0])
        assert await a_clock().tick(engine.db, mouth) == 0
        assert await engine.rows("deliveries") == []


async def test_a_plan_that_holds_from_a_later_day_on_is_asked_for_on_that_day(database: str) -> None:
    town, begins = Town(), datetime.now(UTC).date() + timedelta(days=1)
    mouth, then = Mouth(town.log), datetime.combine(begins, time(), UTC)
    async with Engine(database, reminders) as engine:
        ends = (begins + timedelta(days=30)).isoformat()
        await engine.apply([town.car(VEHICLE_HANDED_OVER, 0, customer="C1", contract_ends=ends)])
        body: dict[str, Any] = {"name": "Contracts", "steps": STEPS, "purpose": "renewal", "template": "contract-end"}
        town.base(REMINDER_PLAN_RECORDED, id="contract_end", effective_from=begins.isoformat(), **body)
        await engine.lay(town.log)
        assert await a_clock(then - timedelta(seconds=1)).tick(engine.db, mouth) == 0
        assert await a_clock(then).tick(engine.db, mouth) == 1
        assert await engine.outcomes(town.log.records["hub.timers", 0]) == [Outcome.HANDLED]
        [contract] = [row for row in await engine.rows("occasions") if row["kind"] == "contract_end"]
        assert (contract["told"], contract["next_step"]) == (["soon"], "due")
        assert await a_clock(then).tick(engine.db, mouth) == 0
