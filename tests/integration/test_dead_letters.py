"""The words `hub dead-letters` and `hub waiting`: what an operator sees, and that an act reaches the owner of the store."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from contracts.customers import CUSTOMER_CHANGED
from contracts.topics import ACTS
from hub.cli import mount
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.operations.topics import apply_catalogue
from hub.stream.slips import Stored
from hub.wiring import kafka_options
from tests.support.crm import Words, after
from tests.support.engine import Engine, Log
from tests.support.kafka_clients import environment_of, settings_of
from tests.support.log_reader import read_log

APP = mount()


class Operator:
    """Types words, and lets the engine hear what they said on hub.acts."""

    def __init__(self, engine: Engine, kafka: Kafka) -> None:
        self.engine, self.settings = engine, settings_of(kafka)
        self.shell = CliRunner(env={**environment_of(self.settings), "HUB_DATABASE_URL": engine.url})
        self.heard = 0

    async def types(self, *words: str) -> Result:
        return await asyncio.to_thread(self.shell.invoke, APP, list(words))

    async def letter(self) -> str:
        found = json.loads((await self.types("dead-letters", "list", "--json")).stdout)
        assert len(found) == 1
        return str(found[0]["id"])

    async def acts(self) -> list[Stored]:
        """What was said since the last time, as this test's engine would read it."""
        log = await read_log(kafka_options(self.settings), [ACTS.name])
        records = [r for r in log[ACTS.name] if r.offset >= self.heard]
        self.heard = max((r.offset + 1 for r in records), default=self.heard)
        return [Stored(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in records]


@pytest.fixture
async def operator(kafka: Kafka, database: str) -> AsyncIterator[Operator]:
    async with Engine(database, crm_sync) as engine:
        operator = Operator(engine, kafka)
        await asyncio.to_thread(apply_catalogue, operator.settings, lambda _: None)
        await operator.acts()  # other tests share the broker: theirs are passed over
        await engine.claim([(ACTS.name, 0)])
        await engine.db.execute("UPDATE consumer_offsets SET next_offset = $1 WHERE topic = $2", operator.heard, ACTS.name)
        yield operator


@pytest.fixture
async def broken(operator: Operator) -> Words:
    """A customer with a record that breaks its contract, and one that waits behind it."""
    dealer = Words(Log())
    known = dealer.recorded("C1", "Ada")
    bad = dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7, "email": "ada@firma.example"}, 1)
    await operator.engine.apply([known, bad, dealer.changed("C1", 2, phone="+49 30 23125 1")])
    return dealer


async def test_list_and_show_name_the_fault_and_what_waits_and_mask_people(operator: Operator, broken: Words) -> None:
    listed = (await operator.types("dead-letters", "list")).stdout
    assert "schema" in listed
    assert "name: " in listed
    shown = (await operator.types("dead-letters", "show", await operator.letter())).stdout
    assert "Behind it wait" in shown
    assert "ada@firma.example" not in listed + shown
    unmasked = (await operator.types("dead-letters", "show", await operator.letter(), "--unmask", "--why", "a call")).stdout
    assert "ada@firma.example" in unmasked
    assert "an operator: a dead letter of its key" in (await operator.types("waiting")).stdout


async def test_a_dry_run_says_what_would_happen_and_says_nothing_on_the_topic(operator: Operator, broken: Words) -> None:
    foretold = await operator.types("dead-letters", "redrive", "--reason", "schema", "--dry-run")
    assert "still schema: name" in foretold.stdout
    assert await operator.acts() == []


async def test_a_mended_body_is_taken_and_its_key_goes_on(operator: Operator, broken: Words, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Bea"}))
    done = await operator.types("dead-letters", "redrive", await operator.letter(), "--body", str(body), "--why", "by phone", "--yes")
    assert done.exit_code == 0
    await operator.engine.apply(await operator.acts())
    (row,) = await operator.engine.rows("customers")
    assert (row["name"], row["phone"]) == ("Bea", "+49 30 23125 1")


async def test_a_body_that_breaks_the_contract_is_refused_with_its_field(operator: Operator, broken: Words, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"occurred_at": after(1), "customer": "C1", "name": 8}))
    done = await operator.types("dead-letters", "redrive", await operator.letter(), "--body", str(body), "--why", "x", "--yes")
    assert "--body name" in str(done.exception)
    done = await operator.types(
        "dead-letters", "redrive", await operator.letter(), "--body", str(tmp_path / "none.json"), "--why", "x", "--yes"
    )
    assert "--body: expected a file in UTF-8 that can be read" in str(done.exception)
    assert await operator.acts() == []


async def test_a_discard_needs_a_reason_and_reaches_the_owner(operator: Operator, broken: Words) -> None:
    letter = await operator.letter()
    assert "--why" in str((await operator.types("dead-letters", "discard", letter, "--yes")).exception)
    assert (await operator.types("dead-letters", "discard", letter, "--why", "a test", "--yes")).exit_code == 0
    await operator.engine.apply(await operator.acts())
    assert "No dead letters." in (await operator.types("dead-letters", "list")).stdout
    assert "Nothing waits." in (await operator.types("waiting")).stdout


async def test_the_ledger_says_of_an_act_what_its_consumer_made_of_it(operator: Operator, broken: Words) -> None:
    letter = await operator.letter()
    await operator.types("dead-letters", "discard", letter, "--why", "a test record", "--yes")

    async def told() -> dict[str, Any]:
        [*_, act] = json.loads((await operator.types("acts", "list", "--subject", letter, "--json")).stdout)  # other tests' too
        return dict(act)

    act = await told()
    assert (act["what"], act["why"], act["consumer"]) == ("dead_letter.discarded", "a test record", "crm-sync")
    assert (act["state"], act["effect"]) == ("not yet carried out", [])
    await operator.engine.apply(await operator.acts())
    act = await told()
    assert (act["state"], act["effect"]) == ("carried out", ["given up; 1 behind it went on"])
    shown = (await operator.types("acts", "show", act["id"][:8])).stdout
    assert "given up; 1 behind it went on" in shown


async def test_personal_data_is_not_shown_where_the_look_cannot_be_recorded(operator: Operator, broken: Words) -> None:
    words = ("dead-letters", "show", await operator.letter(), "--unmask", "--why", "a call")
    shell = CliRunner(env={**operator.shell.env, "HUB_KAFKA_BOOTSTRAP": "127.0.0.1:1"})
    refused = await asyncio.to_thread(shell.invoke, APP, list(words))
    assert "does not answer" in str(refused.exception)
    assert "ada@firma.example" not in refused.output


async def test_all_at_once_is_never_meant(operator: Operator, broken: Words) -> None:
    assert "at least one filter" in str((await operator.types("dead-letters", "discard", "--why", "x", "--yes")).exception)
