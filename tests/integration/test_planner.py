"""A released campaign becomes exactly one delivery a person and channel, chunk by chunk, whatever interrupts it."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts import campaigns as said
from hub.producers.planner import ROWS, Planner, Step
from hub.state import deliveries, rows
from hub.state.connect import connect
from hub.state.store import Connection
from tests.support.campaigning import agree, crowd, customer, office, planner, settle
from tests.support.engine import NOON

LATER = NOON + timedelta(hours=1)


async def expanded(work: Planner, connection: Connection, name: str = "spring") -> list[Step]:
    """Chunk after chunk until nobody is left; a planner that died may hold the plan for a moment."""
    steps = [await work.expand(connection, name)]
    async with asyncio.timeout(60):
        while not steps[-1].ended_by:
            steps.append(await work.expand(connection, name))
    return steps


async def planned(connection: Connection) -> list[tuple[str, str]]:
    """Whom deliveries are for, and by which channel."""
    return [(row[0], row[1]) for row in await connection.fetch("SELECT person, channel FROM deliveries ORDER BY person, channel")]


async def outcomes(connection: Connection) -> Counter[tuple[str, str, str]]:
    return Counter(tuple(row) for row in await connection.fetch("SELECT person, channel, outcome FROM campaign_recipients"))


async def test_everybody_gets_one_delivery_in_chunks(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(25))
        await here.releases("spring")
        steps = await expanded(planner(LATER, chunk=10), here.engine.db)
        assert [step.looked_at for step in steps] == [10, 10, 5, 0]
        assert steps[-1].ended_by == "done"
        assert await planned(here.engine.db) == [(f"C{n:05}", "email") for n in range(25)]
        assert (await planner(LATER).expand(here.engine.db, "spring")) == Step(), "an ended campaign is left alone"


@pytest.mark.parametrize("status", ["prepared", "approved", "paused", "stopped", "past"])
async def test_nothing_is_planned_of_what_is_not_released(database: str, status: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(3))
        await here.prepares("spring")
        if status != "prepared":
            await here.approves("spring")
        if status in {"paused", "stopped", "past"}:
            await here.says(said.CAMPAIGN_RELEASED, "spring")
        if status in {"paused", "stopped"}:
            await here.says(said.CAMPAIGN_PAUSED if status == "paused" else said.CAMPAIGN_STOPPED, "spring")
        if status == "past":
            await here.engine.db.execute("UPDATE campaigns SET is_past = true")
        assert await planner(LATER).expand(here.engine.db, "spring") == Step()
        assert await planner(LATER).tick(here.engine.db) is False
        assert await planned(here.engine.db) == []


async def test_an_approval_by_who_prepared_it_releases_nothing(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(3))
        await here.prepares("spring")
        await here.approves("spring", who="Mira")
        await here.says(said.CAMPAIGN_RELEASED, "spring")
        assert await here.status("spring") == "prepared"
        [letter] = await here.engine.rows("dead_letters")
        assert letter["faults"] == [["who", "somebody else than who prepared the campaign"]]
        await planner(LATER).tick(here.engine.db)
        assert await planned(here.engine.db) == []


async def test_who_is_not_told_is_noted_with_the_reason(database: str) -> None:
    async with office(database) as here:
        people = {
            "C1": customer("one@people.example"),
            "C2": customer(None, phone="+49 30 23125 001"),
            "C3": customer("ONE@people.example"),
            "C4": customer("four@people.example", status="deceased"),
            "C5": customer("five@people.example"),
            "C6": customer("six@people.example", city="Ulm"),
        }
        await settle(here.engine.db, people)
        await agree(here, "C1", "C2", "C3", "C4", "C6")
        where = '{"not": {"city": {"is": "Ulm"}}}'
        await here.releases("spring", purpose="news", nature="marketing", grantee="dealer", conditions=where)
        await expanded(planner(LATER), here.engine.db)
        assert await outcomes(here.engine.db) == Counter(
            [
                ("C1", "email", "planned"),
                ("C2", "email", "no_address"),
                ("C3", "email", "duplicate_address"),
                ("C4", "", "deceased"),
                ("C5", "email", "no_consent"),
            ]
        )
        assert await planned(here.engine.db) == [("C1", "email")]


@pytest.mark.parametrize(
    ("reach", "told"), [("first", [("C1", "sms"), ("C2", "email")]), ("every", [("C1", "email"), ("C1", "sms"), ("C2", "email")])]
)
async def test_channels_are_tried_in_their_order_or_all_of_them(database: str, reach: str, told: Any) -> None:
    async with office(database) as here:
        await settle(here.engine.db, {"C1": customer("one@people.example", phone="+4930231250"), "C2": customer("two@people.example")})
        await here.releases("spring", channels=["sms", "email"], reach=reach)
        await expanded(planner(LATER), here.engine.db)
        assert await planned(here.engine.db) == told


async def test_an_address_that_two_chunks_share_gets_it_once(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, {f"C{n}": customer("family@people.example") for n in range(4)})
        await here.releases("spring")
        await expanded(planner(LATER, chunk=1), here.engine.db)
        assert await planned(here.engine.db) == [("C0", "email")]


async def _due(connection: Connection) -> list[datetime]:
    return [row[0] for row in await connection.fetch("SELECT due_at FROM deliveries ORDER BY due_at")]


async def test_a_paced_campaign_is_planned_no_further_than_the_horizon(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(100))
        await here.releases("spring", per_hour=60)
        await planner(LATER).tick(here.engine.db)
        due = await _due(here.engine.db)
        assert due == [LATER + timedelta(minutes=n) for n in range(11)]
        assert await planner(LATER).tick(here.engine.db) is False
        await planner(LATER + timedelta(minutes=5)).tick(here.engine.db)
        assert await _due(here.engine.db) == [LATER + timedelta(minutes=n) for n in range(16)]


async def test_what_a_pause_missed_is_not_made_up_for(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(100))
        await here.releases("spring", per_hour=60)
        await planner(LATER).tick(here.engine.db)
        await here.says(said.CAMPAIGN_PAUSED, "spring")
        assert await planner(LATER + timedelta(hours=5)).tick(here.engine.db) is False
        await here.says(said.CAMPAIGN_RESUMED, "spring")
        resumed = LATER + timedelta(hours=6)
        await planner(resumed).tick(here.engine.db)
        assert (await _due(here.engine.db))[11:] == [resumed + timedelta(minutes=n) for n in range(11)]


async def test_it_falls_due_while_its_window_is_open(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(3))
        await here.releases("spring", opens="08:00", closes="09:00", zone="Europe/Berlin")
        assert await planner(LATER).tick(here.engine.db) is False
        opening = datetime.fromisoformat("2026-03-03T07:00:00+00:00")
        assert await planner(opening - timedelta(hours=1)).tick(here.engine.db) is False
        await planner(opening - timedelta(minutes=1)).tick(here.engine.db)
        assert await _due(here.engine.db) == [opening] * 3


async def test_a_campaign_that_expired_goes_to_nobody_else(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(3))
        await here.releases("spring")
        assert await planner(NOON + timedelta(days=31)).expand(here.engine.db, "spring") == Step(ended_by="expired")
        assert await planned(here.engine.db) == []


async def test_stopped_in_the_middle_it_goes_to_nobody_else(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(30))
        await here.releases("spring")
        await planner(LATER, chunk=10).expand(here.engine.db, "spring")
        await here.says(said.CAMPAIGN_STOPPED, "spring")
        assert await planner(LATER, chunk=10).expand(here.engine.db, "spring") == Step()
        assert len(await planned(here.engine.db)) == 10


@pytest.mark.parametrize("where", ["insert", "move"])
async def test_cut_off_in_a_chunk_it_goes_on_after_the_last_whole_one(database: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is lost before the chunk is committed: either all of it is there, or nothing."""
    async with office(database) as here:
        await settle(here.engine.db, crowd(35))
        await here.releases("spring")
        work = planner(LATER, chunk=10)
        await work.expand(here.engine.db, "spring")
        doomed = await connect(database, name="doomed")
        await rows.make(doomed, ROWS)
        with monkeypatch.context() as patch:
            module = deliveries if where == "insert" else __import__("hub.state.campaigns", fromlist=["move"])
            patch.setattr(module, where, _then_cut_off(getattr(module, where), doomed))
            with pytest.raises(Exception, match="connection"):
                await work.expand(doomed, "spring")
        assert len(await planned(here.engine.db)) == 10
        await expanded(work, here.engine.db)
        assert await planned(here.engine.db) == [(f"C{n:05}", "email") for n in range(35)]


def _then_cut_off(done: Any, connection: Connection) -> Any:
    async def wrapped(*arguments: Any) -> Any:
        result = await done(*arguments)
        connection.terminate()
        return result

    return wrapped


async def test_two_planners_share_the_work_and_plan_everybody_once(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, crowd(60))
        await here.releases("spring")
        other = await connect(database, name="other")
        await rows.make(other, ROWS)
        first = await connect(database, name="first")
        await rows.make(first, ROWS)
        try:
            await asyncio.gather(_until_finished(first), _until_finished(other))
            assert await planned(here.engine.db) == [(f"C{n:05}", "email") for n in range(60)]
        finally:
            await first.close()
            await other.close()


async def _until_finished(connection: Connection) -> None:
    while not await _is_finished(connection):
        await planner(LATER, chunk=7).expand(connection, "spring")


async def _is_finished(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT finished_at IS NOT NULL FROM campaign_plans"))


async def test_a_message_is_planned_once_with_what_it_says(database: str) -> None:
    async with office(database) as here:
        asked = {"recipient": "customer", "dealer": "ber-001", "ref": "C1", "channel": "email", "purpose": "correspondence"}
        words = {"message": "M1", "title": "Hello", "text": "As you asked", "expires_at": (NOON + timedelta(days=2)).isoformat()}
        for _ in range(2):
            await here.says(said.MESSAGE_REQUESTED, "M1", **asked, **words)
        [row] = await here.engine.rows("deliveries")
        assert (row["principal"], row["person"], row["channel"], row["nature"]) == ("dealer:ber-001", "C1", "email", "transactional")
        assert (row["template"], row["fields"]) == ("message", {"title": "Hello", "text": "As you asked"})


async def test_a_copy_to_look_at_goes_out_before_the_release(database: str) -> None:
    async with office(database) as here:
        await here.prepares("spring")
        to = {"recipient": "contact", "dealer": "ber-001", "ref": "P1", "channel": "email", "template": "recall"}
        await here.says(said.CAMPAIGN_TESTED, "spring", message="spring-test-1", **to)
        [row] = await here.engine.rows("deliveries")
        assert (row["person_kind"], row["person"], row["purpose"], row["campaign"]) == ("contact", "P1", "test", None)


async def test_prepared_again_before_its_release_it_goes_out_as_approved(database: str) -> None:
    async with office(database) as here:
        await settle(here.engine.db, {"C1": customer("one@people.example", city="Ulm"), "C2": customer("two@people.example")})
        await here.releases("spring", conditions='{"city": {"is": "Ulm"}}')
        await here.prepares("spring")
        await expanded(planner(LATER), here.engine.db)
        assert await planned(here.engine.db) == [("C1", "email")]
