"""Clocks that jump, summers that begin and end, years that turn: order and verdicts follow the moment, not how it was written."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from contracts.base import LOSS_REASON_RECORDED
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from contracts.opportunities import OPPORTUNITY_LOST, OPPORTUNITY_OPENED
from hub.consumers.crm_sync import crm_sync
from hub.producers.clock import Clock
from hub.state.connect import connect
from hub.stream.outcome import Outcome
from hub.stream.slips import Stored
from hub.telemetry import Metrics
from tests.support.crm import Words, base_data
from tests.support.engine import DEALER, NOON, Engine, Log


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    async with Engine(database, crm_sync) as engine:
        yield engine


def changed(log: Log, at: str, phone: str, dealer: str = DEALER) -> Any:
    return log.say(CUSTOMER_CHANGED, {"customer": "C1", "phone": phone, "occurred_at": at}, id=at, dealer=dealer)


AUTUMN = ("2025-10-26T02:30:00+02:00", "2025-10-26T02:10:00+01:00", "2025-10-26T02:40:00+01:00")
"""The hour between two and three comes twice; by the clock on the wall the second is before the first."""
SPRING = ("2025-03-30T01:59:59+01:00", "2025-03-30T03:00:00+02:00", "2025-03-30T01:30:00Z")
YEAR_END = ("2025-12-31T23:59:59+00:00", "2026-01-01T01:00:01+01:00", "2025-12-31T19:00:02-05:00")


@pytest.mark.parametrize("moments", [AUTUMN, SPRING, YEAR_END], ids=["autumn", "spring", "year end"])
async def test_events_are_in_the_order_of_their_moments(engine: Engine, moments: tuple[str, str, str]) -> None:
    log = Log()
    for number, arrival in enumerate(permutations(range(3))):
        dealer = f"ber-{number:03}"
        body = {"customer": "C1", "name": "Ada", "occurred_at": "2025-01-01T00:00:00Z"}
        await engine.apply([log.say(CUSTOMER_RECORDED, body, id="c", dealer=dealer)])
        for moment in arrival:
            assert await engine.outcomes([changed(log, moments[moment], str(moment), dealer)]) == [Outcome.HANDLED]
    assert [row["phone"] for row in await engine.rows("customers")] == ["2"] * 6


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_senders_clock_an_hour_ahead_is_refused_and_one_behind_is_late_news(engine: Engine, ahead: timedelta) -> None:
    log = Log()
    at = NOON.isoformat()
    first = log.say(CUSTOMER_RECORDED, {"customer": "C1", "name": "Ada", "phone": "now", "occurred_at": at}, id="c")
    stamped = first._replace(timestamp=int(NOON.timestamp() * 1000))
    other = changed(log, (NOON + ahead).isoformat(), "another hour")._replace(timestamp=int(NOON.timestamp() * 1000))
    outcomes = await engine.outcomes([stamped, other])
    [customer] = await engine.rows("customers")
    assert customer["phone"] == "now"
    if ahead > timedelta(0):
        assert outcomes == [Outcome.HANDLED, Outcome.DEAD]
        assert [letter["reason"] for letter in await engine.rows("dead_letters")] == ["from_the_future"]
    else:
        assert outcomes == [Outcome.HANDLED, Outcome.WAITING]  # it comes before what made its subject


class Heard(AIOKafkaProducer):  # type: ignore[misc] # aiokafka has no types
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []

    async def send(self, *_: Any, headers: Any, **__: Any) -> Any:
        self.ids.append(dict(headers)["ce_id"])

        async def done() -> None:
            return None

        return done()


async def test_a_clock_that_jumps_an_hour_ahead_and_back_ends_each_wait_under_one_id(engine: Engine, database: str) -> None:
    """The wait itself says when it ends: a clock process that is wrong says it early, never twice, and never otherwise."""
    log, heard = Log(), Heard()
    dealer = Words(log)
    base_data(log)
    await engine.lay(log)
    await engine.apply([dealer.lost("O1")])
    await engine.db.execute("UPDATE waiting SET until = now() + interval '30 minutes'")
    now = datetime.now(UTC)
    connection = await connect(database, name="clock")
    clocks = [
        Clock(None, None, Metrics(), 1, now=lambda shift=shift: now + timedelta(hours=shift))  # type: ignore[arg-type,misc]
        for shift in (0, 1, 0, -1, 1)
    ]
    try:
        fired = [await clock.tick(connection, heard) for clock in clocks]
    finally:
        await connection.close()
    assert fired == [0, 1, 0, 0, 1]
    assert len(heard.ids) == 2
    assert len(set(heard.ids)) == 1


async def test_base_data_counts_from_its_day_in_utc_wherever_the_year_has_turned_already(engine: Engine) -> None:
    log = Log()
    base_data(log)
    reason = {"id": "moved-away", "name": "Moved away", "effective_from": "2026-01-01"}
    key = "loss_reason/moved-away@2026-01-01"
    log.say(LOSS_REASON_RECORDED, reason, id="r", topic="oem.base", source="/oem", key=key)
    await engine.lay(log)

    def lost(ref: str, at: str) -> list[Stored]:
        said = {"opportunity": ref, "stage": "offer", "occurred_at": at}
        return [
            log.say(OPPORTUNITY_OPENED, said, id=f"{ref}-1"),
            log.say(OPPORTUNITY_LOST, {**said, "reason": "moved-away", "competitor": "none"}, id=f"{ref}-2"),
        ]

    assert await engine.outcomes(lost("west", "2025-12-31T19:00:00-06:00")) == [Outcome.HANDLED, Outcome.HANDLED]
    assert await engine.outcomes(lost("east", "2026-01-01T00:30:00+01:00")) == [Outcome.HANDLED, Outcome.WAITING]
