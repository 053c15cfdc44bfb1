"""A subject's state is the fold of its events in their order, whatever order they arrive in and whatever corrects them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from contracts import catalogue
from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN, WAIT_RELEASED
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from contracts.timers import WAIT_EXPIRED
from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.stream import work
from hub.stream.failures import Conflict
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.stream.subjects import write
from tests.support.crm import Words, base_data
from tests.support.engine import NOON, Engine, Log
from tests.support.interleaving import Stop, before_commit, in_transactions, until_blocked

HANDLED, WAITING, DEAD = Outcome.HANDLED, Outcome.WAITING, Outcome.DEAD


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    log = Log()
    base_data(log)
    async with Engine(database, crm_sync) as engine:
        await engine.lay(log)
        yield engine


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


def placed(said: Sequence[Stored], first: int = 0) -> list[Stored]:
    """The same events as if they had arrived in this order."""
    return [record._replace(offset=first + n) for n, record in enumerate(said)]


async def journalled(engine: Engine) -> int:
    return len([row for row in await engine.rows("journal") if row["store"] == "customers"])


async def phones(engine: Engine) -> list[tuple[str, str | None]]:
    return [(row["ref"], row["phone"]) for row in await engine.rows("customers")]


async def test_late_news_joins_the_history_and_does_not_move_the_state_back(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.changed("C1", 5, phone="5")])
    assert await engine.outcomes([dealer.changed("C1", 3, phone="3")]) == [HANDLED]
    assert await phones(engine) == [("C1", "5")]
    assert await journalled(engine) == 3


async def test_late_news_is_folded_in_where_it_belongs(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1", stage="talk"), dealer.lost("O1", 9)])
    await engine.apply([dealer.moved("O1", 5)])
    [row] = await engine.rows("opportunities")
    assert (row["status"], row["stage"], row["stage_since"].hour) == ("lost", "offer", 17)


async def test_what_changed_nothing_still_has_its_place_in_the_order(engine: Engine, dealer: Words) -> None:
    """Reopened while it was open: nothing changes, until it turns out that it had been lost before."""
    for record in (dealer.opened("O1"), dealer.reopened("O1", 3), dealer.lost("O1", 2)):
        await engine.apply([record])
    assert [(row["status"], row["reopenings"]) for row in await engine.rows("opportunities")] == [("open", 1)]


async def test_revisions_order_what_clocks_confuse(engine: Engine, dealer: Words) -> None:
    await engine.apply(
        [
            dealer.recorded("C1", "third", 0, revision=3),
            dealer.recorded("C1", "first", 9, revision=1),
            dealer.recorded("C1", "second", 4, revision=2),
        ]
    )
    [row] = await engine.rows("customers")
    assert (row["name"], row["revision"]) == ("third", 3)


async def test_an_opportunity_is_the_same_in_whatever_order_it_is_told(engine: Engine) -> None:
    for n, order in enumerate(permutations(range(4))):
        dealer = Words(Log(), f"dealer-{n}")
        said = [dealer.opened("O1", stage="talk"), dealer.moved("O1", 1), dealer.lost("O1", 2), dealer.reopened("O1", 3)]
        for record in placed([said[n] for n in order]):
            await engine.apply([record])
    rows = await engine.rows("opportunities")
    assert {(row["status"], row["stage"], row["reopenings"], row["ordered_at"].hour) for row in rows} == {("open", "offer", 1, 15)}
    assert len(rows) == 24
    assert await engine.rows("waiting") == []


async def test_lost_before_opened_in_one_batch_is_lost(engine: Engine, dealer: Words) -> None:
    assert await engine.outcomes([dealer.lost("O1"), dealer.opened("O1")]) == [HANDLED, HANDLED]
    assert [row["status"] for row in await engine.rows("opportunities")] == ["lost"]


async def test_lost_before_opened_waits_for_it_over_batches_and_restarts(engine: Engine, database: str, dealer: Words) -> None:
    lost, opened = dealer.lost("O1"), dealer.opened("O1")
    assert await engine.outcomes([lost]) == [WAITING]
    [waiter] = await engine.rows("waiting")
    assert (waiter["hold"], waiter["kind"], waiter["awaited_ref"]) == ("news", "opportunity", "O1")
    async with Engine(database, crm_sync, owner="the next process") as restarted:
        assert await restarted.outcomes([opened]) == [HANDLED]
    assert [row["status"] for row in await engine.rows("opportunities")] == ["lost"]
    assert await engine.rows("waiting") == []


async def test_because_is_the_event_that_last_changed_the_state(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada", 1, id="one"), dealer.recorded("C1", "Ada", 2, id="two")])
    await engine.apply([dealer.recorded("C1", "Ada", 0, id="zero")])
    [row] = await engine.rows("customers")
    because = await engine.db.fetchval("SELECT event_id FROM journal WHERE event = $1", row["because"])
    assert because == "zero"


async def test_a_correction_takes_the_place_of_what_it_corrects(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.changed("C1", 1, phone="wrong", id="wrong")])
    await engine.apply([dealer.changed("C1", 1, phone="right", corrects="wrong")])
    assert await phones(engine) == [("C1", "right")]
    assert await journalled(engine) == 3


async def test_a_correction_may_come_before_what_it_corrects(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.changed("C1", 1, phone="right", corrects="wrong")])
    assert await engine.outcomes([dealer.changed("C1", 5, phone="wrong", id="wrong")]) == [HANDLED]
    assert await phones(engine) == [("C1", "right")]


async def test_a_correction_and_what_it_corrects_may_come_together(engine: Engine, dealer: Words) -> None:
    correction, wrong = dealer.changed("C1", 1, phone="right", corrects="wrong"), dealer.changed("C1", 5, phone="wrong", id="wrong")
    await engine.apply([correction, dealer.recorded("C1", "Ada"), wrong])
    assert await phones(engine) == [("C1", "right")]


async def test_a_correction_of_a_correction_leaves_the_last_word(engine: Engine) -> None:
    for n, order in enumerate(permutations(range(1, 4))):
        dealer = Words(Log(), f"dealer-{n}")
        said = [
            dealer.recorded("C1", "Ada"),
            dealer.changed("C1", 3, phone="first", id="first"),
            dealer.changed("C1", 2, phone="second", id="second", corrects="first"),
            dealer.changed("C1", 1, phone="third", id="third", corrects="second"),
        ]
        for record in placed([said[0], *(said[n] for n in order)]):
            await engine.apply([record])
    assert await phones(engine) == [("C1", "third")] * 6


async def test_a_correction_may_move_an_event_to_another_subject(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.recorded("C2", "Eve"), dealer.changed("C1", 1, phone="7", id="misdialled")])
    await engine.apply([dealer.changed("C2", 1, phone="7", corrects="misdialled")])
    assert await phones(engine) == [("C1", None), ("C2", "7")]


async def test_correcting_the_only_creator_away_leaves_no_state_and_what_built_on_it_waits(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada", id="mistake"), dealer.changed("C1", 1, phone="7")])
    await engine.apply([dealer.recorded("C2", "Ada", corrects="mistake")])
    assert await phones(engine) == [("C2", None)]
    assert [(row["ref"], row["hold"]) for row in await engine.rows("waiting")] == [("C1", "news")]
    await engine.apply([dealer.recorded("C1", "Bob")])
    assert await phones(engine) == [("C1", "7"), ("C2", None)]
    assert await engine.rows("waiting") == []


async def test_another_dealer_corrects_nothing_here(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada", id="mine", source="/software")])
    await engine.apply([Words(dealer.log, "muc-002").recorded("C1", "Eve", corrects="mine", source="/software")])
    assert [(row["principal"], row["name"]) for row in await engine.rows("customers")] == [
        ("dealer:ber-001", "Ada"),
        ("dealer:muc-002", "Eve"),
    ]


async def test_an_event_cannot_correct_itself(engine: Engine, dealer: Words) -> None:
    assert await engine.outcomes([dealer.recorded("C1", "Ada", id="me", corrects="me")]) == [DEAD]


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_a_correction_that_is_refused_corrects_nothing(engine: Engine, dealer: Words, is_one_batch: bool) -> None:
    good = [dealer.opened("O1"), dealer.won("O1", 1, id="win")]
    bad = dealer.won("O1", 1, stage="talk", corrects="win")
    for batch in [[*good, bad]] if is_one_batch else [good, [bad]]:
        await engine.apply(batch)
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["rejected"]
    assert [row["status"] for row in await engine.rows("opportunities")] == ["won"]


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_a_correction_behind_a_dead_letter_corrects_nothing_yet(engine: Engine, dealer: Words, is_one_batch: bool) -> None:
    first = [dealer.opened("O1", id="opening"), dealer.won("O1", 1, stage="talk")]
    held = dealer.moved("O1", 1, corrects="opening")
    for batch in [[*first, held]] if is_one_batch else [first, [held]]:
        await engine.apply(batch)
    assert [row["ref"] for row in await engine.rows("opportunities")] == ["O1"]
    await engine.apply([dealer.opened("O2", corrects="opening")])
    assert [row["ref"] for row in await engine.rows("opportunities")] == ["O2"]


async def test_base_data_that_is_corrected_to_another_day_is_noticed(database: str, engine: Engine, dealer: Words) -> None:
    """One row goes in the moment another comes: their number and their versions stay the same."""
    await engine.apply([dealer.opened("O1")])
    stages = [{"id": "offer", "name": "Offer", "probability": 50, "may_win": False}]
    log = Log()
    body = {"id": "standard", "name": "Standard", "stages": stages, "effective_from": "1950-01-01", "corrects": "sales_model-1"}
    lineage = next(lineage for lineage in base_consumer.stores["base_data"].rules if lineage.name == "sales_model.recorded")
    log.say(lineage, body, id="sales_model-2", source="/oem/mdm", topic="oem.base", key="sales_model/standard@1950-01-01", partition=1)
    async with Engine(database, base_consumer) as oem:
        await oem.apply(log.records["oem.base", 1])
    assert await engine.outcomes([dealer.won("O1", 1)]) == [DEAD]


@pytest.fixture
async def other(engine: Engine) -> AsyncIterator[Engine]:
    """A lane of its own for another partition of the dealer's topic."""
    async with Engine(engine.url, crm_sync, owner="another lane") as other:
        for each, partition in ((engine, 0), (other, 1)):
            await each.claim([("dealer.ber-001.events", partition)])
        yield other


def confused(dealer: Words) -> tuple[Stored, Stored]:
    """A customer under a wrong reference, and the right one in another partition, where its key has its place."""
    return dealer.recorded("C1", "Ada", id="wrong"), dealer.recorded("C2", "Ada", corrects="wrong", partition=1)


async def customers(engine: Engine) -> list[str]:
    return [row["ref"] for row in await engine.rows("customers")]


async def test_what_has_only_looked_sees_a_correction_that_is_quicker(
    engine: Engine, other: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right = confused(dealer)
    stop = Stop()
    monkeypatch.setattr(work, "write", stop.before(write, engine.db))
    coming = asyncio.create_task(engine.outcomes([wrong]))
    await stop.reached.wait()
    assert await other.outcomes([right]) == [HANDLED]
    stop.go.set()
    assert await coming == [HANDLED]
    assert await customers(engine) == ["C2"]


@pytest.mark.parametrize("is_swift", [True, False])
async def test_what_comes_while_a_correction_is_under_way_waits_and_sees_it(
    engine: Engine, other: Engine, dealer: Words, is_swift: bool
) -> None:
    wrong, right = confused(dealer)
    if not is_swift:
        in_transactions(engine)
    stop = before_commit(other)
    correcting = asyncio.create_task(other.outcomes([right]))
    await stop.reached.wait()
    coming = asyncio.create_task(engine.outcomes([wrong]))
    await until_blocked(engine)
    stop.go.set()
    assert [await correcting, await coming] == [[HANDLED], [HANDLED]]
    assert await customers(engine) == ["C2"]


@pytest.mark.parametrize("is_held", [True, False])
async def test_a_correction_waits_for_its_target_that_is_under_way(engine: Engine, other: Engine, dealer: Words, is_held: bool) -> None:
    """Also one that was held back by a letter, and goes on."""
    wrong, right = confused(dealer)
    said = [right]
    if is_held:
        await other.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C2", "phone": 7}, 1, partition=1)._replace(offset=0)])
        assert await other.outcomes([right._replace(offset=1)]) == [Outcome.HELD]
        (letter,) = await engine.rows("dead_letters")
        body = {"consumer": "crm-sync", "who": "op", "why": "a slip", "letter": str(letter["id"])}
        said = [dealer.say(DEAD_LETTER_DISCARDED, body, 2, topic="hub.acts", source="/hub/operators/op")]
    stop = before_commit(engine)
    coming = asyncio.create_task(engine.outcomes([wrong]))
    await stop.reached.wait()
    correcting = asyncio.create_task(other.outcomes(said))
    await until_blocked(other)
    stop.go.set()
    assert [await correcting, await coming] == [[HANDLED], [HANDLED]]
    assert await customers(engine) == ["C2"]


async def test_corrections_of_two_lanes_do_not_wait_for_each_other(engine: Engine, other: Engine, dealer: Words) -> None:
    stop = Stop()
    other.offsets.lock = stop.behind(other.offsets.lock, other.db)  # type: ignore[method-assign]
    second = [dealer.recorded("C2", "Ada", corrects="nor that", partition=1)]
    beaten = asyncio.create_task(other.apply(second))
    await stop.reached.wait()
    first = asyncio.create_task(engine.outcomes([dealer.recorded("C1", "Ada", corrects="never said")]))
    await until_blocked(engine)
    stop.go.set()
    with pytest.raises(Conflict):
        await beaten
    assert [await first, await other.outcomes(second)] == [[HANDLED], [HANDLED]]


BY = {"consumer": "crm-sync", "who": "op", "why": "a slip"}
MENDED = json.dumps({"occurred_at": NOON.isoformat(), "customer": "C1", "name": "Ada"})


async def coming_back(engine: Engine, dealer: Words, how: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Awaitable[object]]:
    """The wrong customer of `confused`, set aside, and what lets it count."""
    is_newer = how in {"newer", "released"}
    wrong = dealer.recorded("C1", "Ada", id="wrong", version=2 if is_newer else 1)
    await engine.claim([("hub.acts", 0)])
    if is_newer:
        assert await engine.outcomes([wrong]) == [WAITING]
        monkeypatch.setitem(catalogue._BY_WIRE, "hub.customer.recorded.v2", (CUSTOMER_RECORDED, 1))
        if how == "newer":
            return partial(engine.batch.release_newer, engine.db)
        return partial(engine.outcomes, [await ordered(engine, dealer, WAIT_RELEASED, "waiting", "wait")])
    bad = wrong if how == "mended" else dealer.recorded("C1", "Ada")._replace(offset=0)
    said = [bad._replace(value=b"{nope")] if how == "mended" else [bad._replace(value=b"{nope"), wrong._replace(offset=1)]
    await engine.apply(said)
    lineage = DEAD_LETTER_DISCARDED if how == "held" else DEAD_LETTER_REDRIVEN
    mend = {"body": MENDED} if how == "mended" else {}
    return partial(engine.outcomes, [await ordered(engine, dealer, lineage, "dead_letters", "letter", **mend)])


async def ordered(engine: Engine, dealer: Words, lineage: Lineage[Any], table: str, name: str, **more: str) -> Stored:
    """An operator's act upon the only row of a table."""
    (row,) = await engine.rows(table)
    return dealer.say(lineage, {**BY, name: str(row["id"]), **more}, 2, topic="hub.acts", source="/hub/operators/op")


async def side_by_side(first: Engine, second: Engine, does: Mapping[Engine, Callable[[], Awaitable[object]]]) -> None:
    """The second does its part while all of the first's is done but the commit; where somebody is in its way it does it again."""
    stop = Stop()
    in_transactions(first)
    first.batch._act = stop.behind(first.batch._act, first.db)  # type: ignore[method-assign]
    began = asyncio.create_task(does[first]())  # type: ignore[arg-type] # all are coroutines
    await stop.reached.wait()
    follows, blocked = asyncio.create_task(does[second]()), asyncio.create_task(until_blocked(second))  # type: ignore[arg-type]
    await asyncio.wait([follows, blocked], return_when=asyncio.FIRST_COMPLETED)
    stop.go.set()
    await began
    try:
        await follows
    except Conflict:
        await does[second]()
    blocked.cancel()


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("how", ["mended", "held", "newer", "released"])
async def test_a_correction_and_its_target_that_an_operator_lets_count_see_each_other(
    engine: Engine, other: Engine, dealer: Words, how: str, is_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_back = await coming_back(engine, dealer, how, monkeypatch)
    _, right = confused(dealer)
    first, second = (other, engine) if is_first else (engine, other)
    await side_by_side(first, second, {other: partial(other.outcomes, [right]), engine: come_back})
    assert await customers(engine) == ["C2"]


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_correction_that_comes_to_nothing_and_another_of_the_same_see_each_other(
    engine: Engine, other: Engine, dealer: Words, is_first: bool
) -> None:
    await engine.apply([dealer.opened("O1", id="wrong")])
    assert await engine.outcomes([dealer.moved("O2", corrects="wrong")]) == [WAITING]
    await engine.claim([("hub.timers", 0)])
    (wait,) = await engine.rows("waiting")
    body = {"consumer": "crm-sync", "principal": "dealer:ber-001", "store": "opportunities", "subject": "O2"}
    over = {**body, "kind": wait["kind"], "ref": wait["awaited_ref"]}
    ended = dealer.say(WAIT_EXPIRED, over, 24 * 365, topic="hub.timers", source="/hub/clock", key="O2")
    right = dealer.opened("O3", corrects="wrong", partition=1)
    first, second = (other, engine) if is_first else (engine, other)
    await side_by_side(first, second, {other: partial(other.outcomes, [right]), engine: partial(engine.outcomes, [ended])})
    assert [row["ref"] for row in await engine.rows("opportunities")] == ["O3"]
