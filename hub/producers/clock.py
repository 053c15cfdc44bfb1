"""Publish every timer that is due: time enters the state only as a record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaProducer

from contracts import envelope as cloudevents
from contracts import topics
from contracts.contract import Lineage
from contracts.timers import TIMER_FIRED, WAIT_ANSWERED, WAIT_EXPIRED, WaitAnswered, WaitExpired
from hub.producers.firing import Firing
from hub.producers.sender import Sender
from hub.state import waiting
from hub.state.store import Connection
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
        """Publish the waits that ended by time, and, as a net, those whose answer came but was not heard."""
        now = self._now()
        timers: list[tuple[Lineage[Any], type[WaitExpired | WaitAnswered], Asked, datetime]]
        timers = [(WAIT_EXPIRED, WaitExpired, asked, at) for asked, at in await waiting.due(connection, now, _MOST)]
        late = await waiting.overlooked(connection, now - _OVERLOOKED, _MOST)
        timers += [(WAIT_ANSWERED, WaitAnswered, asked, at) for asked, at in late]
        fresh = [
            (name, timer) for timer in timers if (name := str(uuid5(_NAMES, f"{timer[0].name}|{timer[2]}|{timer[3]}"))) not in self._said
        ]
        sends = [await self._say(producer, name, lineage, contract, asked, at) for name, (lineage, contract, asked, at) in fresh]
        await asyncio.gather(*sends)
        self._said = {name for name, _ in fresh} | (self._said if timers else set())
        return len(fresh)

    async def _say(
        self,
        producer: AIOKafkaProducer,
        name: str,
        lineage: Lineage[Any],
        contract: type[WaitExpired | WaitAnswered],
        asked: Asked,
        at: datetime,
    ) -> "asyncio.Future[object]":
        body = contract(
            occurred_at=at,
            consumer=asked.consumer,
            principal=asked.principal,
            store=asked.store,
            subject=asked.ref,
            kind=asked.kind,
            ref=asked.awaited_ref,
        )
        self._metrics.timers.labels(lineage.name).inc()
        envelope = cloudevents.Envelope(name, SOURCE, lineage.wire, at)
        return await producer.send(  # type: ignore[no-any-return] # aiokafka has no types
            topics.TIMERS.name, body.model_dump_json().encode(), key=asked.ref.encode(), headers=cloudevents.write(envelope)
        )
