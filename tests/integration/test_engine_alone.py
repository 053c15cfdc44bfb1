"""A record that comes alone pays for each round trip by itself: as few as there can be, and nothing planned anew."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.consumers.crm_sync import crm_sync
from tests.support.crm import Words
from tests.support.engine import Engine, Log


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


async def test_a_record_alone_takes_eight_round_trips(engine: Engine) -> None:
    dealer = Words(Log())
    for record in (dealer.recorded("C1", "Ada"), dealer.changed("C1", 1)):  # at first it asks for types and base data, too
        await engine.apply([record])
    said: list[str] = []
    engine.db.add_query_logger(lambda query: said.append(query.query))
    last = dealer.changed("C1", 2, phone="2")
    await engine.batch.apply(engine.db, {(last.topic, last.partition): [engine.reader.judge(last)]}, engine.epochs)
    await asyncio.sleep(0)  # the loop tells of the last one
    begin, offsets, journal, holds, load, save, outbox, commit = said
    assert (begin, commit) == ("BEGIN;", "COMMIT;")
    assert "UPDATE consumer_offsets" in offsets
    assert "INSERT INTO journal" in journal
    assert "FROM dead_letters" in holds
    assert "FROM base_data" in holds
    assert load.startswith("SELECT")
    assert "FROM customers" in load
    assert save.startswith("UPDATE customers")
    assert "INSERT INTO outbox" in outbox


async def test_what_records_alone_ask_for_is_planned_once(engine: Engine) -> None:
    dealer = Words(Log())
    for hour in range(10):
        await engine.apply([dealer.changed("C1", hour, phone=str(hour)) if hour else dealer.recorded("C1", "Ada")])
    often = await engine.db.fetch("SELECT statement, generic_plans > 0 FROM pg_prepared_statements WHERE generic_plans + custom_plans > 8")
    planned = {row[0].split()[0]: row[1] for row in often if " customers t" in row[0]}
    assert planned == {"SELECT": True, "UPDATE": True}
