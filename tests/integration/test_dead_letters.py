"""The words `hub dead-letters`: what an operator sees, what would happen, and that an act reaches the owner of the store."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.customers import CUSTOMER_CHANGED
from hub.local.kafka import Kafka
from tests.support.crm import Words, base_data
from tests.support.engine import Log
from tests.support.operators_hand import APP, Operator, operating


@pytest.fixture
async def operator(kafka: Kafka, database: str) -> AsyncIterator[Operator]:
    async with operating(kafka, database) as operator:
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
    assert "an operator: a dead letter of its key" in (await operator.types("waiting", "list")).stdout


async def test_a_key_or_a_name_of_a_field_that_may_be_a_person_s_is_masked_too(operator: Operator) -> None:
    dealer = Words(Log())
    whole = dealer.recorded("ada@firma.example", "Ada")
    await operator.engine.apply([whole._replace(value=(whole.value or b"")[:-1] + b', "ada@firma.example": 1, "ada@firma.example": 2}')])
    letter = await operator.letter()
    shows = [("list",), ("list", "--json"), ("show", letter), ("show", letter, "--json")]
    for words in (*shows, ("discard", letter, "--dry-run"), ("redrive", letter, "--dry-run")):
        shown = (await operator.types("dead-letters", *words)).stdout
        assert letter[:8] in shown
        assert "ada@firma.example" not in shown
    assert [one["id"] for one in await operator.json("dead-letters", "list", "--key", "ada@firma.example")] == [letter]
    assert "ada@firma.example" in (await operator.types("dead-letters", "show", letter, "--unmask", "--why", "a call")).stdout


async def test_a_dry_run_says_what_would_happen_and_says_nothing_on_the_topic(operator: Operator, broken: Words) -> None:
    foretold = await operator.types("dead-letters", "redrive", "--reason", "schema", "--dry-run")
    assert "dead again: schema: name" in foretold.stdout
    assert await operator.acts() == []


async def test_a_discard_needs_a_reason_and_reaches_the_owner(operator: Operator, broken: Words) -> None:
    letter = await operator.letter()
    assert "--why" in str((await operator.types("dead-letters", "discard", letter, "--yes")).exception)
    done = await operator.does("dead-letters", "discard", letter, "--why", "a test", "--yes")
    assert (done.exit_code, "given up; 1 behind it went on" in done.stdout, "1 done." in done.stdout) == (0, True, True)
    assert "No dead letters." in (await operator.types("dead-letters", "list")).stdout
    assert "Nothing waits." in (await operator.types("waiting", "list")).stdout


async def test_the_ledger_says_of_an_act_what_its_consumer_made_of_it(operator: Operator, broken: Words) -> None:
    letter = await operator.letter()
    await operator.types("dead-letters", "discard", letter, "--why", "a test record", "--yes", "--no-wait")

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


async def test_what_is_dead_again_is_named_with_its_reason_and_the_exit_code_says_so(operator: Operator, broken: Words) -> None:
    done = await operator.does("dead-letters", "redrive", "--reason", "schema", "--why", "as it was", "--yes", "--json")
    (told,) = json.loads(done.stdout)["acts"]
    assert (done.exit_code, told["standing"], told["effect"]) == (1, "dead", "dead again: schema: name: a valid string")


async def test_nobody_waits_for_ever_for_a_consumer_that_does_not_run(operator: Operator, broken: Words) -> None:
    done = await operator.types("dead-letters", "discard", await operator.letter(), "--why", "a test", "--yes", "--timeout", "0")
    assert done.exit_code == 1
    assert "1 not carried out yet." in done.stdout
    assert "hub status" in done.stderr


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--of", "oem"), {"O"}),
        (("--dealer", "ber-001"), {"C", "D"}),
        (("--of", "dealer:ber-001", "--key", "C1"), {"C"}),
        (("--topic", "oem.crm"), {"O"}),
        (("--type", "hub.lead.received.v1"), {"O"}),
        (("--consumer", "base-data"), set()),
        (("--consumer", "crm-sync", "--reason", "schema"), {"C", "O"}),
        (("--older-than", "30m"), {"C"}),
        (("--newer-than", "0.5"), {"D", "O"}),
        (("--newer-than", "3d", "--older-than", "1800s"), {"C"}),
    ],
)
async def test_the_same_filters_choose_wherever_letters_are_chosen(operator: Operator, words: tuple[str, ...], found: set[str]) -> None:
    dealer = Words(Log())
    bad = dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)
    other = dealer.say(CUSTOMER_CHANGED, {"customer": "D1"}, 1, key="D2")
    from contracts.leads import LEAD_RECEIVED

    oem = dealer.log.say(LEAD_RECEIVED, {"lead": "O1"}, id="o1", topic="oem.crm", source="/oem")
    await operator.engine.apply([bad, other, oem])
    await operator.engine.db.execute("UPDATE dead_letters SET since = since - interval '1 hour' WHERE key = 'C1'")
    for word in ("list", "redrive", "discard"):
        options = () if word == "list" else ("--dry-run",)
        told = await operator.json("dead-letters", word, *words, *options)
        assert {letter["key"][0] for letter in (told["letters"] if options else told)} == found, word


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--of", "somebody"), "--of: expected oem, erp, hub, dealer:ID or carrier:ID"),
        (("--of", "oem", "--dealer", "x"), "--of: expected either --dealer or --of"),
        (("--dealer", "X_Y"), "--dealer: expected 1 to 40 of"),
        (("--older-than", "soon"), "--older-than: expected an age such as"),
        (("--state", "lost"), "--state: expected open"),
    ],
)
async def test_a_filter_that_cannot_be_is_named(operator: Operator, words: tuple[str, ...], told: str) -> None:
    assert told in str((await operator.types("dead-letters", "list", *words)).exception)


async def test_what_is_foretold_of_each_letter_is_what_comes_of_it(operator: Operator) -> None:
    dealer, engine = Words(Log()), operator.engine
    await engine.apply([dealer.opened("O1"), dealer.opened("O2", stage="nowhere"), dealer.recorded("C1", "Ada")])
    selfish, bad = ({"customer": "C1", "parent": "C1"}, {"customer": "C1", "name": 7})
    await engine.apply([dealer.say(CUSTOMER_CHANGED, selfish, 1), dealer.changed("C1", 2)])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, bad, 3), dealer.changed("C1", 4)])
    for wait in await operator.json("waiting", "list", "--for", "news"):
        await operator.does("waiting", "expire", wait["id"], "--why", "a test", "--yes")
    base_data(dealer.log)
    await engine.lay(dealer.log)
    foretold = (await operator.json("dead-letters", "redrive", "--dealer", "ber-001", "--dry-run"))["letters"]
    kinds = {(one["key"], one["reason"]): (one["foretold"].partition(":")[0], one["would_go_on"]) for one in foretold}
    assert kinds == {
        ("O1", "wait_expired"): ("taken", 0),
        ("O2", "wait_expired"): ("dead again", 0),
        ("C1", "rejected"): ("dead again", 0),
        ("C1", "schema"): ("dead again", 0),
    }
    nothing = {"is_dry": False, "letters": [], "acts": [], "counts": {}, "done": []}
    assert await operator.json("dead-letters", "discard", "--key", "nobody's") == nothing
    given_up = (await operator.json("dead-letters", "discard", "--key", "C1", "--dry-run"))["letters"]
    assert [one["would_go_on"] for one in given_up] == [1, 1]
    done = await operator.does("dead-letters", "redrive", "--dealer", "ber-001", "--why", "a test", "--yes", "--json")
    assert {one["id"]: one["effect"] for one in json.loads(done.stdout)["acts"]} == {one["id"]: one["foretold"] for one in foretold}


async def test_it_is_foretold_what_waits_behind_another_letter_and_what_waits_for_news(operator: Operator) -> None:
    dealer, engine = Words(Log()), operator.engine
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7}, 1)])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": "Bea"}, 2, key="C2")])
    first, second = await operator.json("dead-letters", "list")

    async def foretold(letter: str, *words: str) -> tuple[str, str]:
        told = (await operator.types("dead-letters", "edit", letter, *words, "--dry-run", "--why", "x", "--json")).stdout
        done = await operator.does("dead-letters", "edit", letter, *words, "--yes", "--why", "x", "--json")
        return json.loads(told)["foretold"], json.loads(done.stdout)["acts"][0]["effect"]

    assert await foretold(second["id"], "--key", "C1") == ("taken; it waits behind another dead letter of its key",) * 2
    words, came_to = await foretold(first["id"], "--set", 'name="Ada"')
    assert (words, came_to) == ("taken; it waits for customer C1", "taken; it waits for customer C1; 1 behind it went on")
