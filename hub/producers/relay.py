"""Send what the outbox holds, in order, once each as far as the log can tell (T2)."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from time import monotonic, time
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from contracts import envelope as cloudevents
from hub.state import outbox
from hub.state.outbox import Unsent
from hub.state.store import Connection
from hub.telemetry import Metrics, log

_LOCK = 0x6875625F72656C61  # 'hub_rela': one relay at a time
_BATCH = 500
_LOOK_AGAIN = 1.0
_SWEEP = 60.0
_PERMANENT = (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)


class Relay:
    """One at a time by an advisory lock of its session; a second one waits as a spare."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        make_producer: Callable[[], AIOKafkaProducer],
        metrics: Metrics,
    ) -> None:
        self._connect, self._make_producer, self._metrics = connect, make_producer, metrics
        self._wake = asyncio.Event()
        self.progressed_at = monotonic()
        self.failing_since: float | None = None
        self.is_active = False

    async def run(self) -> None:
        """Relay for ever; cancelled at the end, never between a send and its receipt."""
        attempt = 0
        while True:
            try:
                await self._session()
            except (OSError, TimeoutError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                attempt = attempt + 1 if self.failing_since else 1
                self.failing_since = self.failing_since or monotonic()
                log.warning("relay.away", error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(random.uniform(0, min(10.0, 0.1 * 2 ** min(attempt, 8))))
            finally:
                self.is_active = False

    async def _session(self) -> None:
        connection = await self._connect()
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                self.progressed_at, self.failing_since = monotonic(), None
                await asyncio.sleep(_LOOK_AGAIN)
            await connection.add_listener(outbox.CHANNEL, lambda *_: self._wake.set())
            producer = self._make_producer()
            await producer.start()
            try:
                self.is_active = True
                await self._relay(connection, producer)
            finally:
                await producer.stop()
        finally:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)

    async def _relay(self, connection: Connection, producer: AIOKafkaProducer) -> None:
        swept = monotonic()
        while True:
            self._wake.clear()
            count = await _to_its_end(self.relay_once(connection, producer))
            self.progressed_at, self.failing_since = monotonic(), None
            if monotonic() - swept > _SWEEP:
                await outbox.forget_old(connection)
                swept = monotonic()
            if count < _BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _LOOK_AGAIN)

    async def relay_once(self, connection: Connection, producer: AIOKafkaProducer) -> int:
        """Send the oldest rows; what was acknowledged goes, what never can be is set aside, the rest stays."""
        async with connection.transaction():
            rows = await outbox.oldest(connection, _BATCH)
            self._metrics.outbox_age.set(max(0.0, time() - rows[0].time.timestamp()) if rows else 0.0)
            if not rows:
                self._metrics.outbox.set(0)
                return 0
            results = await self._send(producer, rows)
            receipts, aside, failure = [], [], None
            for row, result in zip(rows, results, strict=True):
                if isinstance(result, _PERMANENT):
                    aside.append((row.id, type(result).__name__))
                elif isinstance(result, BaseException):
                    failure = result
                else:
                    receipts.append((row.id, result[0], result[1]))
            if receipts:
                await outbox.sent(connection, receipts)
            if aside:
                await outbox.set_aside(connection, aside)
                log.error("outbox.set_aside", count=len(aside), reason=aside[0][1])
        self._metrics.sent.inc(len(receipts))
        if failure is not None:
            raise failure
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Unsent]) -> list[tuple[int, int] | BaseException]:
        """Pipeline a batch; per row where it went, or why it did not."""
        sent: list[asyncio.Future[Any] | KafkaError] = []
        for row in rows:
            envelope = cloudevents.Envelope(str(row.event_id), f"/hub/{row.consumer}", row.type, row.time, row.subject)
            try:
                sent.append(await producer.send(row.topic, row.body, key=row.key.encode(), headers=cloudevents.write(envelope)))
            except KafkaError as error:
                sent.append(error)
        if under_way := [future for future in sent if isinstance(future, asyncio.Future)]:
            await asyncio.wait(under_way)
        return [_receipt(future) for future in sent]


async def _to_its_end(work: Coroutine[Any, Any, int]) -> int:
    """Let a batch get its receipts before a cancellation ends the relay."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _receipt(sent: "asyncio.Future[Any] | KafkaError") -> tuple[int, int] | BaseException:
    error = sent.exception() if isinstance(sent, asyncio.Future) else sent
    if error is not None:
        return error
    receipt = sent.result()
    return int(receipt.partition), int(receipt.offset)
