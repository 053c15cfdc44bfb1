"""Claim what is due for one way out (T3): everything that may stand in the way is looked at in the transaction that claims."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from time import monotonic
from typing import NamedTuple
from uuid import UUID, uuid4

from contracts.addresses import address_key
from contracts.base import Calendar
from contracts.values import Channel
from hub.channels.almanac import Almanac
from hub.channels.reach import reach
from hub.channels.telling import tell
from hub.rules import permission
from hub.rules.claiming import CHANNELS, Go, Known, Later, Out, Verdict, choose, judge
from hub.rules.frequency import CAPPED, Frequency
from hub.rules.notices import Person
from hub.rules.windows import Limit
from hub.state import brakes, campaigns, claims, consents, people
from hub.state.base import BaseDataCache
from hub.state.claims import Due
from hub.state.consents import Wish
from hub.state.people import Addressee
from hub.state.store import Connection

Now = Callable[[Connection], Awaitable[datetime]]


class Terms(NamedTuple):
    """How long a claim holds, and the most that counts to one person in how long, over all campaigns and reminders."""

    lease: timedelta
    cap: Limit


class Claimed(NamedTuple):
    """One delivery in hand."""

    due: Due
    addressee: Addressee
    address: str


class Hand(NamedTuple):
    """What one claim took; `until` is when its lease ends, by this process's own steady clock. `is_more`: there may be more that is due."""

    token: UUID
    until: float
    claimed: Sequence[Claimed]
    is_more: bool


class Desk:
    """Claims by the terms, under the clock of the database."""

    def __init__(self, terms: Terms, almanac: Almanac, now: Now = claims.database_time) -> None:
        self._terms, self._almanac, self.now = terms, almanac, now
        self._calendars = BaseDataCache((Calendar.KIND,))

    async def take(self, connection: Connection, channel: Channel, provider: str, most: int) -> Hand:
        """Take what may go, put off what may later, and end what never will."""
        until = monotonic() + self._terms.lease.total_seconds()  # before the database's clock is read: it never ends later than there
        token = uuid4()
        async with connection.transaction():
            pulled = await brakes.pulled(connection)
            if brakes.of_provider(provider) in pulled or await claims.is_held(connection):
                return Hand(token, until, (), is_more=False)
            now = await self.now(connection)
            found = await claims.due(connection, channel, now, most)
            if not found:
                return Hand(token, until, (), is_more=False)
            addressees = await people.addressees(connection, [due.person for due in found])
            known = await self._known(connection, [(due, channel) for due in found], addressees, pulled, now)
            verdicts = [(due, judge(channel, known[due.id], due.expires_at, now)) for due in found]
            verdicts = await self._capped(connection, verdicts, known, now)
            taken = [Claimed(due, addressees[due.person], verdict.address) for due, verdict in verdicts if isinstance(verdict, Go)]
            if taken:
                rows = [(one.due.id, one.address, known[one.due.id].is_marketing) for one in taken]
                await claims.take(connection, token, self._terms.lease, provider, channel, rows, now)
            await _put_off(connection, [(due, channel, verdict) for due, verdict in verdicts], now)
        return Hand(token, until, taken, is_more=len(found) == most)

    async def route(self, connection: Connection, most: int) -> int:
        """Give those their channel that name none: the first that may go now; returns how many were looked at."""
        async with connection.transaction():
            if await claims.is_held(connection):
                return 0
            now = await self.now(connection)
            found = await claims.due(connection, None, now, most)
            if found:
                addressees = await people.addressees(connection, [due.person for due in found])
                wishes = [(due, channel) for due in found for channel in CHANNELS]
                known = await self._known(connection, wishes, addressees, await brakes.pulled(connection), now)
                chosen = [(due, *choose(known[due.id], due.expires_at, now)) for due in found]
                routed = [(due, channel, Later(now, None) if isinstance(verdict, Go) else verdict) for due, channel, verdict in chosen]
                await _put_off(connection, routed, now)
            return len(found)

    async def _known(
        self,
        connection: Connection,
        wishes: Sequence[tuple[Due, Channel]],
        addressees: Mapping[Person, Addressee],
        pulled: set[str],
        now: datetime,
    ) -> dict[UUID, Known]:
        """What is known for each delivery on the channels asked for."""
        channels = {channel for _, channel in wishes}
        almanac = self._almanac.by(await self._calendars.refresh(connection))
        awake_at = cache(partial(almanac.awake_at, moment=now))
        reached = {person: reach(who, self._almanac.country, channels) for person, who in addressees.items()}
        asked = [(due, channel, address) for due, channel in wishes if (address := reached[due.person].get(channel)) is not None]
        standings = await consents.standings(
            connection,
            [Wish(*due.person, channel, due.purpose, due.grantee, address_key(channel, address)) for due, channel, address in asked],
            now,
        )
        halted = await campaigns.halted(connection, [due.campaign for due, _ in wishes if due.campaign])
        marketing = {due.id for due, _ in wishes if due.nature == "marketing"}
        refusals: dict[UUID, dict[Channel, str]] = {}
        for (due, channel, _), standing in zip(asked, standings, strict=True):
            if (refusal := permission.refusal(standing, due.nature)) is not None:
                refusals.setdefault(due.id, {})[channel] = refusal
            if standing.is_known and standing.is_marketing:
                marketing.add(due.id)
        found: dict[UUID, Known] = {}
        for due, _ in wishes:
            who = addressees[due.person]
            hold, stop = _standing(due.campaign, halted, pulled)
            is_marketing = due.id in marketing
            awake = awake_at(who.country, due.grantee if almanac.knows(due.grantee) else "")
            found[due.id] = Known(reached[due.person], refusals.get(due.id, {}), awake, is_marketing, who.gone, hold, stop)
        return found

    async def _capped(
        self, connection: Connection, verdicts: Sequence[tuple[Due, Verdict]], known: Mapping[UUID, Known], now: datetime
    ) -> list[tuple[Due, Verdict]]:
        """Hold back what would be too much for one person, whoever sends it: their row is locked until this claim is committed."""
        persons = [due.person for due, verdict in verdicts if isinstance(verdict, Go) and known[due.id].is_marketing]
        if not persons:
            return list(verdicts)
        cap = self._terms.cap
        await claims.lock_persons(connection, persons, now)
        frequency = Frequency(await claims.recent(connection, persons, now - cap.within), cap, now)
        found: list[tuple[Due, Verdict]] = []
        for due, verdict in verdicts:
            is_counted = isinstance(verdict, Go) and known[due.id].is_marketing
            again_at = frequency.again_at(due.person) if is_counted else None
            found.append((due, verdict if again_at is None else _too_much(due, again_at)))
        return found


def _standing(campaign: str | None, halted: Mapping[str, str], pulled: set[str]) -> tuple[str | None, str | None]:
    """Why nothing of a campaign goes now, and why nothing of it ever will."""
    if campaign is None:
        return None, None
    match halted.get(campaign):
        case "stopped":
            return None, "campaign stopped"
        case "paused":
            return "campaign paused", None
        case _:
            return ("brake" if brakes.of_campaign(campaign) in pulled else None), None


def _too_much(due: Due, again_at: datetime) -> Verdict:
    return Later(again_at, CAPPED) if again_at < due.expires_at else Out("excluded", CAPPED)


async def _put_off(connection: Connection, judged: Sequence[tuple[Due, Channel, Verdict]], now: datetime) -> None:
    later = [(due.id, verdict.at, verdict.reason, channel) for due, channel, verdict in judged if isinstance(verdict, Later)]
    if later:
        await claims.defer(connection, later, now)
    out = [(due.id, verdict.state, verdict.reason, due.channel) for due, _, verdict in judged if isinstance(verdict, Out)]
    if out:
        await tell(connection, await claims.end(connection, out, now))
