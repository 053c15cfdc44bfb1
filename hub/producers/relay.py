"""Send what the outbox holds, in order, once each as far as the log can tell (T2)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from time import monotonic, time
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)

from contracts import envelope as cloudevents
from hub.producers.closing import PATIENCE_SECONDS
from hub.producers.sender import Sender
from hub.state import outbox
from hub.state.outbox import Unsent
from hub.state.store import Connection
from hub.telemetry import Metrics, log

_BATCH = 500
_LOOK_AGAIN = 1.0
_SWEEP = 60.0
_PERMANENT = (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)


class Relay(Sender):
    """One at a time by an advisory lock of its session; a second one waits as a spare.

    Cancelled at the end, never between a send and its receipt.
    """

    name = "relay"

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        make_producer: Callable[[], AIOKafkaProducer],
        metrics: Metrics,
    ) -> None:
        super().__init__(connect, make_producer)
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._topics: frozenset[str] = frozenset()

    async def _session(self) -> None:
        async with self._connected() as connection:
            while not await outbox.become_the_relay(connection):
                self.progress()
                await asyncio.sleep(_LOOK_AGAIN)
            await connection.add_listener(outbox.CHANNEL, lambda *_: self._wake.set())
            async with self._producing() as producer:
                await self._relay(connection, producer)

    async def _relay(self, connection: Connection, producer: AIOKafkaProducer) -> None:
        swept = monotonic()
        while True:
            self._wake.clear()
            count = await _to_its_end(self.relay_once(connection, producer))
            self.progress()
            if monotonic() - swept > _SWEEP:
                await self.sweep(connection, producer)
                swept = monotonic()
            if count < _BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _LOOK_AGAIN)

    async def sweep(self, connection: Connection, producer: AIOKafkaProducer) -> None:
        """Let go of old receipts, and of rows whose topic has been made since."""
        await outbox.forget_old(connection)
        if homeless := await outbox.homeless(connection):
            self._topics = await _topics(producer)
            await outbox.found(connection, [topic for topic in homeless if topic in self._topics])

    async def relay_once(self, connection: Connection, producer: AIOKafkaProducer) -> int:
        """Send the oldest rows; what was acknowledged goes, what never can be is set aside, the rest stays."""
        async with connection.transaction():
            rows = await outbox.oldest(connection, _BATCH)
            self._metrics.outbox_age.set(max(0.0, time() - rows[0].time.timestamp()) if rows else 0.0)
            if not rows:
                self._metrics.outbox.set(0)
                return 0
            receipts, aside, failure = [], [], None
            for row, result in zip(rows, await self._send(producer, rows), strict=True):
                if isinstance(result, _NoTopic):
                    aside.append((row.id, outbox.UNKNOWN_TOPIC))
                elif isinstance(result, _PERMANENT):
                    aside.append((row.id, type(result).__name__))
                elif isinstance(result, BaseException):
                    failure = result
                elif result is not None:
                    receipts.append((row.id, *result))
            if receipts:
                await outbox.sent(connection, receipts)
            if aside:
                await outbox.set_aside(connection, aside)
                log.error("outbox.set_aside", count=len(aside), reason=aside[0][1])
        self._metrics.sent.inc(len(receipts))
        if failure is not None:
            raise failure
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Unsent]) -> "list[tuple[int, int] | BaseException | None]":
        """Pipeline a batch; per row where it went, why it did not, or None where an earlier one of its key did not."""
        if not {row.topic for row in rows} <= self._topics:
            self._topics = await _topics(producer)
        sent: list[asyncio.Future[Any] | BaseException | None] = []
        stuck: set[tuple[str, str]] = set()
        for row in rows:
            if (row.topic, row.key) in stuck:
                sent.append(None)
                continue
            if row.topic not in self._topics:  # asking for it in vain would hold up everybody for the client's whole timeout
                stuck.add((row.topic, row.key))
                sent.append(_NoTopic(row.topic))
                continue
            try:
                envelope = cloudevents.Envelope(str(row.event_id), f"/hub/{row.consumer}", row.type, row.time, row.subject)
                sent.append(await producer.send(row.topic, row.body, key=row.key.encode(), headers=cloudevents.write(envelope)))
            except KafkaError as error:
                stuck.add((row.topic, row.key))
                sent.append(error)
        if under_way := [future for future in sent if isinstance(future, asyncio.Future)]:
            await asyncio.wait(under_way)
        return [_receipt(future) for future in sent]


class _NoTopic(Exception):  # noqa: N818 - nobody's error: a partner without topics
    """There is no topic of that name."""


async def _topics(producer: AIOKafkaProducer) -> frozenset[str]:
    """Every topic that there is."""
    return frozenset((await producer.client.fetch_all_metadata()).topics())


async def _to_its_end(work: Coroutine[Any, Any, int]) -> int:
    """Let a batch get its receipts before a cancellation ends the relay, unless they are long in coming."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


def _receipt(sent: "asyncio.Future[Any] | BaseException | None") -> tuple[int, int] | BaseException | None:
    if not isinstance(sent, asyncio.Future):
        return sent
    error = sent.exception()
    if error is not None:
        return error
    receipt = sent.result()
    return int(receipt.partition), int(receipt.offset)
