"""A courier that was frozen past its lease sends nothing, whichever of its looks at the lease comes too late."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest

from hub.channels.beginning import LEAST_AHEAD, Started, begin
from hub.channels.flight import Flight
from hub.channels.keeping import Keeper
from hub.channels.parcel import Parcel, Sms
from hub.rules.limits import Limits
from hub.state.deliveries import delivery_id
from tests.support.message_centre import Centre, CountingProvider
from tests.support.notices import NOON, a_notice

LEASE = 30.0


async def test_past_its_lease_by_the_clock_of_the_database_nothing_is_begun(database: str) -> None:
    async with Centre(database, lease=LEASE) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        hand = await centre.desk.take(centre.db, "email", "smtp", 10)
        centre.clock.moment = NOON + timedelta(seconds=LEASE + 1)  # nobody has looked after it yet: the row is still claimed
        begun = await begin(centre.db, hand, hand.claimed, "smtp", Limits.read(""), 1.0, centre.clock)
        assert (begun.started, begun.waits) == ([], [])


async def test_what_would_outlast_its_lease_is_not_begun(database: str) -> None:
    async with Centre(database, lease=LEASE) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        hand = await centre.desk.take(centre.db, "email", "smtp", 10)
        assert (await begin(centre.db, hand, hand.claimed, "smtp", Limits.read(""), LEASE + 1, centre.clock)).started == []


async def test_whoever_wakes_up_between_the_look_and_the_send_does_not_send() -> None:
    provider = CountingProvider()
    flight = Flight(provider)
    start = Started("frozen", None, 0.0, monotonic() - 1)  # type: ignore[arg-type] # it is handed through
    flight.start([(start, Parcel("d-1", "c-1@example.com", Sms("hub", "")))])
    [landed] = await flight.all_landed()
    assert (landed.receipt, provider.got) == (None, [])


async def test_what_missed_its_moment_is_not_forgotten_before_somebody_has_looked() -> None:
    flight = Flight(CountingProvider())
    start = Started("late", None, 0.0, monotonic() - 1)  # type: ignore[arg-type] # it is handed through
    flight.start([(start, Parcel("d-1", "c-1@example.com", Sms("hub", "")))])
    while not flight._landed:  # noqa: ASYNC110 - it lands by itself; nobody may look before
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(flight) == 1
    assert [landed.start for landed in await flight.landed(1, 0)] == [start]
    assert len(flight) == 0


async def test_a_claim_that_another_took_over_is_begun_by_that_one_only(database: str) -> None:
    async with Centre(database, lease=LEASE) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        frozen = await centre.desk.take(centre.db, "email", "smtp", 10)
        centre.clock.moment = NOON + timedelta(seconds=LEASE + 1)
        await Keeper(centre.desk, centre.brake).round(centre.db)
        other = await centre.desk.take(await centre.connect(), "email", "smtp", 10)
        begun = [await begin(centre.db, hand, hand.claimed, "smtp", Limits.read(""), 1.0, centre.clock) for hand in (frozen, other)]
        assert [len(one.started) for one in begun] == [0, 1]


@pytest.mark.parametrize("most", [1, 7])
async def test_two_couriers_share_a_limit_to_the_start(database: str, most: int) -> None:
    async with Centre(database, cap=100, limits=f"smtp={most}/10s") as centre:
        await centre.people("C-1")
        await centre.plan(*(a_notice(f"k-{n}") for n in range(20)))
        connections = [await centre.connect() for _ in range(2)]
        hands = [await centre.desk.take(connection, "email", "smtp", 10) for connection in connections]
        begun = [
            await begin(connection, hand, hand.claimed, "smtp", centre.limits, 1.0, centre.clock)
            for connection, hand in zip(connections, hands, strict=True)
        ]
        assert [len(one.started) for one in begun] == [most, 0]
        assert [len(one.waits) for one in begun] == [10 - most, 10]
        assert begun[1].pause == pytest.approx(10.2 - LEAST_AHEAD / 2, abs=0.01)


async def test_a_window_is_asked_by_one_courier_after_the_other(database: str) -> None:
    async with Centre(database, cap=100, limits="smtp=1/10s") as centre:
        await centre.people("C-1")
        await centre.plan(*(a_notice(f"k-{n}") for n in range(2)))
        first, second = await centre.connect(), await centre.connect()
        hands = [await centre.desk.take(connection, "email", "smtp", 1) for connection in (first, second)]
        await centre.db.execute("INSERT INTO send_windows (scope) VALUES ('smtp')")
        outer = first.transaction()
        await outer.start()  # the first has asked, and is not committed yet
        begun = await begin(first, hands[0], hands[0].claimed, "smtp", centre.limits, 1.0, centre.clock)
        other = asyncio.create_task(begin(second, hands[1], hands[1].claimed, "smtp", centre.limits, 1.0, centre.clock))
        await centre.until_somebody_waits(other)
        await outer.commit()
        assert [len(one.started) for one in (begun, await other)] == [1, 0]


async def test_an_unrecorded_outcome_is_recorded_by_the_next_session(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        provider = CountingProvider()
        lane, lost = centre.lane(provider), await centre.connect()

        async def and_the_database_goes(parcel: object) -> object:
            await centre.db.execute("SELECT pg_terminate_backend($1, 5000)", lost.get_server_pid())
            return await type(provider)().answer(parcel)  # type: ignore[arg-type]

        provider.answer = and_the_database_goes  # type: ignore[assignment]
        with pytest.raises((OSError, Exception)):
            await lane.turn(lost)
        assert await centre.ledger("state") == [("claimed",)]
        await lane.turn(centre.db)
        assert (await centre.ledger("state"), len(provider.got)) == ([("sent",)], 1)


async def test_told_to_stop_a_courier_gives_back_what_it_has_not_begun(database: str) -> None:
    async with Centre(database, cap=100, limits="smtp=1/1000s") as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"), a_notice("k-2"))
        provider = CountingProvider()
        lane = centre.lane(provider)

        async def and_stop(parcel: object) -> object:
            lane.is_stopping = True
            return await type(provider)().answer(parcel)  # type: ignore[arg-type]

        provider.answer = and_stop  # type: ignore[assignment]
        await lane.turn(centre.db)
        assert sorted(await centre.ledger("state")) == [("pending",), ("sent",)]
        assert delivery_id("k-1") != delivery_id("k-2")
