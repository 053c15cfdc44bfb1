"""Many letters cost the store a few statements together, not some each, and an operator sees how far it is."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED
from hub.cli.progress import progress
from hub.local.kafka import Kafka
from hub.stream.slips import Stored
from tests.integration.test_engine_repairs import act, letters
from tests.support.crm import Words
from tests.support.engine import Engine, Log
from tests.support.operators_hand import Operator, operating


@pytest.fixture
async def operator(kafka: Kafka, database: str) -> AsyncIterator[Operator]:
    async with operating(kafka, database) as operator:
        yield operator


async def good_by_now(engine: Engine, dealer: Words, many: int) -> list[dict[str, Any]]:
    """Letters that the version deployed since then takes, each with a record behind it."""
    await engine.apply([dealer.recorded(f"C{n}", "Ada") for n in range(many)])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": f"C{n}", "name": 7}, 1) for n in range(many)])
    await engine.apply([dealer.changed(f"C{n}", 2, phone="2") for n in range(many)])
    mended = """UPDATE dead_letters SET value = convert_to(replace(convert_from(value, 'utf8'), '"name": 7', '"name": "Bea"'), 'utf8')"""
    await engine.db.execute(mended)
    return await letters(engine)


async def statements(engine: Engine, acts: list[Stored]) -> int:
    """How many statements carrying these acts out takes."""
    seen: list[str] = []
    engine.db.add_query_logger(lambda query: seen.append(query.query))
    await engine.apply(acts)
    return len(seen)


@pytest.mark.parametrize("lineage", [DEAD_LETTER_REDRIVEN, DEAD_LETTER_DISCARDED], ids=lambda lineage: lineage.name)
async def test_four_hundred_letters_take_as_many_statements_as_twenty(operator: Operator, lineage: Lineage[Any]) -> None:
    engine, log = operator.engine, Log()
    found = await good_by_now(engine, Words(log), 420)
    await engine.claim([("hub.acts", 1)])  # a partition of this test's own
    acts = [act(log, lineage, letter["id"], n)._replace(partition=1) for n, letter in enumerate(found)]
    few, many = await statements(engine, acts[:20]), await statements(engine, acts[20:])
    assert few == many
    assert await engine.rows("waiting") == []
    assert {row["phone"] for row in await engine.rows("customers")} == {"2"}


async def test_of_many_the_first_are_shown_and_all_are_counted(operator: Operator) -> None:
    await good_by_now(operator.engine, Words(Log()), 60)
    told = (await operator.types("dead-letters", "redrive", "--reason", "schema", "--dry-run")).stdout
    assert "… and 10 more" in told
    assert "60  taken" in told
    done = await operator.does("dead-letters", "redrive", "--reason", "schema", "--why", "deployed", "--yes")
    assert (done.exit_code, "60 done." in done.stdout) == (0, True)
    told = (await operator.types("dead-letters", "list", "--state", "redriven", "--json")).stdout
    assert len(json.loads(told)) == 50


def test_off_a_terminal_progress_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr("hub.cli.progress.monotonic", lambda: next(moments))
    with progress("carrying out", 1_000, is_quiet=False) as on_progress:
        for done in (1, 2, 3, 1_000):
            on_progress(done)
    assert capsys.readouterr().err.splitlines() == ["carrying out: 2 of 1,000", "carrying out: 1,000 of 1,000"]
