"""Open lines to broker and database, for somebody who answers requests and cannot wait long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from hub.errors import HubError, Unavailable
from hub.patience import heed
from hub.producers.sender import Sender
from hub.state.store import Connection

_LOOK_SECONDS = 2.0

T = TypeVar("T")


class Saying(NamedTuple):
    """One record as it is to stand on Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


class Lines(Sender):
    """One connection and one producer, kept open and looked at; where one is away, whoever asks hears so at once.

    What fails ends the session, and the next one opens both anew.
    """

    name = "door"

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], make_producer: Callable[[], AIOKafkaProducer], answer_seconds: float
    ) -> None:
        super().__init__(connect, make_producer)
        self.failing_since = self.progressed_at  # until both are open, nothing can be answered
        self._seconds = answer_seconds
        self._turn = asyncio.Lock()  # a connection does one thing at a time
        self._connection: Connection | None = None
        self._producer: AIOKafkaProducer | None = None
        self._over = asyncio.Event()

    async def _session(self) -> None:
        async with self._connected() as connection, self._producing() as producer:
            self._connection, self._producer = connection, producer
            self._over.clear()
            try:
                while not self._over.is_set():
                    async with asyncio.timeout(self._seconds):
                        async with self._turn:
                            await connection.execute("SELECT")
                        await producer.client.fetch_all_metadata()
                    self.progress()
                    await heed(self._over, _LOOK_SECONDS)
            finally:
                self._connection = self._producer = None

    async def ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """What the database answers; raises Unavailable where it does not in time, or so many ask that it cannot."""
        has_asked = False
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                if self._connection is None:
                    raise Unavailable("the database does not answer")
                has_asked = True
                return await question(self._connection)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
            if has_asked:  # who only waited for its turn knows nothing of the connection
                self._over.set()
            raise Unavailable(f"the database does not answer: {type(error).__name__}") from None

    async def say(self, sayings: Sequence[Saying]) -> list[str]:
        """Send records in their order and wait until all replicas have them; returns where each stands.

        Raises Unavailable where the broker does not acknowledge all in time: some may stand there all the same, so who says them
        again has to use the same ids. Raises HubError for one that is too large for the broker.
        """
        if self._producer is None:
            raise Unavailable("the broker does not answer")
        try:
            async with asyncio.timeout(self._seconds):
                sent = [await self._producer.send(one.topic, one.value, key=one.key, headers=list(one.headers)) for one in sayings]
                places = await asyncio.gather(*sent)
        except MessageSizeTooLargeError:
            raise HubError("a record is larger than the broker takes") from None
        except (KafkaError, OSError, TimeoutError) as error:
            self._over.set()
            raise Unavailable(f"the broker does not answer: {type(error).__name__}") from None
        return [f"{place.topic}@{place.partition}:{place.offset}" for place in places]
