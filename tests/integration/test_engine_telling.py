"""What leaves is said once under one id, tells nothing of the past, and its sender hears why a record was refused."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import topics
from contracts.crm import OPPORTUNITY_UPDATED, OpportunityUpdated
from contracts.opportunities import OPPORTUNITY_OPENED
from hub.consumers.crm_sync import crm_sync
from hub.rules import opportunities
from hub.state import stores
from hub.stream.consumer import Consumer
from hub.stream.outcome import Outcome
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log
from tests.support.interleaving import cut_off_before_commit


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    log = Log()
    base_data(log)
    async with Engine(database, crm_sync) as engine:
        await engine.lay(log)
        await engine.db.execute("DELETE FROM outbox")
        yield engine


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


async def heard(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    """All that was said, in the order in which it will leave: topic, key, body."""
    rows = await engine.rows("outbox")
    return [(row["topic"], row["key"], json.loads(row["body"])) for row in rows]


async def test_a_refused_record_is_answered_on_its_dealers_feed_with_the_fields_path(engine: Engine, dealer: Words) -> None:
    bad = dealer.recorded("C1", "")
    rejected = dealer.won("O1", stage="talk")
    assert await engine.outcomes([bad, rejected]) == [Outcome.DEAD, Outcome.DEAD]
    said = await heard(engine)
    assert [(topic, key) for topic, key, _ in said] == [
        ("dealer.ber-001.feed", "dealer.ber-001.events[0]@0"),
        ("dealer.ber-001.feed", "dealer.ber-001.events[0]@1"),
    ]
    faults = [(body["reason"], [fault["path"] for fault in body["faults"]]) for *_, body in said]
    assert faults == [("schema", ["name"]), ("rejected", ["stage"])]
    assert [body["event_id"] for *_, body in said] == ["e1", "e2"]


async def test_a_refusal_is_heard_by_its_own_dealer_only(engine: Engine, dealer: Words) -> None:
    other = Words(dealer.log, "muc-002").recorded("C1", "")
    await engine.apply([dealer.recorded("C1", "Ada"), other])
    assert [topic for topic, *_ in await heard(engine)] == ["dealer.muc-002.feed", "hub.crm"]


async def test_events_of_the_past_fold_and_tell_nobody_but_their_refusal_is_heard(engine: Engine, dealer: Words) -> None:
    records = [dealer.opened("O1", historical=True), dealer.won("O1", historical=True), dealer.won("O2", stage="talk", historical=True)]
    assert await engine.outcomes(records) == [Outcome.HANDLED, Outcome.HANDLED, Outcome.DEAD]
    assert [(row["status"], row["wins"]) for row in await engine.rows("opportunities")] == [("won", 0)]
    assert [topic for topic, *_ in await heard(engine)] == ["dealer.ber-001.feed"]


async def test_a_live_event_that_changes_nothing_does_not_tell_of_the_past(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1", historical=True), dealer.opened("O1", 1)])
    assert await heard(engine) == []


async def test_a_live_event_is_told_even_if_the_past_of_its_batch_comes_after_it(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1"), dealer.won("O1", historical=True)])
    assert [(body["status"], body["occurred_at"]) for *_, body in await heard(engine)] == [("won", "2026-03-02T12:00:00Z")]


async def test_a_live_event_after_the_past_is_told(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1", historical=True)])
    await engine.apply([dealer.won("O1")])
    assert [(body["status"], body["revision"], body["wins"]) for *_, body in await heard(engine)] == [("won", 2, 1)]


async def test_a_subject_is_told_of_once_a_batch_with_its_revision(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1", stage="talk"), dealer.moved("O1"), dealer.won("O1")])
    await engine.apply([dealer.reopened("O1")])
    assert [(key, body["status"], body["revision"]) for _, key, body in await heard(engine)] == [
        ("ber-001/O1", "won", 1),
        ("ber-001/O1", "open", 2),
    ]


async def test_a_state_that_changes_back_is_told_under_another_id(engine: Engine, dealer: Words) -> None:
    """The correction is another subject's event: what stands again is what was told before."""
    await engine.apply([dealer.opened("O1")])
    await engine.apply([dealer.won("O1", 1, id="mixed up")])
    await engine.apply([dealer.opened("O2", 1, corrects="mixed up")])
    said = [(key, body["status"], body["revision"]) for _, key, body in await heard(engine)]
    assert sorted(said) == [("ber-001/O1", "open", 1), ("ber-001/O1", "open", 3), ("ber-001/O1", "won", 2), ("ber-001/O2", "open", 1)]
    ids = [row["event_id"] for row in await engine.rows("outbox")]
    assert len(set(ids)) == len(ids)


async def test_a_correction_of_the_past_that_changes_another_subject_is_not_told(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1"), dealer.won("O1", 1, id="mixed up")])
    await engine.db.execute("DELETE FROM outbox")
    await engine.apply([dealer.opened("O2", 1, corrects="mixed up", historical=True)])
    assert [row["status"] for row in await engine.rows("opportunities")] == ["open", "open"]
    assert await heard(engine) == []


async def test_what_is_said_carries_the_same_ids_when_a_batch_that_was_rolled_back_is_applied_again(engine: Engine, dealer: Words) -> None:
    records = [dealer.opened("O1"), dealer.recorded("C1", ""), dealer.won("O2", stage="talk"), dealer.recorded("C2", "Ada")]
    rolled_back: list[tuple[object, ...]] = []

    async def look() -> None:
        rolled_back.extend(tuple(row.values())[1:-1] for row in await engine.rows("outbox"))

    with cut_off_before_commit(engine, look), pytest.raises(ConnectionResetError):
        await engine.apply(records)
    assert await engine.rows("outbox") == []
    await engine.apply(records)
    assert [tuple(row.values())[1:-1] for row in await engine.rows("outbox")] == rolled_back
    assert len(rolled_back) == 4


async def test_nobody_hears_of_another_dealers_customer(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), Words(dealer.log, "muc-002").recorded("C1", "Eve")])
    assert [(key, body["dealer"]) for _, key, body in await heard(engine)] == [("ber-001/C1", "ber-001"), ("muc-002/C1", "muc-002")]
    assert "Ada" not in str(await heard(engine))


def telling_much(**more: Any) -> Consumer:
    """One change is told in two topics, once as two events, and on the feed of the dealer whose opportunity it is."""
    consumer = Consumer("crm-sync", topics.DEALER_EVENTS, topics.ACTS, topics.TIMERS, using=crm_sync.using)

    def twice(*change: Any) -> list[OpportunityUpdated]:
        once = opportunities.told(*change)
        return [once, once.model_copy(update={"subject": f"{once.subject}/again"})]

    consumer.fold(
        stores.opportunities,
        crm_sync.stores["opportunities"].rules,
        tell=[
            (topics.CRM, OPPORTUNITY_UPDATED, opportunities.told),
            (topics.ORDERS, OPPORTUNITY_UPDATED, twice),
            (topics.DEALER_FEED, OPPORTUNITY_UPDATED, opportunities.told, lambda state, _subject, _said: state.title),
            (topics.ALERTS, OPPORTUNITY_UPDATED, lambda *_: None),
        ],
        **more,
    )
    return consumer


async def test_a_change_may_be_told_in_several_ways_each_under_an_id_of_its_own(database: str, dealer: Words) -> None:
    base_data(dealer.log)
    async with Engine(database, telling_much()) as engine:
        await engine.lay(dealer.log)
        await engine.db.execute("DELETE FROM outbox")
        await engine.apply([dealer.say(OPPORTUNITY_OPENED, {"opportunity": "O1", "stage": "offer", "title": "muc-002"}, 0)])
        said = [(row["topic"], row["key"]) for row in await engine.rows("outbox")]
        one = "ber-001/O1"
        assert said == [("hub.crm", one), ("hub.orders", one), ("hub.orders", f"{one}/again"), ("dealer.muc-002.feed", one)]
        assert len({row["event_id"] for row in await engine.rows("outbox")}) == len(said)


@pytest.mark.parametrize("partner", [None, "No such partner!"])
async def test_what_is_for_no_partner_is_told_to_none(database: str, dealer: Words, partner: str | None) -> None:
    base_data(dealer.log)
    async with Engine(database, telling_much()) as engine:
        await engine.lay(dealer.log)
        titled = {"title": partner} if partner else {}
        await engine.apply([dealer.say(OPPORTUNITY_OPENED, {"opportunity": "O1", "stage": "offer", **titled}, 0)])
        assert [topic for topic, *_ in await heard(engine) if topic.startswith("dealer.")] == []


def test_a_topic_of_each_partner_needs_to_know_whose() -> None:
    with pytest.raises(TypeError, match=r"dealer\.\{id\}\.feed: say whose"):
        Consumer("x").fold(stores.contacts, {}, tell=(topics.DEALER_FEED, OPPORTUNITY_UPDATED, opportunities.told))
