"""What is claimed is claimed once, under everything that is known at that moment."""

import asyncio
from datetime import UTC, datetime, timedelta

from hub.channels.keeping import Keeper
from hub.channels.parcel import Parcel, Receipt, Refused, TryLater, Unsure
from hub.operations.holding import doubt, hold, is_recovered
from hub.rules.bounce_wave import Brake
from hub.rules.notices import Priority
from hub.state import brakes, claims, outbox, outcomes, steering
from hub.state.deliveries import delivery_id
from hub.state.outcomes import Outcome
from tests.support.message_centre import Centre, CountingProvider
from tests.support.notices import NOON, a_notice

DAY = timedelta(days=1)


async def test_what_is_due_goes_once_to_the_newest_address_and_is_told(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"), a_notice("later", not_before=NOON + DAY))
        await centre.customer("C-1", email="new@example.com")
        provider = CountingProvider()
        for _ in range(2):
            await centre.lane(provider).turn(centre.db)
        assert [parcel.address for parcel in provider.got] == ["new@example.com"]
        name = delivery_id("k-1")
        assert await centre.ledger("state", "attempts", "provider_ref") == [("sent", 1, f"ref-{str(name)[:8]}"), ("planned", 0, None)]
        [told] = await outbox.unsent(centre.db)
        assert (told.topic, told.key, told.consumer) == ("hub.deliveries", str(name), "courier")
        assert b"example.com" not in told.body


async def test_a_claim_passes_over_what_was_sent_and_what_another_has_in_hand(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1", "C-2")
        await centre.plan(a_notice("k-1"), a_notice("k-2", "C-2"))
        provider = CountingProvider()
        first = await centre.desk.take(centre.db, "email", "smtp", 1)
        await centre.lane(provider).turn(await centre.connect())
        again = await centre.desk.take(centre.db, "email", "smtp", 10)
        assert (len(first.claimed), len(provider.got), len(again.claimed)) == (1, 1, 0)


async def test_consent_withdrawn_after_the_plan_keeps_it_from_going(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        await centre.consent("C-1", "withdrawn")
        provider = CountingProvider()
        await centre.lane(provider).turn(centre.db)
        assert provider.got == []
        assert await centre.ledger("state", "reason") == [("excluded", "withdrawn")]


async def test_a_holiday_that_is_laid_down_while_couriers_run_puts_off_what_goes_in_that_dealer_s_name(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1")
        provider = CountingProvider()
        lane = centre.lane(provider)
        await centre.plan(a_notice("k-1"))
        await lane.turn(centre.db)
        await centre.calendar("ber-001", holidays=[{"name": "Stocktaking", "day": "2026-03-03"}])
        await centre.plan(a_notice("k-2"))
        await lane.turn(centre.db)
        assert len(provider.got) == 1
        assert await centre.ledger("state", "reason") == [("sent", None), ("planned", "quiet hours")]
        [_, (due_at,)] = await centre.ledger("due_at")
        assert due_at == datetime(2026, 3, 4, 7, tzinfo=UTC)


async def test_the_most_urgent_goes_first_and_then_what_is_due_for_longest(database: str) -> None:
    async with Centre(database, cap=10) as centre:
        await centre.people("C-1")
        await centre.plan(
            a_notice("bulk", priority=Priority.BULK, not_before=NOON - DAY),
            a_notice("new"),
            a_notice("old", not_before=NOON - DAY),
            a_notice("urgent", priority=Priority.URGENT),
        )
        claimed = [(await centre.desk.take(centre.db, "email", "smtp", 1)).claimed[0].due.id for _ in range(4)]
        assert claimed == [delivery_id(key) for key in ("urgent", "old", "new", "bulk")]


async def test_nobody_gets_more_than_the_cap_whoever_sends_it_and_what_is_not_marketing_goes_beside(database: str) -> None:
    async with Centre(database, cap=2) as centre:
        await centre.people("C-1")
        await centre.purpose("recall", is_marketing=False)
        await centre.plan(*(a_notice(f"k-{n}") for n in range(3)), a_notice("r", purpose="recall", nature="recall"))
        provider = CountingProvider()
        await centre.lane(provider).turn(centre.db)
        assert len(provider.got) == 3
        [(state, reason, due_at)] = [row for row in await centre.ledger("state", "reason", "due_at") if row[0] != "sent"]
        assert (state, reason, due_at) == ("planned", "frequency_cap", NOON + 7 * DAY)
        centre.clock.moment = NOON + 7 * DAY
        await centre.lane(provider).turn(centre.db)
        assert len(provider.got) == 4


async def test_two_claims_at_the_same_moment_do_not_get_past_the_cap_together(database: str) -> None:
    async with Centre(database, cap=1) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("by-mail"), a_notice("by-sms", channel="sms"))
        first, second = await centre.connect(), await centre.connect()
        outer = first.transaction()
        await outer.start()  # the first claim has counted, and is not committed yet
        taken = await centre.desk.take(first, "email", "smtp", 10)
        other = asyncio.create_task(centre.desk.take(second, "sms", "twilio", 10))
        await centre.until_somebody_waits(other)
        await outer.commit()
        assert (len(taken.claimed), len((await other).claimed)) == (1, 0)


async def test_what_is_not_taken_comes_back_and_what_nobody_knows_of_does_not(database: str) -> None:
    async def answer(parcel: Parcel) -> Receipt:
        match parcel.address:
            case "c-1@example.com":
                return TryLater("451 later", timedelta(minutes=10))
            case "c-2@example.com":
                return Refused("550 <c-2@example.com> unknown", is_final=True, cause="unknown_address")
            case _:
                return Unsure("the line was lost after the dot")

    async with Centre(database) as centre:
        await centre.people("C-1", "C-2", "C-3")
        await centre.plan(*(a_notice(f"k-{n}", f"C-{n}") for n in (1, 2, 3)))
        provider = CountingProvider(answer)
        await centre.lane(provider).turn(centre.db)
        assert await centre.ledger("state", "reason", "attempts") == [
            ("pending", "tried in vain", 1),
            ("failed", "unknown_address", 1),
            ("unknown", "answer lost", 1),
        ]
        assert not any(b"c-2@example.com" in told.body for told in await outbox.unsent(centre.db))
        centre.clock.moment = NOON + timedelta(minutes=9)
        await centre.lane(provider).turn(centre.db)
        assert len(provider.got) == 3
        centre.clock.moment = NOON + timedelta(minutes=10)
        await centre.lane(provider).turn(centre.db)
        assert [parcel.address for parcel in provider.got[3:]] == ["c-1@example.com"]


async def test_an_expired_lease_makes_what_was_begun_unknown_and_lets_go_again_what_was_not(database: str) -> None:
    async with Centre(database, lease=30) as centre:
        await centre.people("C-1", "C-2")
        await centre.plan(a_notice("begun"), a_notice("not", "C-2"))
        hand = await centre.desk.take(centre.db, "email", "smtp", 10)
        await outcomes.start(centre.db, [(delivery_id("begun"), NOON)])
        centre.clock.moment = NOON + timedelta(seconds=31)
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await centre.ledger("state", "reason") == [("unknown", "lease expired"), ("pending", "lease expired")]
        await outcomes.record(centre.db, hand.token, [Outcome(delivery_id("begun"), "sent")], centre.clock.moment)
        assert await centre.ledger("state") == [("sent",), ("pending",)]


async def test_a_notice_without_a_channel_goes_over_the_first_that_may(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1", "C-2")
        await centre.consent("C-1", "withdrawn", channel="email")
        await centre.customer("C-2", email=None, phone=None, street=None)
        await centre.plan(a_notice("k-1", channel=None), a_notice("k-2", "C-2", channel=None))
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await centre.ledger("channel", "state", "reason") == [("sms", "planned", None), (None, "excluded", "no_address")]


async def test_a_wave_of_bounces_stops_its_campaign_and_nothing_else(database: str) -> None:
    async def unknown(_: Parcel) -> Receipt:
        return Refused("550", is_final=True, cause="unknown_address")

    people = [f"C-{n}" for n in range(6)]
    async with Centre(database, brake=Brake(3, 60)) as centre:
        await centre.people(*people)
        await centre.plan(*(a_notice(f"k-{n}", person, campaign="spring") for n, person in enumerate(people[:4])))
        await centre.lane(CountingProvider(unknown), name="other").turn(centre.db)
        await centre.db.execute("DELETE FROM send_brakes WHERE scope LIKE 'provider:%'")
        await centre.plan(a_notice("k-4", "C-4", campaign="spring"), a_notice("k-5", "C-5"))
        good = CountingProvider()
        await centre.lane(good).turn(centre.db)
        assert [parcel.delivery for parcel in good.got] == [str(delivery_id("k-5"))]
        assert (await centre.ledger("state", "reason"))[4] == ("planned", "brake")


async def test_while_couriers_are_held_nothing_is_claimed(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        await centre.db.execute("INSERT INTO pauses (consumer, topic, partition, who, why) VALUES ('courier', '', -1, 'anna', 'a test')")
        assert (await centre.desk.take(centre.db, "email", "smtp", 10)).claimed == ()


async def test_a_domain_that_is_full_goes_back_and_others_go(database: str) -> None:
    async with Centre(database, limits="smtp@example.com=1/1000s") as centre:
        await centre.people("C-1", "C-2", "C-3")
        await centre.customer("C-3", email="c-3@other.example")
        await centre.plan(*(a_notice(f"k-{n}", f"C-{n}") for n in (1, 2, 3)))
        provider = CountingProvider()
        await centre.lane(provider).turn(centre.db)
        assert len(provider.got) == 2
        [(state, reason, due_at)] = [row for row in await centre.ledger("state", "reason", "due_at") if row[0] != "sent"]
        assert (state, reason) == ("pending", "domain limit")
        assert due_at == NOON + timedelta(seconds=1020)


async def test_what_is_unknown_is_settled_by_a_report_that_names_it_and_by_no_other(database: str) -> None:
    async def lost(_: Parcel) -> Receipt:
        return Unsure("no answer")

    async with Centre(database) as centre:
        await centre.people("C-1", "C-2", "C-3")
        await centre.plan(*(a_notice(f"k-{n}", f"C-{n}") for n in (1, 2, 3)))
        await centre.lane(CountingProvider(lost)).turn(centre.db)
        await centre.report(delivery_id("k-1"), "delivered")
        await centre.report(delivery_id("k-2"), "failed")
        await centre.report(delivery_id("k-3"), "queued")
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await centre.ledger("state", "reason") == [
            ("sent", "reported: delivered"),
            ("failed", "reported: failed"),
            ("unknown", "answer lost"),
        ]


async def test_bounces_that_are_reported_later_pull_the_brake_too(database: str) -> None:
    people = [f"C-{n}" for n in range(4)]
    async with Centre(database, brake=Brake(4, 50)) as centre:
        await centre.people(*people)
        await centre.plan(*(a_notice(f"k-{n}", person, campaign="spring") for n, person in enumerate(people)))
        await centre.lane(CountingProvider()).turn(centre.db)
        await centre.report(delivery_id("k-0"), "bounced")
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await brakes.pulled(centre.db) == set()
        await centre.report(delivery_id("k-1"), "bounced")
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await brakes.pulled(centre.db) == {"campaign:spring", "provider:smtp"}
        assert await brakes.release(centre.db, "campaign:spring", centre.clock.moment + timedelta(minutes=1))
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await brakes.pulled(centre.db) == {"provider:smtp"}


async def test_after_a_restore_couriers_are_held_and_what_was_due_is_unknown(database: str) -> None:
    async with Centre(database, clock=claims.database_time) as centre:
        await centre.people("C-1")
        now = datetime.now(UTC)
        times = {"expires_at": now + 30 * DAY}
        await centre.plan(a_notice("due", not_before=now - DAY, **times), a_notice("later", not_before=now + DAY, **times))
        assert await hold(centre.db, "cluster", "anna", "restored") == 1
        assert await centre.ledger("state", "reason") == [("unknown", "restored from a backup"), ("planned", None)]
        await centre.plan(a_notice("read-again", not_before=now - DAY, nature="transactional", **times))
        assert (await centre.desk.take(centre.db, "email", "smtp", 10)).claimed == ()
        [pause] = await steering.pauses(centre.db, "courier")
        assert is_recovered(pause)
        assert await doubt(centre.db) == 1
        assert (await centre.ledger("state"))[2] == ("unknown",)


async def test_what_no_lane_comes_by_expires_at_its_time(database: str) -> None:
    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("by-post", channel="post", expires_at=NOON + DAY), a_notice("by-mail"))
        centre.clock.moment = NOON + DAY
        await Keeper(centre.desk, centre.brake).round(centre.db)
        assert await centre.ledger("state") == [("planned",), ("expired",)]


async def test_a_channel_that_throws_leaves_what_it_had_unknown(database: str) -> None:
    async def throw(_: Parcel) -> Receipt:
        raise RuntimeError("a fault of its own")

    async with Centre(database) as centre:
        await centre.people("C-1")
        await centre.plan(a_notice("k-1"))
        await centre.lane(CountingProvider(throw)).turn(centre.db)
        assert await centre.ledger("state", "answer") == [("unknown", "RuntimeError")]


async def test_a_provider_that_takes_nothing_is_left_alone_for_longer_and_longer(database: str) -> None:
    async def later(_: Parcel) -> Receipt:
        return TryLater("421 not now")

    people = [f"C-{n}" for n in range(4)]
    async with Centre(database) as centre:
        await centre.people(*people)
        lane, pauses = centre.lane(CountingProvider(later)), []
        for person in people:
            await centre.plan(a_notice(person, person))
            await lane.turn(centre.db)
            pauses.append(lane.pause)
        assert pauses == [0, 0, 1, 2]
