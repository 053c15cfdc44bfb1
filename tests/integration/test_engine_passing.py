"""A store without history takes each event once and only forwards, and keeps nothing of what was said."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import topics
from contracts.acts import DEAD_LETTER_REDRIVEN
from contracts.customers import CUSTOMER_RECORDED
from hub.rules import customers
from hub.state import stores
from hub.state.store import Connection
from hub.state.together import Asked
from hub.stream import work
from hub.stream.failures import Conflict
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.stream.subjects import write
from tests.support.crm import Words
from tests.support.engine import Engine, Log
from tests.support.interleaving import cut_off_before_commit, in_transactions
from tests.support.passing import newest

HANDLED, DUPLICATE, DEAD = Outcome.HANDLED, Outcome.DUPLICATE, Outcome.DEAD


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, newest()) as engine:
        yield engine


async def names(engine: Engine) -> dict[str, str]:
    return {row["ref"]: row["name"] for row in await engine.rows("customers")}


async def test_an_event_is_noted_and_nothing_of_what_it_said(engine: Engine) -> None:
    assert await engine.outcomes([Words(Log()).recorded("C1", "Ada")]) == [HANDLED]
    assert await names(engine) == {"C1": "Ada"}
    assert len(await engine.rows("inbox")) == len(await engine.rows("outbox")) == 1
    assert await engine.rows("journal") == []


@pytest.mark.parametrize("batches", [1, 2])
async def test_an_event_told_again_counts_once(engine: Engine, batches: int) -> None:
    log = Log()
    first = Words(log).recorded("C1", "Ada")
    again = log.write(first.topic, first.value, key=first.key, headers=first.headers)
    told = [[first, again]] if batches == 1 else [[first], [again]]
    outcomes = [outcome for batch in told for outcome in await engine.outcomes(batch)]
    assert outcomes == [HANDLED, DUPLICATE]
    assert [row["row_version"] for row in await engine.rows("customers")] == [1]
    assert len(await engine.rows("outbox")) == 1


async def test_a_batch_that_is_read_again_after_its_commit_changes_nothing(engine: Engine) -> None:
    words = Words(Log())
    records = [words.recorded("C1", "Ada"), words.recorded("C2", "Bob"), words.changed("C1")]
    await engine.apply(records)
    before = await engine.rows("customers")
    again = await engine.apply(records)
    assert not again.outcomes
    assert await engine.rows("customers") == before


@pytest.mark.parametrize("batches", [1, 2])
async def test_an_id_used_for_other_content_is_a_dead_letter(engine: Engine, batches: int) -> None:
    words = Words(Log())
    first, other = words.recorded("C1", "Ada", id="same"), words.recorded("C1", "Eve", 1, id="same")
    told = [[first, other]] if batches == 1 else [[first], [other]]
    assert [outcome for batch in told for outcome in await engine.outcomes(batch)] == [HANDLED, DEAD]
    assert await names(engine) == {"C1": "Ada"}
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["id_reuse"]


@pytest.mark.parametrize("revision", [(None, None), (2, 1)])
@pytest.mark.parametrize("batches", [1, 2])
async def test_late_news_never_moves_the_state_back(engine: Engine, batches: int, revision: tuple[int | None, int | None]) -> None:
    words = Words(Log())
    newer = words.recorded("C1", "new", 2, **({"revision": revision[0]} if revision[0] else {}))
    late = words.recorded("C1", "old", 1, **({"revision": revision[1]} if revision[1] else {}))
    told = [[newer, late]] if batches == 1 else [[newer], [late]]
    assert [outcome for batch in told for outcome in await engine.outcomes(batch)] == [HANDLED, HANDLED]
    assert await names(engine) == {"C1": "new"}
    assert [row["row_version"] for row in await engine.rows("customers")] == [1]
    assert len(await engine.rows("outbox")) == 1


async def test_a_state_that_another_saved_meanwhile_is_not_overwritten(engine: Engine) -> None:
    words = Words(Log())
    await engine.apply([words.recorded("C1", "Ada")])

    async def be_late_and_write(connection: Connection, asked: Sequence[Asked[Any]]) -> None:
        await engine.db.execute("UPDATE customers SET row_version = row_version + 1, name = 'somebody else'")
        await write(connection, asked)

    in_transactions(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "write", be_late_and_write)
        with pytest.raises(Conflict):
            await engine.apply([words.recorded("C1", "Bob", 1)])
    assert await names(engine) == {"C1": "Ada"}


async def test_a_correction_is_refused_by_name(engine: Engine) -> None:
    words = Words(Log())
    first = words.recorded("C1", "Ada", id="first")
    assert await engine.outcomes([first, words.recorded("C1", "Eve", 1, corrects="first")]) == [HANDLED, DEAD]
    assert await names(engine) == {"C1": "Ada"}
    [letter] = await engine.rows("dead_letters")
    assert (letter["reason"], letter["faults"][0][0]) == ("rejected", "corrects")


async def test_what_would_wait_is_a_dead_letter_and_holds_nothing_back(engine: Engine) -> None:
    words = Words(Log())
    assert await engine.outcomes([words.changed("C1", 0)]) == [DEAD]
    assert await engine.outcomes([words.recorded("C1", "Ada", 1), words.changed("C1", 2, phone="2")]) == [HANDLED, HANDLED]
    assert [row["phone"] for row in await engine.rows("customers")] == ["2"]
    assert await engine.rows("waiting") == []
    [letter] = await engine.rows("dead_letters")
    assert (letter["reason"], letter["faults"][0][0], letter["event"]) == ("rejected", "customer", None)


async def test_what_was_refused_is_refused_once_and_taken_when_it_is_redriven(engine: Engine) -> None:
    log = Log()
    words = Words(log)
    first = words.changed("C1", 2, phone="7")
    again = log.write(first.topic, first.value, key=first.key, headers=first.headers)
    assert await engine.outcomes([first]) == [DEAD]
    assert await engine.outcomes([again, words.recorded("C1", "Ada", 1)]) == [DUPLICATE, HANDLED]
    [letter] = await engine.rows("dead_letters")
    act = log.say(
        DEAD_LETTER_REDRIVEN,
        {"consumer": "newest", "letter": str(letter["id"]), "why": "known now", "who": "ops"},
        id="act",
        source="/hub/operations",
        topic=topics.ACTS.name,
    )
    assert await engine.outcomes([act]) == [HANDLED]
    assert [row["phone"] for row in await engine.rows("customers")] == ["7"]
    assert [row["state"] for row in await engine.rows("dead_letters")] == ["redriven"]


def test_an_event_is_folded_with_history_everywhere_or_nowhere() -> None:
    consumer = newest()
    with pytest.raises(TypeError, match="with history and without"):
        consumer.fold(stores.leads, {CUSTOMER_RECORDED: customers.recorded})


@given(
    told=st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 5), st.booleans()), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 11)),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_where_batches_end_does_not_matter(database: str, told: Sequence[tuple[str, int, bool]], cuts: set[int]) -> None:
    log = Log()
    words = Words(log)
    records: list[Stored] = []
    for number, (customer, hours, is_whole) in enumerate(told):
        say = words.recorded(customer, f"n{number}", hours) if is_whole else words.changed(customer, hours, phone=str(number))
        records.append(say)
    seen = []
    for ends in ({len(records)}, cuts | {len(records)}):
        async with Engine(database, newest()) as engine:
            await engine.db.execute("TRUNCATE customers, inbox, dead_letters, outbox, consumer_offsets")
            start = 0
            for end in sorted(end for end in ends if end <= len(records)):
                await engine.apply(records[start:end]) if start < end else None
                start = end
            rows = await engine.rows("customers")
            seen.append(
                (
                    [{name: value for name, value in row.items() if name != "row_version"} for row in rows],
                    sorted(row["offset"] for row in await engine.rows("dead_letters")),
                )
            )
    assert seen[0] == seen[1]


async def test_what_is_rolled_back_leaves_nothing_behind_and_is_taken_when_it_comes_again(engine: Engine) -> None:
    words = Words(Log())
    records = [words.recorded("C1", "Ada"), words.changed("C1")]

    async def look() -> None:
        assert await names(engine) == {"C1": "Ada"}

    with cut_off_before_commit(engine, look), pytest.raises(ConnectionResetError):
        await engine.apply(records)
    assert await engine.rows("customers") == await engine.rows("inbox") == await engine.rows("outbox") == []
    assert await engine.outcomes(records) == [HANDLED, HANDLED]
