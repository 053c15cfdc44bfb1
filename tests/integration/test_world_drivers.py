"""Who has a service, the end of a contract or a bill ahead is reminded, once; whom something spared is not, although it was told first."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from contracts import topics
from hub.consumers.erp_orders import erp_orders
from hub.consumers.reminders import reminders
from hub.stream.slips import Stored
from hub.world.drivers import Drivers, comparable
from hub.world.occasions import Occasions
from hub.world.speech import Utterance
from hub.world.world import World
from tests.support.engine import Engine, Log
from tests.support.recalls import Ear


@pytest.fixture
def world() -> World:
    return World(3, seed=4)


async def test_whoever_has_something_ahead_is_reminded_and_nobody_else_is(database: str, world: World) -> None:
    drivers, log = Drivers(world), Log()
    write(log, drivers.base_data())
    async with Engine(database, reminders) as engine, Engine(database, erp_orders) as erp:
        await engine.lay(log)
        for said in (drivers.people(), drivers.handovers()):
            records = write(log, said)
            await erp.apply([one for one in records if one.topic == topics.ERP_ORDERS.name])
            await engine.apply([one for one in (*records, *await erp.relay(log)) if engine.consumer.topic(one.topic)])
        await Ear(log).hear(engine.db, world.until + timedelta(days=1))
        await engine.apply(log.records["hub.timers", 0])
        assert await engine.rows("dead_letters") == await engine.rows("waiting") == []
        found = [told for row in await engine.rows("deliveries") if (told := comparable(row))]
        owed = {(row["principal"], row["ref"]): row["open_minor"] for row in await engine.rows("open_items")}
    truth = drivers.truth()
    expected = {named: row["about"] for named, row in truth["deliveries"].items()}
    assert len(expected) == 32
    assert {(row["principal"], row["ref"]): row["about"] for row in found} == expected
    assert {named: row["open_minor"] for named, row in truth["open_items"].items()} == owed


def test_of_each_kind_of_day_there_is_somebody_who_must_hear_of_it_and_somebody_who_must_not(world: World) -> None:
    told = {ref.partition("/")[2] for _, ref in Drivers(world).truth()["deliveries"]}
    assert told == {"before", "soon", "offer", "reminder"}
    clients = Occasions(("ber-001", "ham-001"), world.until, world.mark).clients
    silent = {one.kind for one in clients if one.fate in {"sold", "extended", "paid", "credited", "waits"}}
    assert silent == {"contract_end", "repurchase", "dunning"}


def test_who_objects_is_among_those_that_are_due(world: World) -> None:
    assert {row["is_excluded"] for row in Drivers(world).truth()["deliveries"].values()} == {True, False}


def write(log: Log, said: Iterable[Utterance]) -> list[Stored]:
    return [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said]
