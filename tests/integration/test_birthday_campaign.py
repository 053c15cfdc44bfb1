"""A campaign that repeats wishes each customer a happy birthday once a year, for as long as it is released."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts import campaigns as said
from contracts.values import Channel
from hub.operations.campaign_preview import Sending, preview
from hub.rules.decision import Subject
from hub.rules.links import Links
from hub.rules.windows import Limit
from hub.state import stores
from hub.state.store import Connection
from tests.support.campaigning import Office, customer, office, planner, settle

PLAN = {
    "template": "birthday",
    "repeat": "birthday",
    "zone": "Europe/Berlin",
    "opens": "09:00",
    "closes": "18:00",
    "expires_at": "2029-01-01T00:00:00Z",
}
BORN = {"C1": date(1980, 3, 2), "C2": date(1990, 3, 3), "C3": date(1980, 2, 29), "C4": None, "C5": date(1975, 3, 2)}


def berlin(day: int, hour: int = 9, month: int = 3, year: int = 2026) -> datetime:
    """An hour there, in winter."""
    return datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour - 1)


async def lives(connection: Connection, begin: datetime, end: datetime, chunk: int = 1) -> None:
    """A planner looks every four hours, at nine in Berlin among them."""
    now = begin
    while now < end:
        work = planner(now, chunk=chunk)
        for _ in range(20):
            if not await work.tick(connection):
                break
        now += timedelta(hours=4)


async def wishes(connection: Connection) -> list[tuple[str, datetime, datetime]]:
    """Who is wished when, and until when."""
    rows = await connection.fetch("SELECT person, due_at, expires_at FROM deliveries ORDER BY due_at, person")
    return [(row[0], row[1], row[2]) for row in rows]


async def begun(here: Office, **other: Any) -> None:
    people = {ref: customer(f"{ref}@people.example", birthday=born) for ref, born in BORN.items()}
    await settle(here.engine.db, people | {"C6": customer("C1@people.example", birthday=BORN["C1"])})
    await here.releases("spring", **PLAN, **other)


async def test_each_is_wished_on_their_day_in_each_year_until_it_is_over(database: str) -> None:
    async with office(database) as here:  # on 2 March at 13:00 in Berlin
        await begun(here)
        await lives(here.engine.db, berlin(2, 13), berlin(5))
        monday, tuesday = berlin(2, 13), berlin(3)
        assert await wishes(here.engine.db) == [
            ("C1", monday, berlin(5, 0)),  # C6 shares their address and their day
            ("C5", monday, berlin(5, 0)),
            ("C2", tuesday, berlin(6, 0)),
        ]
        plan = "SELECT finished_at, as_of FROM campaign_plans"
        assert tuple(await here.engine.db.fetchrow(plan) or ()) == (None, berlin(5, 0))
        for year in (2027, 2028):
            await lives(here.engine.db, berlin(26, 1, 2, year), berlin(4, 1, 3, year))
        assert [(who, at.date()) for who, at, _ in (await wishes(here.engine.db))[3:]] == [
            ("C3", date(2027, 2, 28)),
            *((who, date(2027, 3, day)) for who, day in (("C1", 2), ("C5", 2), ("C2", 3))),
            ("C3", date(2028, 2, 29)),
            *((who, date(2028, 3, day)) for who, day in (("C1", 2), ("C5", 2), ("C2", 3))),
        ]
        await lives(here.engine.db, berlin(2, 9, 1, 2029), berlin(2, 10, 1, 2029))
        assert await here.engine.db.fetchval("SELECT ended_by FROM campaign_plans") == "expired"


async def test_a_birthday_that_is_corrected_is_wished_once_a_year(database: str) -> None:
    async with office(database) as here:
        await begun(here)
        await lives(here.engine.db, berlin(2, 13), berlin(3, 1))
        await here.engine.db.execute("UPDATE customers SET birthday = '1980-03-04'")
        await lives(here.engine.db, berlin(3, 1), berlin(6))
        told = [who for who, _, _ in await wishes(here.engine.db)]
        assert sorted(told) == ["C1", "C2", "C3", "C4", "C5"]


async def test_after_a_standstill_what_is_too_late_is_not_wished(database: str) -> None:
    async with office(database) as here:
        await begun(here)
        await here.says(said.CAMPAIGN_PAUSED, "spring")
        await lives(here.engine.db, berlin(2, 13), berlin(6))
        assert await wishes(here.engine.db) == []
        await here.says(said.CAMPAIGN_RESUMED, "spring")
        await lives(here.engine.db, berlin(5, 10), berlin(6))
        assert [who for who, _, _ in await wishes(here.engine.db)] == ["C2"]


async def test_a_preview_counts_a_whole_year_and_the_days_that_come(database: str) -> None:
    async with office(database) as here:
        await begun(here)
        [campaign] = [kept.state for kept in (await stores.campaigns.load(here.engine.db, [Subject("oem", "spring")])).values()]
        sending = Sending("DE", Limit(3, timedelta(days=7)), Links("http://hub.example", b"k"))
        found = await preview(database, "spring", campaign, None, sending, now=berlin(27, 12, 2))
        channel: Channel = "email"
        assert (found.looked_at, found.people, found.outcomes[channel, "planned"]) == (5, 4, 4)
        assert [(day.day, n) for day, n in found.birthdays] == [(27, 0), (28, 1), (1, 0), (2, 3), (3, 1), (4, 0), (5, 0)]
