"""People are told of a change once, in the transaction of the state that it follows from, and of the past never."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts import topics
from contracts.contract import Event
from contracts.leads import LEAD_RECEIVED
from hub.consumers.crm_sync import crm_sync
from hub.rules.decision import Subject
from hub.rules.leads import Lead
from hub.rules.notices import Notice, Person
from hub.state import stores
from hub.stream import work
from hub.stream.consumer import Consumer
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.support.crm import Words
from tests.support.engine import Engine, Log


def greeted(before: Lead | None, after: Lead, subject: Subject, because: Event, version: int) -> list[Notice]:
    """A lead is greeted when it is first heard of, and again under another name."""
    if before is not None and before.name == after.name:
        return []
    return [
        Notice(
            f"greeting.{subject.ref}.{after.name}",
            Person(subject.principal, "prospect", subject.ref),
            "offers",
            subject.dealer,
            "greeting",
            because.occurred_at,
            because.occurred_at + timedelta(days=version),
            fields={"name": after.name},
        )
    ]


def greeting() -> Consumer:
    consumer = Consumer("crm-sync", topics.DEALER_EVENTS, topics.ACTS, topics.TIMERS)
    consumer.fold(stores.leads, crm_sync.stores["leads"].rules, notices=greeted)
    return consumer


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, greeting()) as engine:
        yield engine


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


def heard(dealer: Words, name: str, hours: float = 0, **how: Any) -> Stored:
    return dealer.say(LEAD_RECEIVED, {"lead": "L1", "name": name}, hours, **how)


async def planned(engine: Engine) -> list[tuple[str, str, str]]:
    rows = await engine.db.fetch(
        "SELECT d.dedupe_key, d.state, j.event_id FROM deliveries d JOIN journal j ON j.event = d.because ORDER BY 1"
    )
    return [tuple(row) for row in rows]


async def test_a_notice_is_planned_with_its_state_and_knows_because_of_what(engine: Engine, dealer: Words) -> None:
    await engine.apply([heard(dealer, "Ada", id="first"), heard(dealer, "Bea", 1, id="second")])
    assert await planned(engine) == [("greeting.L1.Bea", "planned", "second")]
    await engine.apply([heard(dealer, "Cleo", 2, id="third")])
    assert await planned(engine) == [("greeting.L1.Bea", "planned", "second"), ("greeting.L1.Cleo", "planned", "third")]


async def test_however_often_a_change_is_made_it_is_noticed_once(engine: Engine, dealer: Words) -> None:
    """Said again, and made again by late news that goes through the same names."""
    ada = heard(dealer, "Ada", 2)
    assert await engine.outcomes([ada, ada._replace(offset=1)]) == [Outcome.HANDLED, Outcome.DUPLICATE]
    before = await planned(engine)
    await engine.apply([heard(dealer, "Bea", 3)._replace(offset=2)])
    await engine.apply([heard(dealer, "Ada", 4)._replace(offset=3)])
    assert [key for key, *_ in await planned(engine)] == ["greeting.L1.Ada", "greeting.L1.Bea"]
    assert (await planned(engine))[:1] == before


async def test_nobody_is_told_of_the_past(engine: Engine, dealer: Words) -> None:
    await engine.apply([heard(dealer, "Ada", historical=True)])
    assert [row["name"] for row in await engine.rows("leads")] == ["Ada"]
    assert await planned(engine) == []


async def test_what_is_rolled_back_plans_nothing(engine: Engine, dealer: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step before the commit fails: neither the state nor its notice is there, until the same batch is applied again."""

    async def fails(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(work, "meet", fails)
        with pytest.raises(ConnectionError):
            await engine.apply([heard(dealer, "Ada", id="first")])
    assert await engine.rows("leads") == await engine.rows("deliveries") == []
    await engine.apply(dealer.log.records["dealer.ber-001.events", 0])
    assert await planned(engine) == [("greeting.L1.Ada", "planned", "first")]
