"""One poisonous record in a full batch of 500, first, in the middle or last: it alone is dead, whatever is wrong with it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.consumers.crm_sync import crm_sync
from hub.stream.outcome import Outcome
from tests.support.crm import Words
from tests.support.engine import NOON, Engine, Log

pytestmark = pytest.mark.thorough

FULL = 500
BODY: dict[str, Any] = {"occurred_at": NOON.isoformat(), "customer": "poison", "name": "Poison"}


def with_(**fields: Any) -> bytes:
    return json.dumps(BODY | fields).encode()


POISON: dict[str, tuple[bytes | None, str]] = {
    "bad JSON": (b'{"customer": ', "schema"),
    "wrong schema": (with_(name=None), "schema"),
    "null value": (None, "envelope"),
    "empty": (b"", "schema"),
    "over size": (with_(note="x" * 1_000_001), "too_large"),
    "NUL": (with_(name="a\0b"), "schema"),
    "a lone surrogate": (with_().replace(b"Poison", b"\\ud800"), "schema"),
    "an integer of 65 bits": (with_(employees=2**63), "schema"),
    "the year 9999": (with_(occurred_at="9999-12-31T23:59:59Z"), "schema"),
    "an amount that no column holds": (with_(revenue={"minor": 10**30, "currency": "EUR"}), "schema"),
    "an amount beyond floating point": (with_(revenue={"minor": 0, "currency": "EUR"}).replace(b'"minor": 0', b'"minor": 1e999'), "schema"),
    "depth": (with_(x=0).replace(b'"x": 0', b'"x": ' + b"[" * 100_000 + b"]" * 100_000), "schema"),
}


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


@pytest.mark.parametrize("what", POISON)
async def test_poison_in_a_full_batch_is_alone_dead_wherever_it_stands(engine: Engine, what: str) -> None:
    value, reason = POISON[what]
    places = (0, FULL // 2, FULL - 1)
    dealer = Words(Log())
    for turn, where in enumerate(places):
        records = [dealer.recorded(f"C{turn}-{number}", "Ada") for number in range(FULL)]
        records[where] = records[where]._replace(value=value)
        outcomes = await engine.outcomes(records)
        assert [number for number, outcome in enumerate(outcomes) if outcome is not Outcome.HANDLED] == [where]
        assert outcomes[where] is Outcome.DEAD
    letters = await engine.rows("dead_letters")
    assert {letter["reason"] for letter in letters} == {reason}
    assert {letter["offset"] for letter in letters} == {turn * FULL + where for turn, where in enumerate(places)}
    assert all(letter["value"] == value or (letter["value"] is None and value is None) for letter in letters)
    assert await engine.db.fetchval("SELECT count(*) FROM customers") == len(places) * (FULL - 1)
