"""Owners of the simulated world's cars are reminded if they forgot, once a step and near the day, and nobody else is."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from contracts import topics
from hub.consumers.reminders import reminders
from hub.world.motoring import DAYS, PLAN, STEPS, Driven, Motoring
from hub.world.speech import Meant, binary
from tests.support.engine import Engine, Log
from tests.support.recalls import Ear

BEGIN = datetime(2025, 3, 3, 6, tzinfo=UTC)
DEALERS = ("ber-001", "muc-002", "ham-003")
A_ROUND = timedelta(days=9)
_ROUNDING = 8
"""Days: readings are rounded, and the pace follows from a handful of them."""


async def reminded(database: str, world: Motoring) -> dict[str, list[tuple[str, str, str, date, datetime]]]:
    """By car: dealer and customer, the step, the day that was told, and when; the clock speaks every few days."""
    log, heard = Log(), world.lives()
    written(log, world.base_data(BEGIN))
    now, end, timers = BEGIN, BEGIN + timedelta(days=DAYS, hours=len(world.cars)), 0
    async with Engine(database, reminders) as engine:
        await engine.lay(log)
        while now < end:
            now = min(now + A_ROUND, end)
            news = [one for one in heard if one.at <= now]
            heard = heard[len(news) :]
            before = {dealer: len(log.records[f"dealer.{dealer}.events", 0]) for dealer in DEALERS}
            for one in news:
                written(log, one.event)
            await engine.apply(record for dealer in DEALERS for record in log.records[f"dealer.{dealer}.events", 0][before[dealer] :])
            while await Ear(log).hear(engine.db, now):
                fired = log.records["hub.timers", 0][timers:]
                timers += len(fired)
                await engine.apply(fired)
        assert await engine.rows("dead_letters") == []
        found = defaultdict(list)
        for row in await engine.rows("deliveries"):
            fields = row["fields"]
            due = date.fromisoformat(fields["due_on"])
            found[fields["vin"]].append((row["grantee"], row["person"], fields["step"], due, row["due_at"]))
    return found


def written(log: Log, event: Meant) -> None:
    dealer = event.principal.partition(":")[2]
    said = binary(topics.DEALER_EVENTS.of(dealer) if dealer else topics.OEM_BASE.name, event, event.at)
    log.write(said.topic, said.value, key=said.key, headers=said.headers, at=BEGIN + timedelta(days=1_000))


def due_day(car: Driven) -> date:
    return (car.handed_over_at + timedelta(days=car.due_after)).date()


async def test_who_forgot_is_reminded_once_a_step_near_the_day_and_nobody_else_is(database: str) -> None:
    world = Motoring(DEALERS, cars=30, begin=BEGIN, seed=5)
    found = await reminded(database, world)
    for car in world.cars:
        told = found[car.vin]
        assert sorted(step for _, _, step, _, _ in told) == sorted(car.steps), (car, told)
        for dealer, customer, step, due, at in told:
            assert (dealer, customer) == (car.dealer, car.customer)
            assert abs((due - due_day(car)).days) <= _ROUNDING, (car, told)
            assert abs((at.date() - due_day(car)).days - STEPS[step]) <= _ROUNDING
    assert {car.fate for car in world.cars} == {"forgotten", "served", "served_elsewhere", "sold", "answered"}


def test_the_same_world_says_the_same_and_its_truth_is_its_own() -> None:
    one, two = (Motoring(DEALERS, cars=10, begin=BEGIN) for _ in range(2))
    assert one.lives() == two.lives()
    mistyped = [
        heard
        for heard in one.lives()
        if heard.event.deed == "odometer.read"
        for car in one.cars
        if car.vin == heard.event.ref
        and abs(heard.event.said["odometer_km"] - car.km_a_day * (heard.event.at - car.handed_over_at) / timedelta(days=1)) > 100
    ]
    assert mistyped
    assert one.base_data(BEGIN).said["id"] == PLAN
