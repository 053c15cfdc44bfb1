"""A process that only sends: what it works with may be away, and comes back."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import ClassVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from hub.patience import pause
from hub.producers.closing import close
from hub.state.connect import AWAY
from hub.state.store import Connection
from hub.telemetry import log

_AWAY = (*AWAY, KafkaError)


class Sender(ABC):
    """Works in sessions of one connection and one producer; `progressed_at` and `failing_since` say how it fares."""

    name: ClassVar[str]

    def __init__(self, connect: Callable[[], Awaitable[Connection]], make_producer: Callable[[], AIOKafkaProducer]) -> None:
        self._connect, self._make_producer = connect, make_producer
        self.progressed_at = monotonic()
        self.failing_since: float | None = None

    async def run(self) -> None:
        """One session after another for ever; cancelled at the end."""
        attempt = 0
        while True:
            try:
                await self._session()
            except _AWAY as error:
                attempt = attempt + 1 if self.failing_since else 1
                self.failing_since = self.failing_since or monotonic()
                log.warning(f"{self.name}.away", error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(pause(attempt))

    def progress(self) -> None:
        """Something went well."""
        self.progressed_at, self.failing_since = monotonic(), None

    @abstractmethod
    async def _session(self) -> None:
        """Work until something fails."""

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        connection = await self._connect()
        try:
            yield connection
        finally:
            with contextlib.suppress(*_AWAY):
                await connection.close(timeout=2)

    @contextlib.asynccontextmanager
    async def _producing(self) -> AsyncIterator[AIOKafkaProducer]:
        producer = self._make_producer()
        try:
            await producer.start()
            yield producer
        finally:
            await close(producer)
