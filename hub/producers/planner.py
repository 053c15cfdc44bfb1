"""Expand released campaigns into deliveries, a chunk of people in each transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple, cast

from aiokafka import AIOKafkaProducer

from contracts.values import Channel
from hub.producers.sender import Sender
from hub.rules import birthdays
from hub.rules.campaigns import Campaign, audience_of
from hub.rules.decision import Subject
from hub.rules.expansion import ONCE, PLANNED
from hub.rules.notices import OEM, Nature, Notice, Priority
from hub.rules.pacing import Pace
from hub.state import campaigns, consents, deliveries, recipients, rows, stores
from hub.state.campaigns import Judged, Plan
from hub.state.deliveries import Planned
from hub.state.store import Connection, Kept
from hub.state.survey import Reach, grantee, survey
from hub.telemetry import log

DONE, EXPIRED = "done", "expired"


ROWS = (deliveries.ROWS, consents.ROWS)
"""A session that expands needs these made first (`rows.make`)."""


class Step(NamedTuple):
    """What a chunk came to: how many people were looked at, how many messages planned; `ended_by` where nobody is left.

    `is_more`: the next chunk need not wait for its pace.
    """

    looked_at: int = 0
    planned: int = 0
    ended_by: str | None = None
    is_more: bool = False


class Planner(Sender):
    """Goes through each campaign's audience by key; where it is killed, the next one goes on after the last chunk that was committed.

    A paced campaign is planned no further than `horizon` ahead, so that a pause or a stop leaves little behind. Two planners share
    the work: a plan that one has locked the other passes over.
    """

    name = "planner"

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        make_producer: Callable[[], AIOKafkaProducer],
        *,
        interval: float,
        chunk: int,
        horizon: timedelta,
        reach: Reach,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(connect, make_producer)
        self._interval, self._chunk, self._horizon, self._now = interval, chunk, horizon, now
        self._reach = reach

    async def _session(self) -> None:
        async with self._connected() as connection:
            await rows.make(connection, ROWS)
            while True:
                is_busy = await self.tick(connection)
                self.progress()
                if not is_busy:
                    await asyncio.sleep(self._interval)

    async def tick(self, connection: Connection) -> bool:
        """A chunk of each campaign that is open; whether one of them can go on at once."""
        is_busy = False
        for campaign in await campaigns.open_ones(connection, self._now() + self._horizon):
            step = await self.expand(connection, campaign)
            is_busy = is_busy or step.is_more
        return is_busy

    async def expand(self, connection: Connection, name: str) -> Step:
        """The next chunk of a campaign, in a transaction of its own: people judged, deliveries planned, progress noted."""
        now, subject = self._now(), Subject(OEM, name)
        async with connection.transaction():
            kept = (await stores.campaigns.load(connection, [subject])).get(subject)
            if kept is None or kept.state.status != "released" or kept.state.is_past:
                return Step()  # held or ended since it was found
            plan = await campaigns.lock(connection, name, kept.state.released_at or now)
            if plan is None or plan.is_finished:
                return Step()
            step = await self._chunk_of(connection, name, kept, plan, now)
        if step.looked_at or step.ended_by:
            log.info("campaign.expanded", campaign=name, looked_at=step.looked_at, planned=step.planned, ended_by=step.ended_by)
        return step

    async def _chunk_of(self, connection: Connection, name: str, kept: Kept[Campaign], plan: Plan, now: datetime) -> Step:
        campaign = kept.state
        if now >= campaign.expires_at:
            await campaigns.move(connection, name, plan, [], plan.next_due, EXPIRED)
            return Step(ended_by=EXPIRED)
        slots = self._slots(campaign, plan, now)
        day = self._day(campaign, plan)
        if day is not None and day < (first := birthdays.earliest(now, campaign.zone)):
            return await self._turn(connection, name, campaign, first, slots[0], now)  # it stood still: what is too late is not wished
        free = sum(slot <= now + self._horizon for slot in slots)
        if not free:
            await campaigns.move(connection, name, plan, [], slots[0], None)
            return Step()
        limit = min(self._chunk, 4 * free + 20)  # who is excluded takes no slot
        whose = () if day is None else (recipients.celebrates(name, day, campaign.leap_day),)
        people = await recipients.page(connection, *audience_of(campaign), plan.as_of, plan.after, limit, *whose)
        if not people and day is not None:
            return await self._turn(connection, name, campaign, birthdays.after(day, now, campaign.zone), slots[0], now)
        if not people:
            await campaigns.move(connection, name, plan, [], slots[0], DONE)
            return Step(ended_by=DONE)
        judged, count = _within(await survey(connection, name, campaign, people, now, reach=self._reach, day=day or ONCE), free)
        notices = [Planned(notice, kept.because) for notice in _notices(name, campaign, judged, slots, day)]
        await deliveries.insert(connection, self.name, notices)
        await campaigns.move(connection, name, plan, judged, slots[count], None, day or ONCE)
        return Step(len(judged), count, is_more=count < free)

    def _day(self, campaign: Campaign, plan: Plan) -> date | None:
        """Whose birthdays it is about just now; None for a campaign that goes out once."""
        begins = max(moment for moment in (plan.as_of, campaign.not_before) if moment is not None)
        return birthdays.day_of(begins, campaign.zone) if campaign.repeat else None

    async def _turn(self, connection: Connection, name: str, campaign: Campaign, day: date, free_at: datetime, now: datetime) -> Step:
        """Go on with the birthdays of another day, as soon as it has come."""
        begins = birthdays.begins(day, campaign.zone)
        await campaigns.turn(connection, name, begins, max(begins, free_at))
        return Step(is_more=max(begins, free_at) <= now + self._horizon)

    def _slots(self, campaign: Campaign, plan: Plan, now: datetime) -> list[datetime]:
        """When the next messages fall due, and one more; what a pause has missed is not made up for."""
        start = max(moment for moment in (now, plan.next_due, campaign.not_before) if moment is not None)
        pace = Pace(campaign.per_hour, campaign.opens, campaign.closes, campaign.zone)
        return list(islice(pace.due(start), self._chunk * len(campaign.channels) + 1))


def _within(judged: Sequence[Judged], free: int) -> tuple[list[Judged], int]:
    """As many people as there are slots for their messages, and how many messages that are."""
    kept: list[Judged] = []
    count = 0
    for one in judged:
        wanted = sum(verdict.outcome == PLANNED for verdict in one.verdicts)
        if count + wanted > free and kept:
            break
        kept.append(one)
        count += wanted
    return kept, count


def _notices(name: str, campaign: Campaign, judged: Sequence[Judged], slots: Sequence[datetime], day: date | None) -> Iterator[Notice]:
    due, expires_at = iter(slots), campaign.expires_at
    about = name if day is None else f"{name}/{day}"
    if day is not None:
        expires_at = min(expires_at, birthdays.wished_until(day, campaign.zone))
    for one in judged:
        for verdict in one.verdicts:
            if verdict.outcome == PLANNED:
                yield Notice(
                    dedupe_key=f"campaign/{about}/{one.person}/{verdict.channel}",
                    person=one.person,
                    purpose=campaign.purpose,
                    grantee=grantee(campaign, one.person),
                    template=campaign.template,
                    not_before=next(due),
                    expires_at=expires_at,
                    channel=cast("Channel", verdict.channel),
                    documents=tuple(campaign.documents),
                    campaign=name,
                    priority=Priority.BULK,
                    nature=cast("Nature", campaign.nature),
                )
