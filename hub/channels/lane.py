"""One way out, worked off by one courier: claim, begin, send, record, and again."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from contracts.values import Channel
from hub.channels.beginning import LEAST_AHEAD, MOST_AHEAD, Begun, Started, begin
from hub.channels.claim import Claimed, Desk, Hand
from hub.channels.flight import Flight, Landed
from hub.channels.parcel import Parcel, ParcelChannel, Receipt, Refused, TryLater
from hub.channels.recording import Sent, outcome, tallies
from hub.channels.telling import tell
from hub.errors import InputError
from hub.rules.bounce_wave import Brake, is_wave
from hub.rules.limits import Limits
from hub.state import brakes, outcomes
from hub.state.store import Connection
from hub.telemetry import Metrics, log

MOST = 400
"""Deliveries of one claim."""

_QUEUED, _LEAST_QUEUED = 4, 64  # times as many are begun as start at once, where no limit is to be kept to the moment
_AT_ONCE = 64  # are begun at most in one transaction where one is
_UNRECORDED, _UNRECORDED_SECONDS = 64, 0.1
_FEW = 3  # parcels in a row that were not taken say something of the provider, one alone of its recipient
_GATHER, _FORGETTING = 0.005, 0.8
_SHORTEST_WAIT, _LONGEST_WAIT, _LONGEST_PAUSE = 0.01, 1.0, 60.0


class Written(NamedTuple):
    """A parcel as it goes, and what it will cost."""

    parcel: Parcel
    segments: int | None = None
    cost_minor: int | None = None
    currency: str | None = None


Write = Callable[[Connection, Sequence[Claimed], Channel], Awaitable[Sequence[Written | InputError]]]
"""Puts deliveries into words, in their order; an InputError says why one cannot be."""


class WayOut(NamedTuple):
    """A channel, and the provider behind it by the name that the ledger and the limits know it by.

    `hands` are how many claims one courier works off at once, where no limit is to be kept: while one is made, another is sent.
    """

    channel: Channel
    provider: str
    out: ParcelChannel
    hands: int = 1


class Lane:
    """Holds the deliveries of one claim; what it could not record, it records before it claims anew."""

    def __init__(
        self,
        way: WayOut,
        desk: Desk,
        write: Write,
        limits: Limits,
        brake: Brake,
        metrics: Metrics,
        on_progress: Callable[[], None] = lambda: None,
        free: asyncio.Semaphore | None = None,
    ) -> None:
        self.way, self.is_stopping = way, False
        self._desk, self._write, self._limits, self._brake, self._metrics, self._on_progress = (
            desk,
            write,
            limits,
            brake,
            metrics,
            on_progress,
        )
        self._most = limits.claims_at_once(way.provider, MOST)
        self._is_limited = limits.is_kept(way.provider)
        self._free = free or asyncio.Semaphore(way.out.at_once)
        self._in_flight = way.out.at_once * 2 if self._is_limited else max(way.out.at_once * _QUEUED, _LEAST_QUEUED)
        self._unrecorded: list[tuple[UUID, Sent]] = []
        self._in_vain, self._recorded_at, self._ahead, self._took = 0, 0.0, LEAST_AHEAD, 0.0

    @property
    def pause(self) -> float:
        """How many seconds to leave a provider alone that takes nothing."""
        return min(_LONGEST_PAUSE, 2.0 ** min(self._in_vain - _FEW, 10)) if self._in_vain >= _FEW else 0.0

    async def turn(self, connection: Connection) -> bool:
        """Work off one claim; returns whether there may be more at once."""
        await self._record(connection)
        hand = await self._desk.take(connection, self.way.channel, self.way.provider, self._how_many())
        if hand.claimed:
            await self._work_off(connection, hand)
        return hand.is_more

    def _how_many(self) -> int:
        """As many as one may have in hand; those who share a limit, and began together, do not run out together, and leave it unused."""
        return random.randint((self._most + 1) // 2, self._most) if self._is_limited else self._most

    async def _work_off(self, connection: Connection, hand: Hand) -> None:
        written = dict(
            zip((one.due.id for one in hand.claimed), await self._write(connection, hand.claimed, self.way.channel), strict=True)
        )
        ready = {name: words for name, words in written.items() if isinstance(words, Written)}
        waits = deque(one for one in hand.claimed if one.due.id in ready)
        for one in hand.claimed:
            if isinstance(error := written[one.due.id], InputError):
                refused = Refused(f"{error.path}: expected {error.expected}", is_final=True, cause="content")
                self._unrecorded.append((hand.token, _sent(one, refused, None)))
        flight = Flight(self.way.out, self._free)
        try:
            await self._fly(connection, hand, waits, ready, flight)
        finally:
            for landed in await flight.all_landed():
                self._land(hand, landed, ready)
        await self._record(connection)

    async def _fly(self, connection: Connection, hand: Hand, waits: "deque[Claimed]", ready: "dict[UUID, Written]", flight: Flight) -> None:
        ask_at, missed = 0.0, list[Started]()
        while len(flight) or (waits and not self.is_stopping):
            most = self._room(len(flight))
            if waits and not self.is_stopping and most and monotonic() >= ask_at:
                asked = [waits.popleft() for _ in range(min(most, len(waits)))]
                begun = await self._begun(connection, hand, asked, missed)
                missed.clear()
                waits.extendleft(reversed(begun.waits))
                ask_at = monotonic() + max(begun.pause, _SHORTEST_WAIT) if begun.waits else 0.0
                flight.start([(start, ready[start.one.due.id].parcel) for start in begun.started])
            if len(flight):
                landed = await flight.landed(self._wait(ask_at if waits and most else None), 0 if self._is_limited else _GATHER)
                late = [one.start for one in landed if not self._land(hand, one, ready)]
                waits.extendleft(start.one for start in late)
                missed += late
            elif waits:
                await asyncio.sleep(self._wait(ask_at))
            if len(self._unrecorded) >= _UNRECORDED or monotonic() - self._recorded_at >= _UNRECORDED_SECONDS:
                await self._record(connection)
            self._on_progress()
        if waits:
            now = await self._desk.now(connection)
            await outcomes.give_back(connection, hand.token, [(one.due.id, now, None) for one in waits], now)

    async def _begun(self, connection: Connection, hand: Hand, asked: Sequence[Claimed], missed: Sequence[Started]) -> Begun:
        """Begin these; where the database takes long for it, starts are laid down longer ahead the next time."""
        at = monotonic()
        terms = self.way.provider, self._limits, self.way.out.longest, self._desk.now
        begun = await begin(connection, hand, asked, *terms, missed=missed, ahead=self._ahead, soonest=self._took)
        self._took = min(MOST_AHEAD / 4, max(monotonic() - at, self._took * _FORGETTING))
        self._ahead = max(LEAST_AHEAD, 4 * self._took)
        return begun

    def _room(self, flying: int) -> int:
        """How many to begin now: each at its moment, or many at once."""
        room = self._in_flight - flying
        if self._is_limited:
            return min(room, _AT_ONCE)
        return room if 2 * room >= self._in_flight else 0

    def _wait(self, ask_at: float | None) -> float:
        """How long to look for what has landed: until one may ask again, and what has landed waits for its record no longer than told."""
        longest = _UNRECORDED_SECONDS if self._unrecorded else _LONGEST_WAIT
        return longest if ask_at is None else max(0.0, min(longest, ask_at - monotonic()))

    def _land(self, hand: Hand, landed: Landed, ready: "dict[UUID, Written]") -> bool:
        """Keep its receipt to be recorded; False where it has none, and may still begin."""
        one, receipt = landed.start.one, landed.receipt
        if receipt is None:
            if monotonic() <= hand.until - self.way.out.longest:
                return False
            receipt = TryLater("the lease had expired before it began")  # nobody else knows that it did not begin
        self._in_vain = self._in_vain + 1 if isinstance(receipt, TryLater) else 0
        self._unrecorded.append((hand.token, _sent(one, receipt, ready[one.due.id])))
        return True

    async def _record(self, connection: Connection) -> None:
        """Record what landed; what cannot be recorded now is kept for the next session."""
        if not self._unrecorded:
            return
        async with connection.transaction():
            now = await self._desk.now(connection)
            found = []
            for token in dict.fromkeys(token for token, _ in self._unrecorded):
                those = [outcome(one, now, random.random()) for named, one in self._unrecorded if named == token]
                await tell(connection, await outcomes.record(connection, token, those, now))
                found += those
            tallied = await brakes.add(connection, tallies(self.way.provider, [one for _, one in self._unrecorded]), now)
            wave = [scope for scope, tally in tallied.items() if is_wave(tally, self._brake)]
            pulled = await brakes.pull(connection, wave, now) if wave else []
        self._unrecorded, self._recorded_at = [], monotonic()
        for state, number in Counter(one.state for one in found).items():
            self._metrics.deliveries.labels(self.way.channel, self.way.provider, state).inc(number)
        for scope in pulled:
            log.error("courier.brake_pulled", scope=scope)


def _sent(one: Claimed, receipt: Receipt, words: Written | None) -> Sent:
    due, cost = one.due, words[1:] if words else (None, None, None)
    return Sent(due.id, due.campaign, due.expires_at, due.attempts + 1, receipt, *cost)
