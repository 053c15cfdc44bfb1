"""The word `hub dead-letters edit`: what can be mended is mended, shown and kept; anything else changes nothing."""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from contracts import envelope as cloudevents
from contracts.customers import CUSTOMER_CHANGED
from hub.local.kafka import Kafka
from tests.support.crm import Words, after, base_data
from tests.support.engine import Log
from tests.support.operators_hand import Operator, operating

WHY = ("--why", "by phone")
MENDS_NAME = """sed -i 's/"name": 7/"name": "Bea"/'"""


@pytest.fixture
async def operator(kafka: Kafka, database: str) -> AsyncIterator[Operator]:
    async with operating(kafka, database) as operator:
        yield operator


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


@pytest.fixture
async def letter(operator: Operator, dealer: Words) -> str:
    """A change of name that breaks its contract in one field, and a change that waits behind it."""
    known = dealer.recorded("C1", "Ada")
    bad = dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7, "email": "ada@firma.example"}, 1)
    await operator.engine.apply([known, bad, dealer.changed("C1", 2, phone="+49 30 23125 1")])
    return await operator.letter()


async def said(operator: Operator) -> list[tuple[str, dict[str, Any]]]:
    """The acts said since the last look."""
    acts = await operator.acts()
    return [(cloudevents.read(act.headers, act.value)[0].type, json.loads(act.value or b"")) for act in acts]


async def test_a_body_mended_in_the_editor_is_folded_and_what_was_made_of_it_is_kept(operator: Operator, letter: str) -> None:
    done = await operator.does("dead-letters", "edit", letter, *WHY, "--yes", EDITOR=MENDS_NAME)
    assert done.exit_code == 0
    assert "taken; 1 behind it would go on" in done.stdout
    assert "taken; 1 behind it went on" in done.stdout
    assert "Bea" not in done.stdout
    (row,) = await operator.engine.rows("customers")
    assert (row["name"], row["email"], row["phone"]) == ("Bea", "ada@firma.example", "+49 30 23125 1")
    looks, act = (await operator.json("acts", "list"))[-2:]
    assert (looks["what"], looks["subject"], looks["why"]) == ("dead_letter.edited", letter, "by phone")
    assert (act["what"], act["details"]["changes"][0]["path"]) == ("dead_letter.redriven", "name")
    assert "Bea" not in json.dumps(act)
    shown = await operator.types("dead-letters", "show", letter)
    assert "by phone" in shown.stdout
    assert '"<number>"' in shown.stdout
    assert '"<text, 3>"' in shown.stdout
    assert "Bea" not in shown.stdout
    (kept,) = json.loads((await operator.types("dead-letters", "show", letter, "--unmask", *WHY, "--json")).stdout)["acts"]
    assert kept["changes"] == [{"path": "name", "before": "7", "after": '"Bea"'}]
    assert (kept["why"], kept["effect"]) == ("by phone", "taken; 1 behind it went on")


@pytest.mark.parametrize("editor", ["true", "false", "rm", "truncate -s 0", "sh -c 'sed -i s/7/8/ $0; exit 1'"])
async def test_an_edit_that_is_given_up_changes_nothing(operator: Operator, letter: str, editor: str) -> None:
    done = await operator.types("dead-letters", "edit", letter, *WHY, "--yes", EDITOR=editor)
    assert "Nothing is changed." in done.stdout
    assert [what for what, _ in await said(operator)] == ["hub.personal_data.unmasked.v1"]


async def test_programs_are_told_that_nothing_is_changed_in_the_shape_of_all_else(operator: Operator, letter: str) -> None:
    done = await operator.types("dead-letters", "edit", letter, *WHY, "--yes", "--json", EDITOR="true")
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {"is_dry": False, "changes": [], "foretold": None, "would_go_on": 0, "acts": [], "counts": {}, "done": []},
    )


async def test_every_fault_is_named_and_nothing_is_said(operator: Operator, letter: str) -> None:
    done = await operator.types("dead-letters", "edit", letter, *WHY, "--yes", "--set", "email=1", "--set", "revenue=[]")
    assert done.exit_code == 2
    for fault in ("name: expected a valid string", "email: expected a valid string", "revenue: expected "):
        assert fault in done.stderr
    assert await said(operator) == []


async def test_who_leaves_a_fault_in_the_editor_may_try_again(operator: Operator, letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.cli.mending.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    twice = """sed -i 's/"name": 8/"name": "Bea"/; s/"name": 7/"name": 8/'"""
    done = await operator.does("dead-letters", "edit", letter, *WHY, "--yes", EDITOR=twice)
    assert done.stderr.count("name: expected a valid string") == 1
    assert [row["name"] for row in await operator.engine.rows("customers")] == ["Bea"]


async def test_a_dry_run_shows_the_difference_and_says_nothing(operator: Operator, letter: str) -> None:
    told = await operator.types("dead-letters", "edit", letter, "--set", 'name="Bea"', "--set", "phone=null", "--dry-run", "--json")
    shown = json.loads(told.stdout)
    assert [change["path"] for change in shown["changes"]] == ["name", "phone"]
    assert shown["changes"][1] == {"path": "phone", "before": None, "after": "null"}
    assert (shown["foretold"], shown["would_go_on"]) == ("taken", 1)
    assert await said(operator) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--set", "name=Bea"), '--set: expected FIELD=JSON, such as name="Ada"'),
        (("--set", "name"), "--set: expected FIELD=JSON"),
        (("--set", "name.first=1"), "--set: expected a field of the body"),
        (("--body", "nowhere.json"), "--body: expected a file in UTF-8 that can be read"),
        ((), "--body: expected given, or --set, where no editor can be opened"),
    ],
)
async def test_a_word_that_cannot_be_is_named(operator: Operator, letter: str, words: tuple[str, ...], told: str) -> None:
    done = await operator.types("dead-letters", "edit", letter, *WHY, "--yes", *words)
    assert told in str(done.exception)


async def test_nothing_is_mended_without_a_reason(operator: Operator, letter: str) -> None:
    assert "--why" in str((await operator.types("dead-letters", "edit", letter, "--set", 'name="Bea"', "--yes")).exception)


async def test_a_body_that_a_rule_would_refuse_is_not_said(operator: Operator, dealer: Words) -> None:
    base_data(dealer.log)
    await operator.engine.lay(dealer.log)
    await operator.engine.apply([dealer.opened("O1"), dealer.won("O1", stage="talk")])
    done = await operator.types("dead-letters", "edit", await operator.letter(), *WHY, "--yes", "--set", 'stage="nowhere"')
    assert done.exit_code == 1
    assert "dead again: rejected: stage: a stage of sales model standard" in done.stdout
    assert await said(operator) == []
    done = await operator.does("dead-letters", "edit", await operator.letter(), *WHY, "--yes", "--set", 'stage="offer"')
    assert done.exit_code == 0
    assert [row["status"] for row in await operator.engine.rows("opportunities")] == ["won"]


@pytest.mark.thorough
async def test_a_type_that_its_sender_named_wrongly_is_put_right(operator: Operator, dealer: Words) -> None:
    headers = cloudevents.write(cloudevents.Envelope("x1", "/dealers/ber-001", "hub.customer.changd.v1"))
    body = json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Bea"}).encode()
    bad = dealer.log.write("dealer.ber-001.events", body, key="C1", headers=headers)
    await operator.engine.apply([bad, dealer.recorded("C1", "Ada")])
    letter = await operator.letter()
    wrong = await operator.types("dead-letters", "edit", letter, *WHY, "--yes", "--type", "hub.customer.changedd.v1")
    assert (wrong.exit_code, "type: expected an event type of the catalogue" in wrong.stderr) == (2, True)
    done = await operator.does("dead-letters", "edit", letter, *WHY, "--yes", "--type", "hub.customer.changed.v1")
    assert "hub.customer.changd.v1" in done.stdout
    assert [row["name"] for row in await operator.engine.rows("customers")] == ["Bea"]
    (kept,) = (await operator.json("dead-letters", "show", letter))["acts"]
    assert kept["type"] == "hub.customer.changed.v1"


async def test_a_record_without_a_key_is_taken_under_its_subject_s_reference(operator: Operator, dealer: Words) -> None:
    headers = cloudevents.write(cloudevents.Envelope("x1", "/dealers/ber-001", "hub.customer.recorded.v1"))
    body = json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Ada"}).encode()
    await operator.engine.apply([dealer.log.write("dealer.ber-001.events", body, key=None, headers=headers)])
    done = await operator.does("dead-letters", "edit", await operator.letter(), *WHY, "--yes", "--key", "C1")
    assert done.exit_code == 0
    assert [row["ref"] for row in await operator.engine.rows("customers")] == ["C1"]


@pytest.mark.thorough
async def test_of_a_record_that_kept_its_contract_only_the_body_is_in_doubt(operator: Operator, dealer: Words) -> None:
    await operator.engine.apply([dealer.recorded("C1", "Ada"), dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "parent": "C1"}, 1)])
    for option, value in (("--type", "hub.customer.recorded.v1"), ("--key", "C2")):
        done = await operator.types("dead-letters", "edit", await operator.letter(), *WHY, "--yes", option, value)
        assert f"{option}: expected none" in str(done.exception)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ((("ce_specversion", b"1.0"), ("ce_id", b"x1")), "its envelope cannot be read (source: expected a non-empty string"),
        (cloudevents.write(cloudevents.Envelope("x1", "/dealers/muc-002", CUSTOMER_CHANGED.wire)), "it speaks for somebody else"),
        (cloudevents.write(cloudevents.Envelope("e1", "/dealers/ber-001", CUSTOMER_CHANGED.wire)), "its id was used for other content"),
    ],
)
async def test_what_cannot_be_mended_honestly_is_said(operator: Operator, dealer: Words, headers: Any, told: str) -> None:
    body = json.dumps({"occurred_at": after(1), "customer": "C1", "name": "Bea"}).encode()
    known = dealer.recorded("C1", "Ada")
    await operator.engine.apply([known, dealer.log.write("dealer.ber-001.events", body, key="C1", headers=headers)])
    done = await operator.types("dead-letters", "edit", await operator.letter(), *WHY, "--yes", "--set", 'name="Cleo"')
    assert told in str(done.exception)
    assert "hub dead-letters discard" in str(done.exception)


async def test_who_comes_second_is_told_that_it_was_dealt_with(operator: Operator, letter: str) -> None:
    both = [
        operator.types("dead-letters", "edit", letter, *WHY, "--yes", "--no-wait", "--set", f'name="{name}"', "--json")
        for name in ("Bea", "Cleo")
    ]
    for one in both:
        assert (await one).exit_code == 0
    await operator.engine.apply(await operator.acts())
    told = await operator.json("dead-letters", "show", letter)
    assert [act["effect"] for act in told["acts"]] == ["taken; 1 behind it went on", "already dealt with"]
    assert [row["name"] for row in await operator.engine.rows("customers")] == ["Bea"]
    again = await operator.types("dead-letters", "edit", letter, *WHY, "--yes", "--set", 'name="Cleo"')
    assert "expected an open dead letter" in str(again.exception)


async def test_a_body_that_no_act_could_hold_is_refused_before_it_is_said(operator: Operator, dealer: Words) -> None:
    notes = {f"n{number}": "x" * 90 for number in range(4_000)}
    await operator.engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C1", "name": 7, **notes}, 1)])
    words = ("dead-letters", "edit", await operator.letter(), *WHY, "--set", 'name="Bea"', "--dry-run")
    assert (await operator.types(*words)).exit_code == 0
    done = await operator.types(*words, HUB_MAX_RECORD_BYTES="435000")
    assert "--body: expected a body and a difference that fit into an act of 435,000 bytes" in str(done.exception)
    done = await operator.types(*words, "--set", f'odd="{"x" * 1_000_000}"', HUB_MAX_RECORD_BYTES="9000000")
    assert "--body: expected at most 1,000,000 characters, as an act keeps it" in str(done.exception)
