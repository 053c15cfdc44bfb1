"""The words `hub waiting`: what waits and why, what would come of looking again, and that an act reaches the owner of the store."""

import json
from collections.abc import AsyncIterator

import pytest

from contracts.customers import CUSTOMER_CHANGED
from hub.local.kafka import Kafka
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log
from tests.support.operators_hand import Operator, operating

WHY = ("--why", "a test")


@pytest.fixture
async def operator(kafka: Kafka, database: str) -> AsyncIterator[Operator]:
    async with operating(kafka, database) as operator:
        yield operator


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


@pytest.fixture
async def engine(operator: Operator, dealer: Words) -> Engine:
    """Of each kind one waits: for base data, for its subject, for an operator, for a newer version."""
    engine = operator.engine
    await engine.apply([dealer.opened("O1"), dealer.changed("C1", 1, phone="+49 30 23125 1"), dealer.won("O1")])
    await engine.apply([dealer.say(CUSTOMER_CHANGED, {"customer": "C2", "name": 7}, 1)])
    await engine.apply([dealer.changed("C2", 2), dealer.say(CUSTOMER_CHANGED, {"customer": "C3", "name": "Ada"}, 3, version=99)])
    return engine


async def names(operator: Operator, *words: str) -> list[str]:
    return [wait["id"] for wait in await operator.json("waiting", "list", *words)]


async def test_what_waits_is_listed_with_what_for(operator: Operator, engine: Engine) -> None:
    listed = (await operator.types("waiting", "list")).stdout
    for told in ("sales_model standard", "customer C1", "an operator: a dead letter of its key", "a newer version of the hub"):
        assert told in listed
    assert len(await names(operator, "--for", "news")) == 3
    assert len(await names(operator, "--awaits", "sales_model")) == len(await names(operator, "--awaits", "sales_model/standard")) == 2
    assert await names(operator, "--awaits", "sales_model/other") == []
    assert len(await names(operator, "--dealer", "ber-001", "--key", "C1")) == 1
    assert await names(operator, "--older-than", "1h") == []
    assert "--for: expected news, operator or version" in str((await operator.types("waiting", "list", "--for", "ever")).exception)


async def test_one_is_shown_masked_with_what_else_of_its_key_waits(operator: Operator, engine: Engine) -> None:
    (customer,) = await names(operator, "--key", "C1")
    shown = (await operator.types("waiting", "show", customer)).stdout
    assert "waits   for customer C1" in shown
    assert "until" in shown
    assert "23125" not in shown
    unmasked = (await operator.types("waiting", "show", customer, "--unmask", *WHY)).stdout
    assert "+49 30 23125 1" in unmasked
    (*_, act) = await operator.json("acts", "list")
    assert (act["what"], act["subject"], act["why"]) == ("wait.unmasked", customer, "a test")
    first, second = await names(operator, "--key", "O1")
    told = await operator.json("waiting", "show", first)
    assert [other["id"] for other in told["beside"]] == [second]
    (newer,) = await names(operator, "--for", "version")
    told = await operator.json("waiting", "show", newer)
    assert "Ada" not in json.dumps(told)
    assert told["type"] == "hub.customer.changed.v99"


async def test_what_is_foretold_of_a_release_is_what_comes_of_it(operator: Operator, engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    nothing = {"is_dry": False, "waits": [], "acts": [], "counts": {}, "done": []}
    assert await operator.json("waiting", "release", "--dealer", "muc-002") == nothing
    dry = await operator.json("waiting", "release", "--dealer", "ber-001", "--dry-run")
    foretold = {one["id"]: one["foretold"] for one in dry["waits"]}
    assert sorted(foretold.values()) == [
        "folded",
        "folded",
        "it goes on waiting: no rule can take it before customer C1 is known",
        "it goes on waiting: this hub does not know hub.customer.changed.v99 yet",
        "nothing: it waits behind a dead letter of its key, which is to be redriven or discarded",
    ]
    assert len(await names(operator)) == 5
    done = await operator.does("waiting", "release", "--dealer", "ber-001", *WHY, "--yes", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["counts"] == {"done": 2, "waiting": 2}
    assert {one["effect"] for one in told["acts"] if one["standing"] == "done"} == {"folded"}
    assert [row["status"] for row in await engine.rows("opportunities")] == ["won"]
    assert len(await names(operator)) == 3


async def test_a_wait_is_ended_and_its_sender_hears_of_it(operator: Operator, engine: Engine) -> None:
    (customer,) = await names(operator, "--key", "C1")
    dry = await operator.types("waiting", "expire", customer, "--dry-run")
    assert "a dead letter, wait_expired" in dry.stdout
    assert await operator.acts() == []
    done = await operator.does("waiting", "expire", customer, *WHY, "--yes")
    assert (done.exit_code, "ended: dead letter" in done.stdout, "1 done." in done.stdout) == (0, True, True)
    assert await names(operator, "--key", "C1") == []
    (letter,) = await operator.json("dead-letters", "list", "--reason", "wait_expired")
    assert letter["key"] == "C1"
    told = [json.loads(row["body"]) for row in await engine.rows("outbox") if row["topic"] == "dealer.ber-001.feed"]
    assert [body["reason"] for body in told] == ["schema", "wait_expired"]


async def test_an_act_upon_many_needs_a_filter_a_reason_and_a_yes(operator: Operator, engine: Engine) -> None:
    for word in ("release", "expire"):
        assert "at least one filter" in str((await operator.types("waiting", word, *WHY, "--yes")).exception)
        assert "--why" in str((await operator.types("waiting", word, "--for", "news", "--yes")).exception)
        assert "--yes" in str((await operator.types("waiting", word, "--for", "news", *WHY)).exception)
        assert "a record that waits" in str((await operator.types("waiting", word, "0" * 8, *WHY, "--yes")).exception)
    assert await operator.acts() == []


async def test_upon_what_waits_for_an_operator_nothing_is_said(operator: Operator, engine: Engine) -> None:
    for word in ("release", "expire"):
        told = await operator.types("waiting", word, "--for", "operator", *WHY, "--yes")
        assert (told.exit_code, "which is to be redriven or discarded" in told.stdout) == (0, True)
    assert await operator.acts() == []


async def test_where_nothing_waits_that_is_said(operator: Operator) -> None:
    assert "Nothing waits." in (await operator.types("waiting", "list")).stdout
    assert (await operator.types("waiting", "release", "--for", "news", *WHY, "--yes")).exit_code == 0
