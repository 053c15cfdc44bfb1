"""What is plain of a batch is worked off in one pass, and ends as it would the usual way."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from bench.without_history import readings
from contracts import topics
from contracts.contacts import CONTACT_RECORDED
from contracts.contract import Lineage
from contracts.crm import CUSTOMER_UPDATED
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from hub.consumers import CONSUMERS
from hub.consumers.crm_sync import crm_sync
from hub.rules import customers
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Subject
from hub.state import stores
from hub.state.store import Connection
from hub.state.together import FEW_ROWS, Asked
from hub.stream import mixed, opening, plain
from hub.stream.batch import WARY
from hub.stream.consumer import Consumer
from hub.stream.failures import Conflict
from hub.stream.outcome import Outcome
from hub.stream.plain import Plain, plain_of
from hub.stream.record import Good, Ready
from hub.stream.slips import Stored
from hub.stream.subjects import write
from hub.stream.work import Work
from tests.support.crm import Words
from tests.support.engine import Engine, Log
from tests.support.interleaving import in_transactions
from tests.support.passing import newest

HANDLED, DEAD = Outcome.HANDLED, Outcome.DEAD
KIM = {"contact": "K", "customer": "A", "name": "Kim"}
TABLES = ("customers", "contacts", "journal", "corrections", "inbox", "dead_letters", "waiting", "outbox", "consumer_offsets")
OF_THE_RUN = {"came_at", "recorded_at", "since", "until", "moved_at", "epoch", "time", "body"}


class Saying(NamedTuple):
    """What one record says, and how: `id` is its own, unless it is another one's."""

    kind: str
    customer: str
    hours: int
    revision: int | None
    id: int | None
    is_historical: bool
    dealer: str


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, newest(is_told=False)) as engine:
        yield engine


@contextmanager
def watched() -> Iterator[list[bool]]:
    """Of each batch that was begun in one pass, whether no rule refused anything of it."""
    ways: list[bool] = []
    saves = Plain.saves

    async def watch(plain: Plain, *how: Any) -> list[Asked[Any]]:
        ways.append(False)
        found = await saves(plain, *how)
        ways[-1] = True
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plain, "saves", watch)
        yield ways


async def test_what_is_new_and_sound_goes_in_one_pass(engine: Engine) -> None:
    words = Words(Log())
    with watched() as ways:
        said = [words.recorded("A", "Ada"), words.recorded("B", "Bob"), words.changed("A", phone="7")]
        assert await engine.outcomes(said) == [HANDLED] * 3
    assert ways == [True]
    kept = [(row["name"], row["phone"], row["row_version"]) for row in await engine.rows("customers")]
    assert kept == [("Ada", "7", 1), ("Bob", None, 1)]


def _mixed(words: Words, **how: Any) -> list[Stored]:
    return [words.recorded("A", "Ada", **how), words.say(CONTACT_RECORDED, KIM, 0, **how), words.recorded("B", "Bob")]


async def test_beside_what_has_a_history_it_goes_in_one_pass_all_the_same(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "MANY", 2)
    with watched() as ways:
        assert await engine.outcomes(_mixed(Words(Log()))) == [HANDLED] * 3
    assert ways == [True]
    assert [len(await engine.rows(table)) for table in ("customers", "inbox", "contacts", "journal")] == [2, 2, 1, 1]


async def test_an_id_used_for_both_in_one_batch_is_a_dead_letter(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "MANY", 2)
    assert await engine.outcomes(_mixed(Words(Log()), id="same")) == [HANDLED, DEAD, HANDLED]
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["id_reuse"]


async def test_after_a_refusal_the_next_batches_are_not_folded_twice(engine: Engine) -> None:
    words = Words(Log())
    with watched() as ways:
        assert await engine.outcomes([words.changed("A")]) == [DEAD]
        for number in range(WARY + 1):
            assert await engine.outcomes([words.recorded("A", f"n{number}", number)]) == [HANDLED]
    assert ways == [False, False, True]  # the second one where it might have been a transaction of its own that failed


async def test_a_state_that_another_saved_meanwhile_is_not_overwritten(engine: Engine) -> None:
    words = Words(Log())
    await engine.apply([words.recorded("A", "Ada")])

    async def be_late_and_write(connection: Connection, asked: Sequence[Asked[Any]]) -> None:
        await engine.db.execute("UPDATE customers SET row_version = row_version + 1, name = 'somebody else'")
        await write(connection, asked)

    in_transactions(engine)
    with watched() as ways, pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "write", be_late_and_write)
        with pytest.raises(Conflict):
            await engine.apply([words.recorded("A", "Bob", 1)])
    assert ways == [True]
    assert [row["name"] for row in await engine.rows("customers")] == ["Ada"]


async def test_what_is_taken_afresh_is_not_loaded_and_moves_nobody_back(database: str) -> None:
    words = Words(Log())
    async with Engine(database, newest(is_told=False, is_afresh=True)) as engine:
        await engine.apply([words.recorded("A", "Ada", 2), words.recorded("B", "Bob", 2, revision=3)])
        before = await engine.rows("customers")
        with watched() as ways, pytest.MonkeyPatch.context() as patch:
            patch.setattr(stores.customers, "loading", None)
            assert await engine.outcomes([words.recorded("A", "late", 1), words.recorded("B", "late", 3, revision=2)]) == [HANDLED] * 2
            assert await engine.rows("customers") == before
            assert await engine.outcomes([words.recorded("A", "Ada", 3), words.recorded("B", "Eve", 3, revision=4)]) == [HANDLED] * 2
        assert ways == [True, True]
        same, other = await engine.rows("customers")
        assert (same["because"], same["row_version"]) == (before[0]["because"], 2)
        assert (other["because"] == before[1]["because"], other["name"], other["revision"]) == (False, "Eve", 4)


async def test_of_whom_one_record_tells_all_the_row_alone_is_kept(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "MANY", 1)
    words = Words(Log())
    said = [words.recorded(*how) for how in (("A", "Ada"), ("B", "Bob"), ("C", "Cyd"), ("D", "Dan"), ("C", "Eve", 1), ("C", "Fay", 2))]
    async with Engine(database, newest(is_told=False, is_afresh=True)) as engine:
        said.append(words.changed("D", phone="4"))
        judged = await engine.recogniser.judge(engine.db, {("dealer.ber-001.events", 0): said})
        assert [type(record) for record in judged["dealer.ber-001.events", 0]] == [Good, Ready, Good, Good, Good, Good, Good]
        with watched() as ways:
            assert await engine.outcomes(said) == [HANDLED] * 7
        assert ways == [True]
        found = {row["ref"]: (row["name"], row["phone"]) for row in await engine.rows("customers")}
        assert found == {"A": ("Ada", None), "B": ("Bob", None), "C": ("Fay", None), "D": ("Dan", "4")}


async def test_what_was_folded_early_is_read_once_more_where_a_batch_is_looked_at_closely(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixed, "MANY", 1)
    words = Words(Log())
    async with Engine(database, newest(is_told=False, is_afresh=True)) as engine:
        await engine.apply([words.recorded("A", "Ada", id="came")])
        said = [
            words.recorded("B", "Bob"),
            words.recorded("A", "Ada", id="came"),
            words.recorded("C", "Cyd"),
            words.say(CUSTOMER_RECORDED, {"customer": "D", "name": "Dan", "parent": "D"}, 0),
        ]
        assert await engine.outcomes(said) == [HANDLED, Outcome.DUPLICATE, HANDLED, DEAD]
        assert [row["name"] for row in await engine.rows("customers")] == ["Ada", "Bob", "Cyd"]
        assert [row["reason"] for row in await engine.rows("dead_letters")] == ["rejected"]
        judged = await engine.recogniser.judge(engine.db, {("dealer.ber-001.events", 0): said}, closely=engine.batch.is_wary)
        assert {type(record) for record in judged["dealer.ber-001.events", 0]} == {Good}


@pytest.mark.parametrize(("lineage", "history"), [(CUSTOMER_RECORDED, True), (CUSTOMER_CHANGED, False)])
def test_afresh_is_taken_what_has_a_rule_and_no_history(lineage: Lineage[Any], history: bool) -> None:
    with pytest.raises(TypeError, match="takes afresh"):
        Consumer("newest").fold(stores.customers, {CUSTOMER_RECORDED: customers.recorded}, history=history, afresh=[lineage])


def test_nothing_is_plain_that_shares_a_store_with_what_is_told() -> None:
    consumer = newest(is_told=False)
    assert plain_of(consumer) == {CUSTOMER_RECORDED, CUSTOMER_CHANGED}
    told = (topics.CRM, CUSTOMER_UPDATED, customers.told)
    consumer.fold(stores.leads, {CUSTOMER_CHANGED: customers.changed}, history=False, tell=told)
    assert plain_of(consumer) == set()


class _Nobody:
    """A state that nobody may look at."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"the rule looked at {name}")


FRESH = {
    (store, lineage): fold.rules[lineage]
    for consumer in (*CONSUMERS.values(), readings)
    for store, fold in consumer.stores.items()
    for lineage in fold.afresh
}


@pytest.mark.parametrize(("store", "lineage"), FRESH, ids=str)
def test_a_rule_that_folds_afresh_looks_at_no_state(store: str, lineage: Lineage[Any]) -> None:
    current = len(lineage.editions)
    files = (Path(contracts.__path__[0]) / "examples" / lineage.name / f"v{current}").glob("*.json")
    bodies = [lineage.decode(current, file.read_bytes()) for file in files]
    assert bodies
    for body in bodies:
        facts = Facts(Subject("dealer:ber-001", lineage.ref(body)), BaseData())
        assert isinstance(FRESH[store, lineage](_Nobody(), body, facts), Change)


def _say(log: Log, words: Words, saying: Saying) -> Stored:
    how: dict[str, Any] = {"historical": saying.is_historical, "dealer": saying.dealer}
    if saying.revision is not None:
        how["revision"] = saying.revision
    if saying.id is not None:
        how["id"] = f"same-{saying.id}"
    match saying.kind:
        case "changed":
            return words.changed(saying.customer, saying.hours, phone=str(saying.hours), **how)
        case "contact":
            return words.say(CONTACT_RECORDED, {**KIM, "contact": saying.customer, "name": f"at {saying.hours}"}, saying.hours, **how)
        case "corrects":
            return words.recorded(saying.customer, "mended", saying.hours, corrects="e1", **how)
        case "strange":
            return log.write(f"dealer.{saying.dealer}.events", b"{}", key=saying.customer, headers=[("ce_id", b"x")])
        case name:
            return words.recorded(saying.customer, name, saying.hours, **how)


async def _end(database: str, consumer: Consumer, records: Sequence[Stored], ends: set[int]) -> object:
    """What these batches came to."""
    async with Engine(database, consumer) as engine:
        await engine.db.execute("; ".join(f"DELETE FROM {name}" for name in TABLES))  # noqa: S608 - a test's own words
        start, outcomes = 0, []
        for end in sorted({end for end in ends if end < len(records)} | {len(records)}):
            outcomes += await engine.outcomes(records[start:end])
            start = end
        return outcomes, [[_lasting(row) for row in await engine.rows(name)] for name in TABLES]


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    own = OF_THE_RUN | ({"id"} if "body" in row else set())  # the outbox goes on counting
    return {name: value for name, value in row.items() if name not in own}


def _sayings(*kinds: str, ids: st.SearchStrategy[int | None]) -> st.SearchStrategy[Saying]:
    revisions, dealers = st.none() | st.integers(1, 4), st.sampled_from(["ber-001", "ber-001", "muc-002"])
    return st.builds(Saying, st.sampled_from(kinds), st.sampled_from("AB"), st.integers(0, 5), revisions, ids, st.booleans(), dealers)


SOUND = st.lists(_sayings("Ada", "Bob", "Cyd", "changed", "contact", ids=st.none()), min_size=2, max_size=8)
ODD = st.lists(_sayings("Ada", "changed", "contact", "corrects", "strange", ids=st.integers(1, 2)), max_size=3)


WAYS = {"afresh": newest(is_told=False, is_afresh=True), "newest": newest(is_told=False), "journalled": crm_sync}


@given(
    way=st.sampled_from(sorted(WAYS)),
    few=st.sampled_from([1, FEW_ROWS]),
    sound=SOUND,
    odd=ODD,
    ends=st.sets(st.integers(1, 12), max_size=2),
    shuffle=st.randoms(use_true_random=False),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_it_ends_as_it_would_the_usual_way(
    database: str, way: str, few: int, sound: Sequence[Saying], odd: Sequence[Saying], ends: set[int], shuffle: Random
) -> None:
    log = Log()
    words = Words(log)
    known = [words.recorded(customer, "known", dealer=dealer) for customer in "AB" for dealer in ("ber-001", "muc-002")]
    said = [*sound, *odd]
    shuffle.shuffle(said)
    records = [*known, *(_say(log, words, saying) for saying in said)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixed, "MANY", 1)
        for module in (opening, plain):
            patch.setattr(module, "FEW_ROWS", few)
        quickly = await _end(database, WAYS[way], records, ends)
        patch.setattr(Work, "at_once", lambda *_: None)
        usually = await _end(database, WAYS["newest" if way == "afresh" else way], records, ends)
    assert quickly == usually
