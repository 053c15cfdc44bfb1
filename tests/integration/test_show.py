"""What is shown of a subject is its whole story: what counted, what did not and why, where it lies, and nothing personal unasked."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from contracts.complaints import COMPLAINT_RECEIVED
from contracts.contacts import CONTACT_RECORDED, CONTACT_REPORTS_TO
from contracts.customers import CUSTOMER_RECORDED
from contracts.leads import LEAD_RECEIVED
from contracts.opportunities import OPPORTUNITY_MOVED, OPPORTUNITY_OPENED, OPPORTUNITY_WON
from hub.cli.show import app
from hub.consumers.crm_sync import crm_sync
from hub.errors import HubError, InputError, Unavailable
from hub.operations.show import Several, Shown, show
from hub.rules.masking import shape
from hub.state.stores import STORES
from tests.support.crm import Words, base_data
from tests.support.engine import Engine, Log

DAY = "2026-03-02"
REASONS = "loss_reason: nothing → price, competitor: nothing → none"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    log = Log()
    base_data(log)
    async with Engine(database, crm_sync) as engine:
        await engine.lay(log)
        yield engine


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


async def shown(engine: Engine, kind: str, ref: str, **how: Any) -> Shown:
    found = await show(engine.url, kind, ref, **how)
    assert isinstance(found, Shown)
    return found


def story(found: Shown) -> list[tuple[str, str, str]]:
    return [(one.type, ", ".join(one.changed), ", ".join(one.marks)) for one in found.timeline]


async def test_a_sale_is_told_in_its_own_order_with_what_came_late(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1", stage="talk"), dealer.lost("O1", 9)])
    await engine.apply([dealer.moved("O1", 5), dealer.won("O1", 6), dealer.won("O1", 7)])
    found = await shown(engine, "opportunity", "O1")
    assert story(found) == [
        (
            "opportunity.opened",
            f"status open, sales_model standard, stage talk, opened_at {DAY} 12:00:00Z, stage_since {DAY} 12:00:00Z, wins 0, reopenings 0",
            "",
        ),
        ("opportunity.moved", f"stage: talk → offer, stage_since: {DAY} 12:00:00Z → {DAY} 17:00:00Z", "late"),
        ("opportunity.won", f"status: open → won, closed_at: nothing → {DAY} 18:00:00Z, wins: 0 → 1", "late"),
        ("opportunity.won", "changes nothing: already won", "late"),
        (
            "opportunity.lost",
            f"status: won → lost, closed_at: {DAY} 18:00:00Z → {DAY} 21:00:00Z, {REASONS}",
            "",
        ),
    ]
    assert [one.record for one in found.timeline] == [f"dealer.ber-001.events@0:{offset}" for offset in (0, 2, 3, 4, 1)]
    [row] = await engine.rows("opportunities")
    assert found.state == {field: row[field] for field in STORES["opportunities"].state._fields}
    assert found.because == row["because"]


async def test_an_amount_is_told_with_its_currency(engine: Engine, dealer: Words) -> None:
    amounts = ({"minor": 105_400, "currency": "EUR"}, {"minor": 900, "currency": "JPY"})
    won = {"opportunity": "O1", "stage": "offer"}
    await engine.apply(
        [dealer.opened("O1"), *(dealer.say(OPPORTUNITY_WON, {**won, "amount": amount}, hours) for hours, amount in enumerate(amounts, 1))]
    )
    moved = {"opportunity": "O1", "from_stage": "offer", "to_stage": "offer", "amount": amounts[1]}
    await engine.apply([dealer.say(OPPORTUNITY_MOVED, moved, 0.5)])
    told = [change for one in (await shown(engine, "opportunity", "O1")).timeline for change in one.changed if change.startswith("amount")]
    assert told == ["amount: nothing → 900 JPY", "amount: 900 JPY → 1,054.00 EUR"]


async def test_a_correction_is_told_at_both_ends(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.changed("C1", 1, phone="030 1", id="wrong")])
    await engine.apply([dealer.changed("C1", 1, phone="030 2", id="right", corrects="wrong")])
    found = await shown(engine, "customer", "C1")
    assert [(kind, marks) for kind, _, marks in story(found)] == [
        ("customer.recorded", ""),
        ("customer.changed", "corrects wrong"),
        ("customer.changed", "corrected by right"),
    ]
    assert found.timeline[2].changed == ["does not count"]


async def test_a_correction_that_does_not_count_leaves_what_it_corrects_standing(engine: Engine, dealer: Words) -> None:
    said = [dealer.opened("O1", stage="talk"), dealer.moved("O1", 1, id="first"), dealer.won("O1", 2, id="sold")]
    await engine.apply(said)
    await engine.apply([dealer.won("O1", 2, stage="talk", id="wrong", corrects="sold")])  # no stage that can be won
    await engine.apply([dealer.moved("O1", 1, id="later", corrects="first")])
    told = story(await shown(engine, "opportunity", "O1"))
    assert [(kind, marks) for kind, _, marks in told] == [
        ("opportunity.opened", ""),
        ("opportunity.moved", "its correction later is held"),
        ("opportunity.moved", "late, corrects first, held: an earlier record of its key is a dead letter"),
        ("opportunity.won", "its correction wrong was refused"),
        ("opportunity.won", "corrects sold, rejected (rejected): stage: expected a stage that can be won"),
    ]
    assert [changed.startswith("does not count") for _, changed, _ in told] == [False, False, True, False, True]
    await engine.apply([dealer.won("O1", 2, id="right", corrects="sold")])
    assert "its correction right is held, its correction wrong was refused" in [
        marks for _, _, marks in story(await shown(engine, "opportunity", "O1"))
    ]


async def test_each_of_several_corrections_is_told_and_what_they_correct_once(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada"), dealer.changed("C1", 1, phone="030 1", id="wrong")])
    await engine.apply([dealer.changed("C1", 1, phone="030 2", id="right", corrects="wrong")])
    await engine.apply([dealer.changed("C1", 1, phone="030 3", id="another", corrects="wrong")])
    found = await shown(engine, "customer", "C1")
    assert [one.event_id for one in found.timeline].count("wrong") == 1
    assert found.state is not None


async def test_what_waits_and_what_was_refused_is_told_too(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.moved("O1")])
    waiting = await shown(engine, "opportunity", "O1")
    assert waiting.state is None
    [(kind, changed, marks)] = story(waiting)
    assert (kind, changed) == ("opportunity.moved", "waits for opportunity O1")
    assert marks.startswith("waits for opportunity until 20")
    await engine.apply([dealer.opened("O2", stage="talk"), dealer.won("O2", 1, stage="talk"), dealer.moved("O2", 2)])
    assert [(changed, marks) for _, changed, marks in story(await shown(engine, "opportunity", "O2"))][1:] == [
        ("does not count", "rejected (rejected): stage: expected a stage that can be won"),
        ("does not count", "held: an earlier record of its key is a dead letter"),
    ]


async def test_a_record_that_broke_its_contract_is_told_by_its_key(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.opened("O1"), dealer.say(OPPORTUNITY_OPENED, {"opportunity": "O1", "stage": "Off er!"}, 1)])
    last = (await shown(engine, "opportunity", "O1")).timeline[-1]
    assert last.type == "opportunity.opened.v1"
    assert last.marks == ["rejected (schema): stage: expected 1 to 40 of a-z, 0-9, _ and -"]
    assert last.record == "dealer.ber-001.events@0:1"


async def test_personal_data_is_masked_unless_a_reason_is_given(engine: Engine, dealer: Words) -> None:
    secrets = {"name": "Ada Wold", "email": "ada@example.test", "phone": "+49 30 901", "note": "likes red"}
    where = {"street": "Long Road 1", "city": "Smallville", "postal_code": "D-10115", "country": "DE"}
    personal = {**secrets, "address": where, "birthday": "1970-02-03", "owner": "Bo Lindqvist"}
    await engine.apply([dealer.say(CUSTOMER_RECORDED, {"customer": "C1", **personal}, 0), dealer.changed("C1", 1, phone="+49 30 902")])
    kept: list[tuple[str, str]] = []
    with capture_logs() as logged:
        masked = json.dumps(await shown(engine, "customer", "C1"), default=str, ensure_ascii=False)
    for secret in (*secrets.values(), "Long Road", "Smallville", "D-10115", "1970-02-03", "Bo Lindqvist", "+49 30 902"):
        assert secret not in masked, secret
    assert logged == []
    plain = json.dumps(await shown(engine, "customer", "C1", unmask=lambda *act: kept.append(act)), default=str, ensure_ascii=False)
    assert "Ada Wold" in plain
    assert "+49 30 901 → +49 30 902" in plain
    assert kept == [("customer.unmasked", "dealer:ber-001/C1")]


async def test_what_cannot_be_kept_as_an_act_is_not_shown(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Ada Wold")])

    def refuse(*_: str) -> None:
        raise Unavailable("the broker is away")

    with pytest.raises(Unavailable, match="the broker is away"):
        await shown(engine, "customer", "C1", unmask=refuse)


async def test_a_customer_is_shown_with_those_beside_it(engine: Engine, dealer: Words) -> None:
    await engine.apply(
        [
            dealer.recorded("C1", "Kites"),
            dealer.recorded("C2", "Herons"),
            dealer.say(CONTACT_RECORDED, {"contact": "P1", "customer": "C1", "name": "Ada"}, 0),
            dealer.say(CONTACT_RECORDED, {"contact": "P2", "customer": "C2", "name": "Bo"}, 0),
            dealer.say(LEAD_RECEIVED, {"lead": "L1", "customer": "C1", "name": "Ada"}, 0),
            dealer.say(COMPLAINT_RECEIVED, {"complaint": "B1", "customer": "C1"}, 0),
            dealer.say(OPPORTUNITY_OPENED, {"opportunity": "O1", "customer": "C1", "stage": "offer"}, 0),
        ]
    )
    beside = (await shown(engine, "customer", "C1")).beside
    found = {store: [row["ref"] for row in rows] for store, rows in beside.items()}
    assert found == {"contacts": ["P1"], "leads": ["L1"], "complaints": ["B1"], "opportunities": ["O1"]}
    assert beside["contacts"][0]["name"] == shape("Ada")


async def test_a_reporting_line_is_followed_upwards_and_a_circle_is_told_not_followed(engine: Engine, dealer: Words) -> None:
    lines = {"P1": "P2", "P2": "P3", "P3": "P2", "P4": "P5", "P5": "P9"}
    await engine.apply([dealer.say(CONTACT_RECORDED, {"contact": ref, "customer": "C1", "name": ref}, 0) for ref in lines])
    await engine.apply([dealer.say(CONTACT_REPORTS_TO, {"contact": ref, "superior": above}, 1) for ref, above in lines.items()])
    circle = (await shown(engine, "contact", "P1")).line
    assert [one.contact for one in circle] == ["P2", "P3", "P2"]
    assert circle[-1].note == "a circle: the line comes back upon itself"
    assert [(one.contact, one.note) for one in (await shown(engine, "contact", "P4")).line] == [("P5", None), ("P9", "not known yet")]


async def test_a_reference_that_several_dealers_use_is_asked_back(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Kites")])
    await engine.apply([Words(dealer.log, "ham-001").recorded("C1", "Herons")])
    assert await show(engine.url, "customer", "C1") == Several("customer", "C1", ["dealer:ber-001", "dealer:ham-001"])
    assert (await shown(engine, "customer", "C1", dealer="ham-001")).principal == "dealer:ham-001"
    with pytest.raises(InputError, match="it is known to dealer:ber-001, dealer:ham-001"):
        await show(engine.url, "customer", "C1", dealer="muc-001")
    with pytest.raises(InputError, match="a customer that somebody told of"):
        await show(engine.url, "customer", "C2")


async def test_a_reference_may_be_given_as_the_keys_of_the_hubs_own_topics_have_it(engine: Engine, dealer: Words) -> None:
    await engine.apply([dealer.recorded("C1", "Kites"), dealer.recorded("ham-001/C1", "Odd ones")])
    await engine.apply([Words(dealer.log, "ham-001").recorded("C1", "Herons")])
    assert (await shown(engine, "customer", "ber-001/C1")).principal == "dealer:ber-001"
    assert (await shown(engine, "customer", "ham-001/C1")).ref == "ham-001/C1", "a reference with a stroke of its own goes first"
    with pytest.raises(InputError, match="an opportunity that dealer:ham-001 told of"):
        await show(engine.url, "opportunity", "ham-001/O1")


async def test_a_store_that_is_away_or_of_another_version_is_told(engine: Engine) -> None:
    with pytest.raises(Unavailable, match=r"PostgreSQL at 127.0.0.1:1 \(hub\) does not answer"):
        await show("postgresql://hub@127.0.0.1:1/hub", "customer", "C1")
    await engine.db.execute("DROP TABLE corrections; ALTER TABLE journal RENAME TO diary")
    with pytest.raises(HubError, match="hub migrate"):
        await show(engine.url, "customer", "C1")


async def test_the_words_print_it(engine: Engine, dealer: Words) -> None:
    person = {"contact": "P1", "customer": "C1", "name": "Ada"}
    await engine.apply([dealer.recorded("C1", "Kites"), dealer.say(CONTACT_RECORDED, person, 0)])
    shell = CliRunner(env={"HUB_DATABASE_URL": engine.url})

    def typed(*words: str) -> str:
        return _in_a_thread(shell, words)

    text = typed("customer", "C1")
    assert "customer C1 of dealer:ber-001" in text
    assert "no leads" in text
    assert "dealer.ber-001.events@0:0" in text
    parsed = json.loads(typed("customer", "C1", "--json"))
    assert parsed["timeline"][0]["type"] == "customer.recorded"
    assert "reports to" not in typed("contact", "P1")


def _in_a_thread(shell: CliRunner, words: tuple[str, ...]) -> str:
    """The command has an event loop of its own, which cannot run inside the test's."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(shell.invoke, app, list(words)).result()
    assert result.exit_code == 0, result.output
    return result.output
