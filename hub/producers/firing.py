"""Say that timers are due, in large batches, and let go of them once the broker has them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaProducer

from contracts import envelope as cloudevents
from contracts import topics
from contracts.timers import TIMER_FIRED, TimerFired
from hub.state import timers
from hub.state.store import Connection
from hub.state.timers import Timer

_NAMES = uuid5(NAMESPACE_URL, "urn:hub:timer")


async def fire(connection: Connection, producer: AIOKafkaProducer, now: datetime, source: str) -> AsyncIterator[int]:
    """Publish all that is due, page by page; yields how many each page had.

    A timer's id follows from its subject and the moment, so two clocks, or one that died in between, say the same thing once.
    """
    async for page in timers.due(connection, now):
        await asyncio.gather(*[await _say(producer, timer, source) for timer in page])
        await timers.fired(connection, page)
        yield len(page)


async def _say(producer: AIOKafkaProducer, timer: Timer, source: str) -> "asyncio.Future[object]":
    consumer, store, principal, ref, due_at = timer
    moment = due_at.astimezone(UTC)
    body = TimerFired(occurred_at=moment, consumer=consumer, principal=principal, store=store, subject=ref, due_at=moment)
    name = str(uuid5(_NAMES, f"{consumer}\0{store}\0{principal}\0{ref}\0{moment.isoformat()}"))
    headers = cloudevents.write(cloudevents.Envelope(name, source, TIMER_FIRED.wire, moment))
    return await producer.send(  # type: ignore[no-any-return] # aiokafka has no types
        topics.TIMERS.name, body.model_dump_json(exclude_none=True).encode(), key=ref.encode(), headers=headers
    )
