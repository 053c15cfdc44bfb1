"""Publish every timer that is due: time enters the state only as a record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaProducer

from contracts import envelope as cloudevents
from contracts import topics
from contracts.contract import Lineage
from contracts.timers import TIMER_FIRED, WAIT_ANSWERED, WAIT_EXPIRED, WaitAnswered, WaitExpired
from hub.producers.firing import Firing, body_of, name_of
from hub.producers.sender import Sender
from hub.state import waiting
from hub.state.store import Connection
from hub.state.timers import Timer
from hub.state.unplanned import unplanned
from hub.state.waiting import Asked
from hub.telemetry import Metrics

SOURCE = "/hub/clock"
_NAMES = uuid5(NAMESPACE_URL, "urn:hub:clock")
_MOST = 500
_OVERLOOKED = timedelta(seconds=60)


class Clock(Sender):
    """Looks for what is due and says so; keeps nothing itself, so two clocks say the same thing once.

    An id follows from what is due and when: whoever hears it twice knows it by its id.
    """

    name = "clock"

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        make_producer: Callable[[], AIOKafkaProducer],
        metrics: Metrics,
        interval: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(connect, make_producer)
        self._metrics, self._interval, self._now = metrics, interval, now
        self._said: set[str] = set()
        self._firing = Firing(SOURCE)

    async def _session(self) -> None:
        async with self._connected() as connection, self._producing() as producer:
            while True:
                await self.tick(connection, producer)
                async for fired in self._firing.fire(connection, producer, self._now()):
                    self._metrics.timers.labels(TIMER_FIRED.name).inc(fired)
                    self.progress()
                self.progress()
                await asyncio.sleep(self._interval)

    async def tick(self, connection: Connection, producer: AIOKafkaProducer) -> int:
        """Publish the waits that ended by time; as a net, those whose answer came but was not heard; and whom a new plan concerns."""
        now = self._now()
        said = [self._of_wait(WAIT_EXPIRED, WaitExpired, *one) for one in await waiting.due(connection, now, _MOST)]
        late = await waiting.overlooked(connection, now - _OVERLOOKED, _MOST)
        said += [self._of_wait(WAIT_ANSWERED, WaitAnswered, *one) for one in late]
        said += [_of_timer(timer) for timer in await unplanned(connection, now, _MOST)]
        fresh = [one for one in said if one.name not in self._said]
        await asyncio.gather(*[await self._say(producer, one) for one in fresh])
        self._said = {one.name for one in fresh} | (self._said if said else set())
        return len(fresh)

    @staticmethod
    def _of_wait(lineage: Lineage[Any], contract: type[WaitExpired | WaitAnswered], asked: Asked, at: datetime) -> "_Saying":
        body = contract(
            occurred_at=at,
            consumer=asked.consumer,
            principal=asked.principal,
            store=asked.store,
            subject=asked.ref,
            kind=asked.kind,
            ref=asked.awaited_ref,
        )
        return _Saying(str(uuid5(_NAMES, f"{lineage.name}|{asked}|{at}")), lineage, at, asked.ref, body.model_dump_json().encode())

    async def _say(self, producer: AIOKafkaProducer, said: "_Saying") -> "asyncio.Future[object]":
        self._metrics.timers.labels(said.lineage.name).inc()
        envelope = cloudevents.Envelope(said.name, SOURCE, said.lineage.wire, said.at)
        return await producer.send(  # type: ignore[no-any-return] # aiokafka has no types
            topics.TIMERS.name, said.body, key=said.subject.encode(), headers=cloudevents.write(envelope)
        )


class _Saying(NamedTuple):
    """One record, under a name that follows from what is due and when."""

    name: str
    lineage: Lineage[Any]
    at: datetime
    subject: str
    body: bytes


def _of_timer(timer: Timer) -> _Saying:
    return _Saying(name_of(timer), TIMER_FIRED, timer.due_at, timer.ref, body_of(timer))
