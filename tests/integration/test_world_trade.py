"""From a dealer's lead to the receipt and the carrier's credit note: all consumers together come to the truth of one world."""

from random import Random

import pytest

from contracts import envelope, topics
from contracts.catalogue import lookup
from hub.consumers.base_data import base_data
from hub.consumers.crm_sync import crm_sync
from hub.consumers.erp_orders import erp_orders
from hub.consumers.freight import freight
from hub.consumers.shipments import shipments
from hub.stream.consumer import Consumer
from hub.stream.slips import Stored
from hub.world.compare import Comparison, compare
from hub.world.faults import Faults
from hub.world.trade import STORES, Request, Trade, comparable
from hub.world.world import World
from tests.support.engine import Engine, Log

_MOST = 150


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


def by_topic(records: list[Stored]) -> list[Stored]:
    """Each topic's in its order, but the topics one after another in the order of their first."""
    first = list(dict.fromkeys(record.topic for record in records))
    return sorted(records, key=lambda record: (first.index(record.topic), record.offset))
