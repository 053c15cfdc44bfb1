"""A document that concerns several subjects is folded for each of them, and what goes wrong with one leaves the others alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import permutations

import pytest
from typer.testing import CliRunner

from contracts import envelope as cloudevents
from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN
from contracts.timers import WAIT_EXPIRED
from hub.cli import mount
from hub.consumers import CONSUMERS
from hub.operations import foretelling
from hub.operations.timeline import tell
from hub.rules.basedata import BaseData
from hub.state import letter_desk, timelines
from hub.state.reading import snapshot
from hub.stream import record
from hub.stream.failures import Meaning, meaning
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from tests.integration.test_engine_repairs import act, letters
from tests.support import documents
from tests.support.crm import after
from tests.support.documents import NOBODY, Desk, consumer, lot, lots
from tests.support.engine import Engine, Log
from tests.support.interleaving import before_commit, until_blocked

HANDLED, DUPLICATE, IGNORED, WAITING, HELD, DEAD = (
    Outcome.HANDLED,
    Outcome.DUPLICATE,
    Outcome.IGNORED,
    Outcome.WAITING,
    Outcome.HELD,
    Outcome.DEAD,
)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, consumer()) as engine:
        yield engine


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def desk(log: Log) -> Desk:
    return Desk(log)


async def kept(engine: Engine) -> dict[str, str]:
    """Each lot, and what counted for it in its order."""
    return {row["ref"]: row["name"] for row in await engine.rows("contacts") if row["principal"] == "lot"}


async def test_each_subject_is_folded_and_the_body_is_kept_once(engine: Engine, desk: Desk) -> None:
    assert await engine.outcomes([desk.says("D1", "a", "b", "a")]) == [HANDLED]
    assert await kept(engine) == {"a": "D1@1", "b": "D1@1"}
    rows = await engine.rows("journal")
    assert [(row["part"], row["principal"], row["ref"], bool(row["body"])) for row in rows] == [
        (0, "lot", "a", True),
        (1, "lot", "b", False),
    ]


async def test_what_several_partners_say_meets_in_one_subject_in_its_own_order(engine: Engine, log: Log, desk: Desk) -> None:
    """Each counts its own editions; between them time decides, also where it came late and where the body stands with another part."""
    other, oem = Desk(log, "muc-002"), Desk(log, "oem")
    await engine.apply([desk.says("D1", "b", "a", hour=4, revision=9)])
    await engine.apply([other.says("E1", "a", hour=3, revision=1), oem.opens("a")])
    await engine.apply([other.says("E1", "a", hour=5, revision=2)])
    assert await kept(engine) == {"a": "oem@0 E1@3 D1@4 E1@5", "b": "D1@4"}


async def test_a_document_that_concerns_nobody_is_kept_and_ignored(engine: Engine, desk: Desk) -> None:
    assert await engine.outcomes([desk.says("D1", NOBODY)]) == [IGNORED]
    assert await engine.outcomes([desk.says("D1", NOBODY)]) == [DUPLICATE]
    assert [(row["store"], row["principal"], row["ref"]) for row in await engine.rows("journal")] == [("", "dealer:ber-001", "D1")]


async def test_an_id_that_is_used_again_for_more_subjects_is_found_out(engine: Engine, desk: Desk) -> None:
    """Not all of its parts are there already, and yet it is no news."""
    assert await engine.outcomes([desk.says("D1", "a", "b", id="one")]) == [HANDLED]
    assert await engine.outcomes([desk.says("D1", "a", "c", "b", hour=2, id="one")]) == [DEAD]
    [letter] = await letters(engine)
    assert letter["reason"] == "id_reuse"
    assert await kept(engine) == {"a": "D1@1", "b": "D1@1"}
    assert [row["ref"] for row in await engine.rows("journal")] == ["a", "b"]


async def test_what_came_before_is_no_news_where_more_is_found_in_it_by_now(
    database: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Engine(database, consumer()) as engine:
        await engine.apply([desk.says("D1", "a", "b")])
    monkeypatch.setattr(documents, "lots", lambda event, principal: [*lots(event, principal), lot("c")])
    async with Engine(database, consumer()) as engine:
        assert await engine.outcomes([desk.says("D1", "a", "b")]) == [DUPLICATE]
        assert await kept(engine) == {"a": "D1@1", "b": "D1@1"}


async def test_a_document_that_concerns_too_many_is_a_dead_letter(engine: Engine, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_PARTS", 2)
    assert await engine.outcomes([desk.says("D1", "a", "b", "a"), desk.says("D2", "a", "b", "c")]) == [HANDLED, DEAD]
    [letter] = await letters(engine)
    assert (letter["reason"], letter["faults"]) == ("too_many_subjects", [["", "at most 2 subjects in one document, and not 3"]])


async def test_a_refused_part_is_a_dead_letter_of_that_part_alone(engine: Engine, log: Log, desk: Desk) -> None:
    """The document's own key is held, as what comes next of it may build on what failed; other documents of the same lots go on."""
    assert await engine.outcomes([desk.says("D1", "a", "x-b", "c")]) == [DEAD]
    assert await kept(engine) == {"a": "D1@1", "c": "D1@1"}
    [letter] = await letters(engine)
    assert (letter["key"], letter["principal"], letter["whose"], letter["ref"], letter["part"]) == ("D1", "dealer:ber-001", "lot", "b", 1)
    behind = [desk.says("D1", "a", "b", hour=2), desk.says("D2", "a", "b", hour=3), Desk(log, "oem").opens("b")]
    assert await engine.outcomes(behind) == [HELD, HANDLED, HANDLED]
    assert await kept(engine) == {"a": "D1@1 D2@3", "b": "oem@0 D2@3", "c": "D1@1"}
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, letter["id"], 1)])
    assert await kept(engine) == {"a": "D1@1 D1@2 D2@3", "b": "oem@0 D1@2 D2@3", "c": "D1@1"}
    assert [row["effect"] for row in await engine.rows("act_effects")] == ["given up; 1 behind it went on"]


async def test_a_part_that_is_redriven_in_vain_leaves_the_others_as_they_were(engine: Engine, log: Log, desk: Desk) -> None:
    await engine.apply([desk.says("D1", "x-a", "x-b", "c")])
    first, second = await letters(engine)
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, first["id"], 1)])
    assert [row["effect"] for row in await engine.rows("act_effects")] == ["dead again: rejected: segments: lines that lot a can take"]
    assert [row["state"] for row in await letters(engine)] == ["open", "open"]
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, first["id"], 2)])
    assert await engine.outcomes([desk.says("D1", "c", hour=2)]) == [HELD]
    await engine.apply([act(log, DEAD_LETTER_DISCARDED, second["id"], 3)])
    assert await kept(engine) == {"c": "D1@1 D1@2"}


async def test_it_is_foretold_and_shown_which_part_is_dead(
    engine: Engine, log: Log, desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONSUMERS, "crm-sync", engine.consumer)
    await engine.apply([desk.says("D1", "x-a", "x-b", "c"), desk.says("D1", "a", "c", hour=2)])
    async with snapshot(engine.url) as look:
        chosen = await letter_desk.letters(look, letter_desk.Choice(), 9)
    told = [(each.words, each.behind) for each in await foretelling.redriven(engine.url, chosen, 1_000_000)]
    assert told == [(f"dead again: rejected: segments: lines that lot {lot} can take", 0) for lot in "ab"]
    assert [each.behind for each in await foretelling.discarded(engine.url, chosen)] == [0, 1]
    with ThreadPoolExecutor(1) as pool:
        shell = CliRunner(env={"HUB_DATABASE_URL": database})
        shown = pool.submit(shell.invoke, mount(), ["dead-letters", "show", str(chosen[1].id)]).result()
    assert "part    contacts lot/b: what it says of others counts" in shown.stdout


async def test_a_mended_document_takes_the_place_of_all_that_came(engine: Engine, log: Log, desk: Desk) -> None:
    await engine.apply([desk.says("D1", "a", "x-b", "c")])
    [letter] = await letters(engine)
    mended = {"customer": "D1", "status": "active", "segments": ["b", "c"], "occurred_at": after(-7)}
    await engine.apply([act(log, DEAD_LETTER_REDRIVEN, letter["id"], 1, body=json.dumps(mended))])
    assert await kept(engine) == {"b": "D1@5", "c": "D1@5"}
    assert [row["effect"] for row in await engine.rows("act_effects")] == ["taken"]


async def test_a_part_that_waits_keeps_no_other_and_follows_when_its_subject_is_known(engine: Engine, log: Log, desk: Desk) -> None:
    assert await engine.outcomes([desk.says("D1", "a", "w-b")]) == [WAITING]
    assert await kept(engine) == {"a": "D1@1"}
    assert await engine.outcomes([desk.says("D1", "a", hour=2), Desk(log, "oem").opens("b")]) == [HANDLED, HANDLED]
    assert await kept(engine) == {"a": "D1@1 D1@2", "b": "oem@0 D1@1"}
    assert await engine.rows("waiting") == []


async def test_a_part_that_waited_too_long_is_a_letter_of_its_document(engine: Engine, log: Log, desk: Desk) -> None:
    await engine.apply([desk.says("D1", "a", "w-b", "w-c")])
    fired = {"consumer": "crm-sync", "principal": "lot", "store": "contacts", "subject": "b", "kind": "lot", "ref": "b"}
    body = json.dumps({"occurred_at": datetime(2199, 1, 1, tzinfo=UTC).isoformat(), **fired}).encode()
    headers = cloudevents.write(cloudevents.Envelope("t1", "/hub/clock", WAIT_EXPIRED.wire))
    await engine.apply([log.write("hub.timers", body, key="b", headers=headers, at=datetime(2199, 1, 1, tzinfo=UTC))])
    [letter] = await letters(engine)
    assert (letter["principal"], letter["key"], letter["whose"], letter["ref"]) == ("dealer:ber-001", "D1", "lot", "b")
    assert (letter["reason"], letter["part"]) == ("wait_expired", 1)
    assert [(row["ref"], row["hold"]) for row in await engine.rows("waiting")] == [("c", "news")]
    assert await engine.outcomes([desk.says("D1", "a", hour=2)]) == [HELD]


async def test_a_correction_takes_its_document_out_of_every_subject_that_either_names(engine: Engine) -> None:
    for number, order in enumerate(permutations(range(3))):
        desk, a, b, c = Desk(Log(), f"dealer-{number}"), *(f"{line}{number}" for line in "abc")
        said = [desk.says("D1", a, b), desk.says("D1", b, c, hour=2, corrects="D1-1"), desk.says("D2", b, hour=3)]
        for offset, which in enumerate(order):
            await engine.apply([said[which]._replace(offset=offset)])
        assert (a, (await kept(engine)).pop(a, None)) == (a, None)
        assert {lot: words for lot, words in (await kept(engine)).items() if lot in {a, b, c}} == {b: "D1@2 D2@3", c: "D1@2"}


async def test_a_correction_that_concerns_nobody_takes_its_document_out(engine: Engine, desk: Desk) -> None:
    await engine.apply([desk.says("D1", "a", "b"), desk.says("D2", "b", hour=2)])
    assert await engine.outcomes([desk.says("D1", NOBODY, hour=3, corrects="D1-1")]) == [IGNORED]
    assert await kept(engine) == {"b": "D2@2"}


async def test_a_correction_whose_part_is_refused_leaves_that_subject_as_it_was(engine: Engine, log: Log, desk: Desk) -> None:
    await engine.apply([desk.says("D1", "a", "b", "c")])
    assert await engine.outcomes([desk.says("D1", "x-b", "c", hour=2, corrects="D1-1")]) == [DEAD]
    assert await kept(engine) == {"b": "D1@1", "c": "D1@2"}
    await engine.apply([Desk(log, "muc-002").says("E1", "a", "b", "c", hour=3)])
    assert await kept(engine) == {"a": "E1@3", "b": "D1@1 E1@3", "c": "D1@2 E1@3"}


async def test_the_story_of_a_lot_shows_what_each_document_says_of_it(engine: Engine, log: Log, desk: Desk) -> None:
    await engine.apply([desk.says("D1", "a", "x-b", "c"), Desk(log, "muc-002").says("E1", "c", "b")])
    async with snapshot(engine.url) as look:
        assert list(await timelines.holders(look, "contacts", "b", "contact")) == ["lot"]
        sayings = await timelines.sayings(look, "contacts", lot("b"))
    story = tell(lot("b"), engine.consumer.stores["contacts"].rules, BaseData(), sayings, is_masked=False)
    assert [(one.body["customer"], one.marks[:1]) for one in story] == [
        ("D1", ["rejected (rejected): segments: expected lines that lot b can take"]),
        ("E1", []),
    ]


async def test_without_history_each_subject_goes_forward_and_a_refusal_is_one_letter(database: str, desk: Desk) -> None:
    async with Engine(database, consumer(history=False)) as engine:
        said: list[Stored] = [desk.says("D1", "a", "b", hour=2), desk.says("D2", "b", "c"), desk.says("D3", "x-a", "x-b", "c", hour=3)]
        assert await engine.outcomes(said) == [HANDLED, HANDLED, DEAD]
        assert await kept(engine) == {"a": "D1@2", "b": "D1@2", "c": "D2@1 D3@3"}
        [letter] = await letters(engine)
        assert [expected for _, expected in letter["faults"]] == ["lines that lot a can take", "lines that lot b can take"]


async def until_applied(engine: Engine, records: list[Stored]) -> None:
    """As a lane does: tried again at once where another transaction was in the way."""
    while True:
        try:
            await engine.apply(records)
        except Exception as error:
            if meaning(error) is not Meaning.AGAIN:
                raise
        else:
            return


@pytest.mark.parametrize("line", ["w-b", "k-b"], ids=["waits", "is kept"])
@pytest.mark.parametrize("who_is_first", ["who waits", "who is waited for"])
async def test_two_lanes_that_speak_of_one_subject_at_once_do_not_miss_each_other(
    engine: Engine, log: Log, desk: Desk, who_is_first: str, line: str
) -> None:
    """One waits for the subject that the other makes, or is kept for it, and neither sees what the other has not committed."""
    async with Engine(engine.url, consumer(), owner="other lane") as other:
        waits, makes = (engine, [desk.says("D1", line)]), (other, [Desk(log, "oem").opens("b")])
        (early, first), (late, second) = (waits, makes) if who_is_first == "who waits" else (makes, waits)
        stop = before_commit(early)
        held = asyncio.create_task(until_applied(early, first))
        await stop.reached.wait()
        going = asyncio.create_task(until_applied(late, second))
        blocked = asyncio.create_task(until_blocked(late))
        await asyncio.wait([going, blocked], return_when=asyncio.FIRST_COMPLETED)
        stop.go.set()
        await asyncio.gather(held, going)
        blocked.cancel()
    assert (await kept(engine), await engine.rows("waiting")) == ({"b": "oem@0 D1@1"}, [])
