"""What the ERP owes is told as missing by a timer, once, listed with its age, and cleared when it comes; through the engine."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.base import PAPER_TERMS_RECORDED
from contracts.topics import OEM_BASE
from hub.cli import mount
from hub.consumers.erp_orders import erp_orders
from hub.operations.orders import missing_for
from hub.state.connect import connect
from hub.stream.outcome import Outcome
from tests.support import ordering
from tests.support.engine import Engine, Log
from tests.support.ordering import DAY, accepted, at, won
from tests.support.recalls import Ear

LATER = DAY + timedelta(hours=100)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, erp_orders) as engine:
        yield engine


@pytest.fixture
def ear() -> Ear:
    return Ear(Log())


async def alerts(engine: Engine) -> list[tuple[str, str, str, str]]:
    """Type, order, paper and moment of what was said on `hub.alerts` since the last asking."""
    said = [(row["type"], json.loads(row["body"])) for row in await engine.rows("outbox") if row["topic"] == "hub.alerts"]
    await engine.db.execute("DELETE FROM outbox")
    return [(kind, body["subject"], body["paper"], body["due_at"].replace("Z", "+00:00")) for kind, body in said]


def listed(database: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setenv("HUB_DATABASE_URL", database)
    ran = CliRunner().invoke(mount(), ["orders", "list", *words])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


async def test_two_clocks_find_an_answer_missing_once_and_it_is_cleared_when_it_comes(
    engine: Engine, ear: Ear, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.apply(ordering.write(ear.log, [won(0), won(60, opportunity="O-2")]))
    assert await alerts(engine) == []
    other = await connect(database, name="another clock")
    try:
        ear.together = asyncio.Barrier(2)
        await asyncio.gather(ear.hear(engine.db, LATER), ear.hear(other, LATER))
    finally:
        await other.close()
    assert await engine.outcomes(ear.log.records["hub.timers", 0]) == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert await alerts(engine) == [("hub.order.paper_missed.v1", "ber-01/O-1#1", "answer", at(48))]
    [row] = json.loads(await asyncio.to_thread(listed, database, monkeypatch, "--missing", "answer", "--json"))
    assert (row["order"], row["missing"]) == ("ber-01/O-1#1", [{"paper": "answer", "due_at": at(48)}])
    assert "No orders match." in await asyncio.to_thread(listed, database, monkeypatch, "--missing", "invoice")
    await engine.apply(ordering.write(ear.log, [accepted(70)], "late-"))
    assert await alerts(engine) == [("hub.order.paper_cleared.v1", "ber-01/O-1#1", "answer", at(48))]
    assert "No orders match." in await asyncio.to_thread(listed, database, monkeypatch, "--missing", "any")


async def test_what_base_data_agrees_on_is_how_long_a_paper_may_take(engine: Engine, ear: Ear) -> None:
    terms = {"id": "standard", "answer_hours": 12}
    key = "paper_terms/standard@1900-01-01"
    ear.log.say(PAPER_TERMS_RECORDED, terms, id="terms", source="/oem/base", topic=OEM_BASE.name, key=key)
    await engine.lay(ear.log)
    await engine.apply(ordering.write(ear.log, [won(0)]))
    await ear.hear(engine.db, DAY + timedelta(hours=12))
    await engine.apply(ear.log.records["hub.timers", 0])
    assert await alerts(engine) == [("hub.order.paper_missed.v1", "ber-01/O-1#1", "answer", at(12))]


async def test_papers_of_the_past_are_not_awaited(engine: Engine, ear: Ear) -> None:
    await engine.apply(ordering.write(ear.log, [accepted(1, promised="2026-05-05")], historical=True))
    assert await engine.rows("timers") == []
    await engine.apply(ordering.write(ear.log, [won(2)], "now-"))
    assert len(await engine.rows("timers")) == 1


def test_an_age_is_told_in_hours_for_two_days_and_then_in_days() -> None:
    one = [{"paper": "despatch_advice", "due_at": at(0)}]
    assert missing_for(one, DAY + timedelta(hours=47)) == ["despatch advice 47 h"]
    assert missing_for(one, DAY + timedelta(hours=50)) == ["despatch advice 2 days"]
