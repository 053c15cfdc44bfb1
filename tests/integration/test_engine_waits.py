"""What waits for news is released by it whoever comes first, and ends in a dead letter when nobody comes."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from contracts import envelope as cloudevents
from contracts.base import LOSS_REASON_RECORDED
from contracts.timers import WAIT_ANSWERED, WAIT_EXPIRED
from hub.consumers.base_data import base_data as base_consumer
from hub.consumers.crm_sync import crm_sync
from hub.state.base import BaseDataCache
from hub.stream.batch import Batch
from hub.stream.failures import Conflict
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.stream.work import Work
from tests.support.crm import Words, base_data
from tests.support.engine import NOON, Engine, Log
from tests.support.interleaving import before_commit, until_blocked

HANDLED, WAITING, DEAD = Outcome.HANDLED, Outcome.WAITING, Outcome.DEAD
LATER = NOON + timedelta(days=300)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


@pytest.fixture
async def oem(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, base_consumer) as oem:
        yield oem


@pytest.fixture
def dealer() -> Words:
    return Words(Log())


def expired(log: Log, ref: str, kind: str, awaited: str, *, consumer: str = "crm-sync", dealer: str = "ber-001") -> Stored:
    """The clock says that a wait has lasted long enough."""
    body = {
        "occurred_at": LATER.isoformat(),
        "consumer": consumer,
        "principal": f"dealer:{dealer}",
        "store": "opportunities",
        "subject": ref,
        "kind": kind,
        "ref": awaited,
    }
    number = len(log.records["hub.timers", 0])
    headers = cloudevents.write(cloudevents.Envelope(f"timer-{number}", "/hub/clock", WAIT_EXPIRED.wire))
    return log.write("hub.timers", json.dumps(body).encode(), key=ref, headers=headers)


async def status(engine: Engine) -> list[str]:
    return [row["status"] for row in await engine.rows("opportunities")]


async def test_a_wait_that_is_folded_again_ends_no_later_than_it_did_however_long_folding_takes(engine: Engine, dealer: Words) -> None:
    """Else what the clock said of the first would come too early for the second, and be the last word on it."""
    engine.batch = Batch(
        engine.offsets, Work(crm_sync, BaseDataCache(crm_sync.using), timedelta(days=1), since=NOON), engine.reader, "crm-sync"
    )
    assert await engine.outcomes([dealer.opened("O1")]) == [WAITING]
    assert [row["until"] for row in await engine.rows("waiting")] == [NOON + timedelta(days=1)]


async def test_a_loss_waits_for_its_reason_and_is_released_by_it(engine: Engine, oem: Engine, dealer: Words) -> None:
    base_data(dealer.log, "sales_model")
    await oem.apply(dealer.log.records["oem.base", 0])
    assert await engine.outcomes([dealer.opened("O1"), dealer.lost("O1")]) == [HANDLED, WAITING]
    reason = base_data(dealer.log, "loss_reason")
    await oem.apply(reason)
    [answer] = [record for record in await oem.relay(dealer.log) if record.topic == "hub.timers"]
    assert dict(answer.headers)["ce_type"] == WAIT_ANSWERED.wire.encode()
    assert await status(engine) == ["open"]
    assert await engine.outcomes([answer]) == [HANDLED]
    assert await status(engine) == ["lost"]
    assert await engine.rows("waiting") == []
    told = [json.loads(row["body"]) for row in await engine.rows("outbox")]
    assert [(event["status"], event["revision"]) for event in told] == [("lost", 2)]


async def test_one_who_waits_for_two_things_is_asked_twice(engine: Engine, oem: Engine, dealer: Words) -> None:
    assert await engine.outcomes([dealer.lost("O1"), dealer.opened("O1")]) == [WAITING, WAITING]
    assert {row["kind"] for row in await engine.rows("waiting")} == {"sales_model"}
    for kind, stand in (("sales_model", ["open"]), ("loss_reason", ["lost"])):
        await oem.apply(base_data(dealer.log, kind))
        await engine.apply([record for record in await oem.relay(dealer.log) if record.topic == "hub.timers"])
        assert await status(engine) == stand
    assert await engine.rows("waiting") == []


async def test_who_brings_it_sees_the_waiter_that_commits_while_it_works(engine: Engine, oem: Engine, dealer: Words) -> None:
    stop = before_commit(engine)
    waiter = asyncio.create_task(engine.outcomes([dealer.opened("O1")]))
    await stop.reached.wait()
    creator = asyncio.create_task(oem.apply(base_data(dealer.log)))
    await until_blocked(oem)
    stop.go.set()
    assert await waiter == [WAITING]
    await creator
    answers = [record for record in await oem.relay(dealer.log) if record.topic == "hub.timers"]
    assert await engine.outcomes(answers) == [HANDLED]
    assert await status(engine) == ["open"]


async def test_a_waiter_that_comes_while_it_is_brought_folds_again_and_does_not_wait(engine: Engine, oem: Engine, dealer: Words) -> None:
    stop = before_commit(oem)
    creator = asyncio.create_task(oem.apply(base_data(dealer.log)))
    await stop.reached.wait()
    opened = dealer.opened("O1")
    waiter = asyncio.create_task(engine.outcomes([opened]))
    await until_blocked(engine)
    stop.go.set()
    await creator
    with pytest.raises(Conflict):
        await waiter
    assert await engine.outcomes([opened]) == [HANDLED]
    assert await status(engine) == ["open"]
    assert await engine.rows("waiting") == []


async def test_a_wait_that_nobody_ends_is_a_dead_letter_and_its_sender_hears_of_it(engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    lost = dealer.lost("O1")
    assert await engine.outcomes([lost]) == [WAITING]
    assert await engine.outcomes([expired(dealer.log, "O1", "opportunity", "O1")]) == [HANDLED]
    [letter] = await engine.rows("dead_letters")
    assert (letter["reason"], letter["topic"], letter["offset"], letter["value"]) == ("wait_expired", lost.topic, lost.offset, lost.value)
    assert letter["faults"] == [["opportunity", "O1 to become known in time"]]
    assert await engine.rows("waiting") == []
    [row] = await engine.rows("outbox")
    said = json.loads(row["body"])
    assert (row["topic"], said["reason"], said["offset"]) == ("dealer.ber-001.feed", "wait_expired", lost.offset)
    assert await engine.outcomes([dealer.opened("O1")]) == [Outcome.HELD]


async def test_a_wait_that_ended_in_the_meantime_does_not_expire(engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.lost("O1")])
    await engine.apply([dealer.opened("O1")])
    assert await engine.outcomes([expired(dealer.log, "O1", "opportunity", "O1")]) == [HANDLED]
    assert (await status(engine), await engine.rows("dead_letters")) == (["lost"], [])


async def test_an_end_and_the_news_in_one_batch_let_the_news_win(engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.lost("O1")])
    assert await engine.outcomes([dealer.opened("O1"), expired(dealer.log, "O1", "opportunity", "O1")]) == [HANDLED, HANDLED]
    assert (await status(engine), await engine.rows("dead_letters")) == (["lost"], [])


async def test_the_end_of_one_wait_does_not_end_the_one_that_came_later(engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    early, late = dealer.moved("O1", 1), dealer.lost("O1")
    await engine.apply([early])
    await engine.apply([late])
    await engine.db.execute('UPDATE waiting SET until = $1 WHERE "offset" = $2', LATER + timedelta(days=1), late.offset)
    await engine.apply([expired(dealer.log, "O1", "opportunity", "O1")])
    assert [row["offset"] for row in await engine.rows("dead_letters")] == [early.offset]
    assert [row["offset"] for row in await engine.rows("waiting")] == [late.offset]


async def test_an_end_meant_for_another_consumer_or_dealer_ends_nothing(engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.lost("O1")])
    ends = [
        expired(dealer.log, "O1", "opportunity", "O1", consumer="base-data"),
        expired(dealer.log, "O1", "opportunity", "O1", dealer="muc-002"),
        expired(dealer.log, "O1", "loss_reason", "price"),
    ]
    assert await engine.outcomes(ends) == [HANDLED] * 3
    assert len(await engine.rows("waiting")) == 1


async def test_an_answer_and_an_end_at_the_same_moment_agree(database: str, engine: Engine, dealer: Words) -> None:
    """The opening is folded by one lane while the clock's word is heard by another."""
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.lost("O1")])
    stop = before_commit(engine)
    opening = asyncio.create_task(engine.outcomes([dealer.opened("O1")]))
    await stop.reached.wait()
    async with Engine(database, crm_sync, owner="the timers' lane") as timers:
        end = expired(dealer.log, "O1", "opportunity", "O1")
        ending = asyncio.create_task(timers.apply([end]))
        await until_blocked(timers)
        stop.go.set()
        assert await opening == [HANDLED]
        with pytest.raises(Conflict):
            await ending
        assert await timers.outcomes([end]) == [HANDLED]
    assert (await status(engine), await engine.rows("dead_letters"), await engine.rows("waiting")) == (["lost"], [], [])


async def test_an_end_before_the_answer_at_the_same_moment_agree(database: str, engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.lost("O1")])
    async with Engine(database, crm_sync, owner="the timers' lane") as timers:
        stop = before_commit(timers)
        ending = asyncio.create_task(timers.apply([expired(dealer.log, "O1", "opportunity", "O1")]))
        await stop.reached.wait()
        opening = asyncio.create_task(engine.outcomes([dealer.opened("O1")]))
        await until_blocked(engine)
        stop.go.set()
        await ending
        assert await opening == [HANDLED]
    assert (await status(engine), [row["reason"] for row in await engine.rows("dead_letters")]) == (["open"], ["wait_expired"])
    assert await engine.rows("waiting") == []


async def test_what_is_refused_after_its_wait_no_longer_waits(engine: Engine, oem: Engine, dealer: Words) -> None:
    assert await engine.outcomes([dealer.opened("O1", stage="nowhere")]) == [WAITING]
    await oem.apply(base_data(dealer.log))
    await engine.apply([record for record in await oem.relay(dealer.log) if record.topic == "hub.timers"])
    assert await engine.rows("waiting") == []
    [letter] = await engine.rows("dead_letters")
    assert (letter["reason"], letter["faults"][0][0]) == ("rejected", "stage")


async def test_a_wait_that_ends_for_a_correction_gives_back_what_it_corrected(engine: Engine, dealer: Words) -> None:
    base_data(dealer.log)
    await engine.lay(dealer.log)
    await engine.apply([dealer.opened("O1"), dealer.won("O1", 1, id="win")])
    correction = dealer.lost("O2", 1, reason="unheard-of", corrects="win")
    assert await engine.outcomes([correction]) == [WAITING]
    assert await status(engine) == ["open"]
    await engine.apply([expired(dealer.log, "O2", "loss_reason", "unheard-of")])
    assert await status(engine) == ["won"]


async def test_what_base_data_no_longer_allows_is_told_under_an_id_of_its_own(engine: Engine, oem: Engine, dealer: Words) -> None:
    """The opening makes the state twice: when it came, and when the win after it no longer counts."""
    await oem.apply(base_data(dealer.log))
    for record in (dealer.opened("O1"), dealer.won("O1")):
        await engine.apply([record])
    strict = {"id": "standard", "name": "Standard", "stages": [{"id": "offer", "name": "Offer", "probability": 50, "may_win": False}]}
    body = json.dumps({**strict, "occurred_at": LATER.isoformat()}).encode()
    headers = cloudevents.write(cloudevents.Envelope("strict", "/oem/mdm", "hub.sales_model.recorded.v1"))
    await oem.apply([dealer.log.write("oem.base", body, key="sales_model/standard@1900-01-01", headers=headers)])
    await engine.apply([expired(dealer.log, "O1", "opportunity", "O1")])
    assert (await status(engine), [row["reason"] for row in await engine.rows("dead_letters")]) == (["open"], ["rejected"])
    rows = [row for row in await engine.rows("outbox") if row["topic"] == "hub.crm"]
    assert [json.loads(row["body"])["revision"] for row in sorted(rows, key=lambda row: row["id"])] == [1, 2, 3]
    assert len({row["event_id"] for row in rows}) == 3


async def test_a_correction_that_is_refused_after_all_holds_up_nobody_else(engine: Engine, oem: Engine, dealer: Words) -> None:
    """What it would have taken out counts again, though the batch in which that shows has not asked about its subject."""
    await oem.apply(base_data(dealer.log))
    assert await engine.outcomes([dealer.opened("O1"), dealer.won("O1", id="win")]) == [HANDLED, HANDLED]
    assert await engine.outcomes([dealer.lost("O2", reason="gone", corrects="win")]) == [WAITING]
    gone = {"id": "gone", "name": "Gone", "retired": True}
    key = "loss_reason/gone@1900-01-01"
    await oem.apply([dealer.log.say(LOSS_REASON_RECORDED, gone, id="gone", source="/oem/mdm", topic="oem.base", key=key)])
    await engine.outcomes([dealer.opened("O2")])
    assert {row["ref"]: row["status"] for row in await engine.rows("opportunities")}["O1"] == "won"
    assert [row["reason"] for row in await engine.rows("dead_letters")] == ["rejected"]
