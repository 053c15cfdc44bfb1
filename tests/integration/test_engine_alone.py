"""Few records pay for each round trip by themselves: as few as there can be, nothing planned anew, and no table read as a whole."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count

import pytest

from hub.consumers.crm_sync import crm_sync
from hub.stream.slips import Stored
from tests.support.crm import Words
from tests.support.engine import Engine, Log

_ROWS_READ = "SELECT sum(seq_tup_read + idx_tup_fetch)::bigint FROM pg_stat_user_tables WHERE relname IN ('customers', 'journal')"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


async def test_a_record_alone_takes_two_round_trips(engine: Engine) -> None:
    dealer = Words(Log())
    for record in (dealer.recorded("C1", "Ada"), dealer.changed("C1", 1)):  # at first it asks for types and base data, too
        await engine.apply([record])
    said: list[str] = []
    engine.db.add_query_logger(lambda query: said.append(query.query))
    last = dealer.changed("C1", 2, phone="2")
    await engine.batch.apply(engine.db, {(last.topic, last.partition): [engine.reader.judge(last)]}, engine.epochs)
    await asyncio.sleep(0)  # the loop tells of the last one
    looking, writing = said
    for part in ("FROM consumer_offsets", "FROM dead_letters", "FROM base_data", "FROM customers"):
        assert part in looking
    for part in ("UPDATE consumer_offsets", "INSERT INTO journal", "UPDATE customers", "INSERT INTO outbox"):
        assert part in writing


async def test_a_new_subject_takes_as_many_as_one_that_is_known(engine: Engine) -> None:
    dealer = Words(Log())
    for ref in ("C1", "C2"):
        await engine.apply([dealer.recorded(ref, "Ada")])
    said: list[str] = []
    engine.db.add_query_logger(lambda query: said.append(query.query))
    await engine.apply([dealer.recorded("C3", "Ada")])
    await asyncio.sleep(0)
    assert len(said) == 2


async def test_what_records_alone_ask_for_is_planned_once(engine: Engine) -> None:
    dealer = Words(Log())
    for hour in range(10):
        await engine.apply([dealer.changed("C1", hour, phone=str(hour)) if hour else dealer.recorded("C1", "Ada")])
    often = await engine.db.fetch("SELECT statement, generic_plans > 0 FROM pg_prepared_statements WHERE generic_plans + custom_plans > 8")
    planned = [row[1] for row in often if " customers t" in row[0]]
    assert planned == [True, True]


async def test_no_few_records_read_a_table_as_a_whole_before_anybody_has_counted_it(engine: Engine) -> None:
    dealer, names, hours = Words(Log()), count(), count(2)

    def new(records: int) -> list[Stored]:
        return [dealer.recorded(f"C{next(names)}", "Ada") for _ in range(records)]

    def late() -> list[Stored]:
        hour = next(hours)
        return [dealer.changed("C1", hour + 500, phone=str(hour)), dealer.changed("C1", hour, phone="")]

    async def rows_read(batches: Sequence[Sequence[Stored]]) -> int:
        """How many rows of customers and journal these batches look at."""
        before = await engine.db.fetchval(_ROWS_READ)
        for batch in batches:
            await engine.apply(batch)
        await engine.db.execute("SELECT pg_stat_force_next_flush()")
        return int(await engine.db.fetchval(_ROWS_READ) - before)

    few = [*(new(4) for _ in range(8)), *(late() for _ in range(3))]
    await rows_read([*few, new(500)])
    assert await rows_read([new(4) for _ in range(8)]) < 1_000
    assert await rows_read([late() for _ in range(3)]) < 1_000
