"""The courier comes to harm between claim, send and record: a mail server counts the copies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from hub.channels.keeping import Keeper
from hub.channels.lane import Lane
from hub.channels.outfit import ways
from hub.channels.wording.mail import MailSender
from hub.channels.writer import Senders, Writer
from hub.local.mail_catcher import MailCatcher
from hub.settings import Settings
from hub.state import claims
from hub.telemetry import Metrics
from tests.support.message_centre import Centre
from tests.support.notices import a_notice
from tests.support.processes import Crew, HubProcess

PERSONS = [f"C-{n}" for n in range(3)]
FROM = "hub@hub.example"


class Post(NamedTuple):
    """A ledger with three messages that are due, a mail server, and couriers as processes."""

    centre: Centre
    catcher: MailCatcher
    crew: Crew
    settings: Settings

    async def harm(self, at: str) -> HubProcess:
        """Let a courier come to harm at a point."""
        victim = self.crew.start("courier", at=at)
        await until(lambda: not victim.is_running or victim.is_frozen())
        return victim

    async def leases_expire(self) -> None:
        """As if as much time had passed."""
        await self.centre.db.execute("UPDATE deliveries SET leased_until = leased_until - interval '1 hour' WHERE state = 'claimed'")

    async def another_courier(self) -> None:
        """One more courier's round, in this process, through the same server."""
        await Keeper(self.centre.desk, self.centre.brake).round(self.centre.db)
        words = Writer(Senders(MailSender("", FROM, FROM), "", ()), self.centre.almanac, None, self.centre.clock)
        for way in ways(self.settings):
            await Lane(way, self.centre.desk, words, self.centre.limits, self.centre.brake, Metrics()).turn(self.centre.db)
            await way.out.close()

    def copies(self) -> list[int]:
        """How many copies of each message the server took."""
        return sorted(self.catcher.copies.values())


async def until(condition: object) -> None:
    async with asyncio.timeout(60):
        while not condition():  # type: ignore[operator] # noqa: ASYNC110 - what happens in another process makes no event here
            await asyncio.sleep(0.05)


@asynccontextmanager
async def post(url: str, folder: Path) -> AsyncIterator[Post]:
    """Everything that a courier needs."""
    catcher = MailCatcher()
    port = await catcher.start()
    environment = {
        "HUB_DATABASE_URL": url,
        "HUB_MAIL_HOST": "127.0.0.1",
        "HUB_MAIL_PORT": str(port),
        "HUB_MAIL_TLS": "never",
        "HUB_MAIL_FROM": FROM,
    }
    crew = Crew(folder, environment)
    settings = Settings(mail_host="127.0.0.1", mail_port=port, mail_tls="never", mail_from=FROM)
    try:
        async with Centre(url, clock=claims.database_time, lease=settings.courier_lease_seconds) as centre:
            await centre.purpose("orders", is_marketing=False)
            await centre.template()
            now = datetime.now(UTC)
            for person in PERSONS:
                await centre.customer(person)
            times = {"not_before": now - timedelta(minutes=1), "expires_at": now + timedelta(days=1)}
            await centre.plan(*(a_notice(person, person, purpose="orders", nature="transactional", **times) for person in PERSONS))
            yield Post(centre, catcher, crew, settings)
    finally:
        crew.end()
        await catcher.stop()


async def test_killed_between_claim_and_send_nobody_gets_two_copies_and_none_is_lost(database: str, tmp_path: Path) -> None:
    async with post(database, tmp_path) as there:
        await there.harm("killed-after-claim")
        assert await there.centre.ledger("state") == [("claimed",)] * 3
        await there.another_courier()
        assert there.copies() == []
        await there.leases_expire()
        await there.another_courier()
        assert there.copies() == [1, 1, 1]
        assert await there.centre.ledger("state") == [("sent",)] * 3


@pytest.mark.parametrize(
    ("point", "copies"), [("killed-before-record", [1, 1, 1]), pytest.param("killed-before-send", [], marks=pytest.mark.thorough)]
)
async def test_killed_once_it_has_begun_what_became_of_it_is_unknown_and_does_not_go_again(
    database: str, tmp_path: Path, point: str, copies: list[int]
) -> None:
    async with post(database, tmp_path) as there:
        await there.harm(point)
        await there.leases_expire()
        for _ in range(2):
            await there.another_courier()
        assert await there.centre.ledger("state", "reason") == [("unknown", "lease expired")] * 3
        assert there.copies() == copies


@pytest.mark.thorough
async def test_frozen_past_its_lease_it_sends_nothing_when_it_comes_back(database: str, tmp_path: Path) -> None:
    async with post(database, tmp_path) as there:
        zombie = await there.harm("frozen-after-claim")
        await there.leases_expire()
        await there.another_courier()
        assert there.copies() == [1, 1, 1]
        zombie.thaw()
        await there.centre.plan(
            a_notice(
                "later",
                PERSONS[0],
                purpose="orders",
                nature="transactional",
                not_before=datetime.now(UTC),
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
        )
        await until(lambda: len(there.copies()) == 4)  # it is at work again
        assert there.copies() == [1, 1, 1, 1]


@pytest.mark.thorough
async def test_two_couriers_at_once_send_one_copy_of_each(database: str, tmp_path: Path) -> None:
    async with post(database, tmp_path) as there:
        couriers = [there.crew.start("courier") for _ in range(2)]
        now = datetime.now(UTC)
        times = {"not_before": now, "expires_at": now + timedelta(days=1)}
        await there.centre.plan(
            *(a_notice(f"k-{n}", PERSONS[n % 3], purpose="orders", nature="transactional", **times) for n in range(300))
        )
        await until(lambda: sum(there.copies()) >= 303)
        for courier in couriers:
            assert courier.terminate() == 0
        assert there.copies() == [1] * 303
        assert set(await there.centre.ledger("state")) == {("sent",)}
