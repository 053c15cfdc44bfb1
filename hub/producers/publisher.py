"""Publish events to Kafka in their order, many in flight at once, each acknowledged by all replicas."""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from contracts import envelope as cloudevents
from contracts.contract import Event, Lineage
from hub.errors import HubError, Unavailable

_MOST_IN_FLIGHT = 5_000
_TIMEOUT_MS = 15_000
_LONGEST_SUBJECT = 500


class Publisher:
    """An idempotent producer of events; leaving its block waits until every event is acknowledged.

    A failure names its topic and ends the block: what was acknowledged before it stays published, so
    publishing again must repeat the same ids.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._in_flight: deque[tuple[str, asyncio.Future[Any]]] = deque()
        self.published = 0

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            **self._options, acks="all", enable_idempotence=True, compression_type="zstd", linger_ms=5, request_timeout_ms=_TIMEOUT_MS
        )
        try:
            await self._producer.start()
        except KafkaError as error:
            await self._producer.stop()
            raise Unavailable(f"Kafka at {self._options['bootstrap_servers']} does not answer: {error}") from None
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            for _, receipt in self._in_flight:
                receipt.cancel()
            await self._producer.stop()

    async def require(self, topic: str) -> None:
        """Raise HubError at once where there is no such topic: sending to it would look for it for a quarter of a minute."""
        try:
            cluster = await self._producer.client.fetch_all_metadata()
        except KafkaError as error:
            raise _explained(topic, error) from None
        if topic not in cluster.topics():
            raise _explained(topic, UnknownTopicOrPartitionError())

    async def publish(
        self,
        topic: str,
        lineage: Lineage[Any],
        body: Event,
        *,
        source: str,
        id: str,  # noqa: A002 - the CloudEvents attribute
        historical: bool = False,
        time: datetime | None = None,
    ) -> None:
        """Send one event, keyed by its subject; it is acknowledged at the latest when the block ends.

        Raises HubError naming the topic, for this event or for one sent before it.
        """
        ref = lineage.ref(body)
        envelope = cloudevents.Envelope(
            id,
            source,
            lineage.wire,
            time or datetime.now(UTC),
            ref if len(ref) <= _LONGEST_SUBJECT else None,
            {cloudevents.HISTORICAL: "true"} if historical else {},
        )
        try:
            receipt = await self._producer.send(
                topic, body.model_dump_json(exclude_none=True).encode(), key=ref.encode(), headers=cloudevents.write(envelope)
            )
        except KafkaError as error:
            raise _explained(topic, error) from None
        self._in_flight.append((topic, receipt))
        while len(self._in_flight) > _MOST_IN_FLIGHT or (self._in_flight and self._in_flight[0][1].done()):
            await self._settle()

    async def flush(self) -> None:
        """Wait until all that was sent is acknowledged; raises HubError naming the topic that refused."""
        while self._in_flight:
            await self._settle()

    async def _settle(self) -> None:
        topic, receipt = self._in_flight.popleft()
        try:
            await receipt
        except KafkaError as error:
            raise _explained(topic, error) from None
        self.published += 1


def _explained(topic: str, error: KafkaError) -> HubError:
    match error:
        case UnknownTopicOrPartitionError() | InvalidTopicError():
            return HubError(f"{topic}: no such topic on the cluster (hub topics plan, hub partners list)")
        case TopicAuthorizationFailedError():
            return HubError(f"{topic}: this user may not write there")
        case MessageSizeTooLargeError():
            return HubError(f"{topic}: an event is larger than the broker takes")
        case KafkaConnectionError():
            return Unavailable(f"{topic}: Kafka does not answer any more: {error}")
        case _:
            return HubError(f"{topic}: {type(error).__name__}: {error}")
