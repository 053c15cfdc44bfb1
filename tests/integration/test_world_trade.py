"""From a dealer's lead to the receipt and the carrier's credit note: all consumers together come to the truth of one world."""

from datetime import timedelta
from random import Random

import pytest

from contracts import envelope, topics
from contracts.catalogue import lookup
from hub.consumers.base_data import base_data
from hub.consumers.crm_sync import crm_sync
from hub.consumers.erp_orders import erp_orders
from hub.consumers.freight import freight
from hub.consumers.reminders import reminders
from hub.consumers.shipments import shipments
from hub.operations.threads import Thread, thread
from hub.rules.masking import mask_reference
from hub.stream.consumer import Consumer
from hub.stream.slips import Stored
from hub.world.compare import Comparison, compare
from hub.world.drivers import Drivers
from hub.world.faults import Faults
from hub.world.trade import STORES, Request, Trade, comparable
from hub.world.world import World
from tests.support.engine import Engine, Log
from tests.support.recalls import Ear

_MOST = 150
OF_THREADS = {
    *("order", "despatch", "shipment", "freight charge", "arrival", "invoice", "credit note", "receipt"),
    *("handover", "visit", "service due"),
}


async def fold(database: str, consumer: Consumer, log: Log, records: list[Stored]) -> list[Stored]:
    """Let a consumer fold what it reads of these; returns what it tells."""
    told: list[Stored] = []
    read = [
        record for record in records if any(record.topic == topic.name or topics.find(record.topic) is topic for topic in consumer.topics)
    ]
    async with Engine(database, consumer) as engine:
        for start in range(0, len(read), _MOST):
            await engine.apply(read[start : start + _MOST])
            told += await engine.relay(log)
    return told


async def compared(database: str, world: World, trade: Trade) -> Comparison:
    truth = world.truth()
    async with Engine(database, erp_orders) as engine:
        rows = {store: [told for row in await engine.rows(store) if (told := comparable(store, row)) is not None] for store in STORES}
        assert await engine.rows("dead_letters") == []
    return compare(truth._replace(rows=trade.truth()), rows)


@pytest.fixture
def world() -> World:
    return World(3, seed=4, faults=Faults(late=0.1, corrected=0.1, bad=0, holding=0))


async def test_one_world_from_lead_to_credit_note_comes_to_its_truth(database: str, world: World) -> None:
    log, trade = Log(), Trade(world)
    said = [*world.utterances(900), *world.ending(), *trade.base_data()]
    records = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in said]
    await fold(database, base_data, log, records)
    crm = await fold(database, crm_sync, log, records)
    asked = [record for record in await fold(database, erp_orders, log, crm) if record.topic == topics.ERP_REQUESTS.name]
    requests = []
    for record in asked:
        told, data = envelope.read(record.headers, record.value)
        lineage, version = lookup(told.type)
        requests.append(Request(lineage.name, lineage.decode(version, data).model_dump()))
    answers = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in trade.answer(requests)]
    of_carriers = [one for one in answers if one.topic.startswith("carrier.")]
    Random(4).shuffle(of_carriers)  # nobody keeps several topics in step
    before = await compared(database, world, trade)
    assert not before.is_equal
    for consumer in (erp_orders, shipments, freight):
        await fold(database, consumer, log, [*(one for one in answers if one not in of_carriers), *by_topic(of_carriers)])
    after = await compared(database, world, trade)
    assert after.is_equal, (after.verdict, after.shown)
    assert len(trade.fates) > 10
    assert trade.planted
    plans = [log.write(one.topic, one.value, key=one.key, headers=one.headers) for one in Drivers(world).base_data()]
    await fold(database, base_data, log, plans)
    await fold(database, reminders, log, [*records, *answers])
    await threads_agree(database, trade)
    await papers_owed_agree(database, log, trade)


async def threads_agree(database: str, trade: Trade) -> None:
    """From a vehicle everything that was said of it is found, and nothing of another; from its order and its opportunity the vehicle."""
    for vin in sorted(trade.threads, key=lambda one: (-len(trade.threads[one]), one))[:40:4]:
        found = await thread(database, vin)
        assert isinstance(found, Thread)
        known = {(what, mask_reference(which)) for what, which in trade.threads[vin]}
        assert {(step.what, step.which) for step in found.steps if step.what in OF_THREADS} == known
        assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)
        assert "opportunity" in {step.what for step in found.steps}
        for ref in (*found.orders, *found.opportunities):
            whole = await thread(database, ref)
            assert isinstance(whole, Thread)
            assert vin in whole.vehicles
            assert set(found.orders) <= set(whole.orders)
    assert {what for known in trade.threads.values() for what, _ in known} == OF_THREADS


async def papers_owed_agree(database: str, log: Log, trade: Trade) -> None:
    """When all time is over, the clock has found missing what the ERP owes of each order, and nothing else."""
    async with Engine(database, erp_orders) as engine:
        while True:
            heard = len(log.records["hub.timers", 0])
            if not await Ear(log).hear(engine.db, trade.until + timedelta(days=400)):
                break
            await engine.apply(log.records["hub.timers", 0][heard:])
        rows = {(row["principal"], row["ref"]): {one["paper"] for one in row["missing"]} for row in await engine.rows("orders")}
    owed = trade.owed()
    assert {named: rows[named] for named in owed} == owed
    assert {paper for papers in owed.values() for paper in papers} == {"answer", "despatch_advice", "invoice"}


def by_topic(records: list[Stored]) -> list[Stored]:
    """Each topic's in its order, but the topics one after another in the order of their first."""
    first = list(dict.fromkeys(record.topic for record in records))
    return sorted(records, key=lambda record: (first.index(record.topic), record.offset))
