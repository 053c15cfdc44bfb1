"""What comes again is recognised by name and fingerprint, unread; what becomes of any record is the same as if each had been read."""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from asyncpg.connection import LoggedQuery
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.contract import Lineage
from hub.consumers.crm_sync import crm_sync
from hub.stream.consumer import Consumer
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words
from tests.support.engine import Engine, Log
from tests.support.passing import newest

HANDLED, DUPLICATE, DEAD = Outcome.HANDLED, Outcome.DUPLICATE, Outcome.DEAD
HERE = "dealer.ber-001.events", 0
MANY = 20
ASKED = "WITH ORDINALITY"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The event types of the bodies that were decoded."""
    types: list[str] = []
    decode = Lineage.decode

    def noted(self: Lineage[Any], version: int, data: bytes) -> Any:
        types.append(self.name)
        return decode(self, version, data)

    monkeypatch.setattr(Lineage, "decode", noted)
    return types


@asynccontextmanager
async def heard(engine: Engine) -> AsyncIterator[list[str]]:
    """The statements that the database is sent meanwhile."""
    said: list[str] = []

    def note(query: LoggedQuery) -> None:
        said.append(query.query)

    engine.db.add_query_logger(note)
    yield said
    await asyncio.sleep(0)  # the loop tells of the last one
    engine.db.remove_query_logger(note)


def customers(log: Log, count: int = MANY, first: int = 0) -> list[Stored]:
    dealer = Words(log)
    return [dealer.recorded(f"C{n}", "Ada", id=f"e{n}") for n in range(first, first + count)]


def again(log: Log, records: Sequence[Stored]) -> list[Stored]:
    """The same events at later offsets."""
    return [log.write(each.topic, each.value, key=each.key, headers=each.headers, partition=each.partition) for each in records]


@pytest.mark.parametrize("consumer", [crm_sync, newest()], ids=["with history", "without"])
async def test_what_comes_again_is_decoded_once_more_at_most(database: str, consumer: Consumer, decoded: list[str]) -> None:
    async with Engine(database, consumer) as engine:
        log, tables = Log(), ("customers", "journal", "inbox", "outbox")
        first = customers(log)
        assert await engine.outcomes(first) == [HANDLED] * MANY
        before = [await engine.rows(table) for table in tables]
        assert await engine.outcomes(again(log, first)) == [DUPLICATE] * MANY
        decoded.clear()
        for _ in range(2):
            async with heard(engine) as said:
                assert await engine.outcomes(again(log, first)) == [DUPLICATE] * MANY
            question, begin, offsets, commit = said
            assert ASKED in question
            assert (begin, "UPDATE consumer_offsets" in offsets, commit) == ("BEGIN;", True, "COMMIT;")
        assert decoded == []
        assert [await engine.rows(table) for table in tables] == before
        assert [row["next_offset"] for row in await engine.rows("consumer_offsets")] == [4 * MANY]


async def test_nobody_asks_while_all_is_new(engine: Engine, decoded: list[str]) -> None:
    log = Log()
    asked = []
    for number in range(4):
        if number == 2:
            await engine.apply(again(log, log.records[HERE][:MANY]))
        async with heard(engine) as said:
            await engine.apply(customers(log, first=number * MANY))
        asked.append(sum(ASKED in each for each in said))
    assert asked == [0, 0, 1, 0]  # once after a batch that had come before, and in vain
    assert len(decoded) == 5 * MANY


async def test_what_repeats_itself_within_a_batch_alone_is_not_asked_about(engine: Engine) -> None:
    log = Log()
    first = customers(log)
    assert await engine.outcomes([*first, *again(log, first)]) == [HANDLED] * MANY + [DUPLICATE] * MANY
    async with heard(engine) as said:
        assert await engine.outcomes(customers(log, first=MANY)) == [HANDLED] * MANY
    assert not [each for each in said if ASKED in each]


async def test_of_a_batch_that_repeats_a_third_the_rest_alone_is_decoded(engine: Engine, decoded: list[str]) -> None:
    log = Log()
    old = customers(log, 50)
    await engine.apply(old)
    for first in (50, 90):
        records = [*customers(log, 30, first), *again(log, old[:20]), *customers(log, 10, first + 30)]
        decoded.clear()
        assert await engine.outcomes(records) == [HANDLED] * 30 + [DUPLICATE] * 20 + [HANDLED] * 10
    assert len(decoded) == 40


async def test_of_what_repeats_a_fifth_or_but_a_few_nobody_asks(engine: Engine) -> None:
    log = Log()
    old = customers(log, 10)
    await engine.apply(old)
    for first, fresh, repeated in ((10, 40, 10), (50, 0, 8), (50, 5, 0)):
        async with heard(engine) as said:
            await engine.apply([*customers(log, fresh, first), *again(log, old[:repeated])])
        assert not [each for each in said if ASKED in each]


async def test_one_partition_that_repeats_itself_does_not_make_another_be_asked_about(engine: Engine, decoded: list[str]) -> None:
    log = Log()
    here = customers(log)
    there = [each._replace(partition=1) for each in customers(Log(), first=MANY)]
    await engine.apply(here)
    await engine.apply(again(log, here))
    decoded.clear()
    assert await engine.outcomes([*again(log, here), *there]) == [DUPLICATE] * MANY + [HANDLED] * MANY
    assert len(decoded) == MANY


async def test_an_id_used_again_is_found_where_repetitions_are_recognised(engine: Engine) -> None:
    log = Log()
    first = customers(log)
    await engine.apply(first)
    engine.expect_repetition([HERE])
    assert await engine.outcomes([*again(log, first), Words(log).recorded("C3", "Eve", id="e3")]) == [DUPLICATE] * MANY + [DEAD]
    assert [(row["reason"], row["event_id"]) for row in await engine.rows("dead_letters")] == [("id_reuse", "e3")]


async def test_a_body_written_anew_is_compared_where_repetitions_are_recognised(engine: Engine) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    await engine.apply([first])
    engine.expect_repetition([HERE])
    rewritten = json.dumps(dict(reversed(json.loads(first.value or b"").items()))).encode()
    assert await engine.outcomes(again(log, [first._replace(value=rewritten)])) == [DUPLICATE]


async def test_under_another_key_nothing_is_recognised(engine: Engine) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    await engine.apply([first])
    engine.expect_repetition([HERE])
    assert await engine.outcomes(again(log, [first._replace(key=b"C2"), first])) == [DEAD, DUPLICATE]
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["key_mismatch"]


async def test_a_key_that_its_body_hides_is_read(engine: Engine) -> None:
    """The field's name is escaped where it counts, and stands plainly where it does not."""
    log = Log()
    plain = Words(log).recorded("C1", "Ada")
    body = (plain.value or b"").replace(b'"customer"', b'"\\u0063ustomer"').replace(b"{", b'{"x":{"customer":"C2"},', 1)
    hidden = plain._replace(value=body)
    assert await engine.outcomes([hidden]) == [HANDLED]
    engine.expect_repetition([HERE])
    assert await engine.outcomes(again(log, [hidden._replace(key=b"C2"), hidden])) == [DEAD, DUPLICATE]
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["key_mismatch"]


class Said(NamedTuple):
    """One record of a mixture: something new, or an earlier one once more, as it was or changed in some way."""

    how: str
    which: int
    partition: int


def headed(record: Stored, name: str, value: bytes) -> Stored:
    return record._replace(headers=list({**dict(record.headers), name: value}.items()))


CHANGED: dict[str, Callable[[Stored], Stored]] = {
    "again": lambda record: record,
    "rewritten": lambda record: record._replace(value=json.dumps(json.loads(record.value or b""), indent=1).encode()),
    "reused": lambda record: record._replace(value=json.dumps({**json.loads(record.value or b""), "name": "Eve"}).encode()),
    "other key": lambda record: record._replace(key=b"C9"),
    "no key": lambda record: record._replace(key=None),
    "other type": lambda record: headed(record, "ce_type", b"hub.customer.changed.v1"),
    "other source": lambda record: headed(record, "ce_source", b"/dealers/muc-002"),
    "no body": lambda record: record._replace(value=b"{"),
}
SAID = st.builds(Said, st.sampled_from(["new", "new", "again", "again", *CHANGED]), st.integers(0, 100), st.integers(0, 1))


def tell(mixture: Sequence[Said]) -> list[Stored]:
    """The mixture as records, each at the next offset of its partition."""
    log, words = Log(), Words(Log())
    first: list[Stored] = []
    for number, (how, which, partition) in enumerate(mixture):
        if how == "new" or not first:
            first.append(words.recorded(f"C{number % 5}", f"name {number}", number, id=f"e{number}"))
            record = first[-1]
        else:
            record = CHANGED[how](first[which % len(first)])
        log.write(record.topic, record.value, key=record.key, headers=record.headers, partition=partition)
    return [record for records in log.records.values() for record in records]


async def came_to(url: str, batches: Sequence[Sequence[Stored]], *, keeps: bool, asks: bool) -> tuple[list[Outcome], list[Any]]:
    """What became of each record, and what is kept."""
    async with Engine(url, crm_sync if keeps else newest()) as engine:
        await engine.db.execute("TRUNCATE journal, inbox, corrections, waiting, dead_letters, outbox, consumer_offsets, customers")
        outcomes: list[Outcome] = []
        for batch in batches:
            if asks:
                engine.expect_repetition({(record.topic, record.partition) for record in batch})
            outcomes += await engine.outcomes(batch)
        kept = [
            await engine.db.fetch(f"SELECT {columns} FROM {table} ORDER BY 1, 2")  # noqa: S608 - a test's own words
            for table, columns in (
                ("journal", 'event, part, fingerprint, topic, partition, "offset"'),
                ("inbox", "event, fingerprint"),
                ("dead_letters", "id, reason, key, value"),
                ("waiting", "id, hold, key, event"),
                ("customers", "*"),
                ("consumer_offsets", "topic, partition, next_offset, holes"),
            )
        ]
        return outcomes, [[tuple(row) for row in rows] for rows in kept]


@settings(
    max_examples=int(os.environ.get("HUB_STATEFUL_EXAMPLES", "8")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mixture=st.lists(SAID, min_size=5, max_size=40), keeps=st.booleans(), seed=st.integers(0, 1000))
def test_whether_it_is_asked_or_not_the_same_becomes_of_every_record(database: str, mixture: list[Said], keeps: bool, seed: int) -> None:
    records, chance = tell(mixture), random.Random(seed)
    chance.shuffle(records)
    records.sort(key=lambda record: record.offset)  # a mixture of both partitions, each in its order
    cuts = sorted(chance.sample(range(1, len(records)), 3))
    batches = [records[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(records)], strict=True)]

    async def both() -> None:
        asked, unasked = [await came_to(database, batches, keeps=keeps, asks=asks) for asks in (True, False)]
        assert asked == unasked

    asyncio.run(both())
