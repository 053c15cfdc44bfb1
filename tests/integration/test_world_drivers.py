"""Whose service is due soon is reminded, once; who was in the workshop, or sold his car, is not, although the handover is told last."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from hub.consumers.reminders import reminders
from hub.stream.slips import Stored
from hub.world.drivers import Drivers, comparable
from hub.world.speech import Utterance
from hub.world.world import World
from tests.support.engine import Engine, Log
from tests.support.recalls import Ear


@pytest.fixture
def world() -> World:
    return World(3, seed=4)


async def test_owners_are_reminded_of_what_is_due_and_nobody_else_is(database: str, world: World) -> None:
    drivers, log = Drivers(world), Log()
    write(log, drivers.base_data())
    async with Engine(database, reminders) as engine:
        await engine.lay(log)
        for said in (drivers.people(), drivers.handovers()):
            await engine.apply(write(log, said))
        await Ear(log).hear(engine.db, world.until + timedelta(days=1))
        await engine.apply(log.records["hub.timers", 0])
        assert await engine.rows("dead_letters") == await engine.rows("waiting") == []
        found = [told for row in await engine.rows("deliveries") if (told := comparable(row))]
    expected = {named: row["vin"] for named, row in drivers.truth()["deliveries"].items()}
    assert len(expected) == 14
    assert {(row["principal"], row["ref"]): row["vin"] for row in found} == expected


def test_who_objects_is_among_those_that_are_due(world: World) -> None:
    assert {row["is_excluded"] for row in Drivers(world).truth()["deliveries"].values()} == {True, False}


def write(log: Log, said: Iterable[Utterance]) -> list[Stored]:
    return [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said]
