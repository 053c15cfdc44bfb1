"""Say the world's utterances on Kafka, each topic's in their order, no faster than asked."""

from asyncio import Future, gather, sleep
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from aiokafka import AIOKafkaProducer

from hub.world.speech import Utterance

_BATCH = 500


class Talks(Protocol):
    """Whoever can be asked for what comes next."""

    def say(self) -> Utterance:
        """What is said next."""
        ...


class Pace:
    """How many records may have been said by now: `rate` a second, with a monotonic clock; a rate of None knows no limit.

    Time lost is not made up for by a burst: what was not said within a second is forgone.
    """

    def __init__(self, rate: float | None, now: float) -> None:
        self._rate, self._at, self._tokens = rate, now, 1.0

    def due(self, now: float, most: int = _BATCH) -> int:
        """How many may be said at once; they count as said."""
        if self._rate is None:
            return most
        self._tokens = min(self._tokens + (now - self._at) * self._rate, max(self._rate, 1.0))
        self._at = now
        count = min(int(self._tokens), most)
        self._tokens -= count
        return count

    @property
    def pause(self) -> float:
        """Seconds until the next one is due, within what a timer can do."""
        return 0.0 if self._rate is None else min(max((1 - self._tokens) / self._rate, 0.005), 1.0)


class Voice:
    """Publishes through a producer, which must be idempotent, or a retry may turn the order around."""

    def __init__(self, producer: AIOKafkaProducer, clock: Callable[[], float], pause: Callable[[float], Awaitable[None]] = sleep) -> None:
        self._producer, self._clock, self._pause = producer, clock, pause

    async def publish(self, utterances: Iterable[Utterance]) -> int:
        """Say all of them as fast as the broker takes them; returns how many."""
        count, source = 0, iter(utterances)
        while batch := list(islice(source, _BATCH)):
            await self._send(batch)
            count += len(batch)
        return count

    async def talk(self, world: Talks, *, rate: float | None, seconds: float, on_batch: Callable[[int], None] = lambda _: None) -> int:
        """Let the world speak for so many seconds; everything that it was asked to say is on the broker when this returns.

        `on_batch` hears after every batch how many records were said so far.
        """
        began = self._clock()
        pace, count = Pace(rate, began), 0
        before: Future[list[object]] | None = None
        while (now := self._clock()) - began < seconds:
            due = pace.due(now)
            if not due:
                await self._pause(pace.pause)
                continue
            futures = [await self._begin(said) for said in _next(world, due)]
            if before is not None:
                await before  # one batch is generated while the one before is on its way
            before = gather(*futures)
            count += due
            on_batch(count)
        if before is not None:
            await before
        return count

    async def _send(self, batch: Iterable[Utterance]) -> None:
        await gather(*[await self._begin(said) for said in batch])

    async def _begin(self, said: Utterance) -> Future[object]:
        future: Future[object] = await self._producer.send(said.topic, value=said.value, key=said.key, headers=said.headers)
        return future


def _next(world: Talks, count: int) -> Iterator[Utterance]:
    return (world.say() for _ in range(count))
