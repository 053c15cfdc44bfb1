"""Send what the outbox holds, in order, once each as far as the log can tell (T2)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from time import monotonic
from typing import NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from hub.patience import heed
from hub.producers.closing import PATIENCE_SECONDS
from hub.producers.round import PATIENCE_SECONDS as ROUND_SECONDS
from hub.producers.round import PROBE_SECONDS, Round
from hub.producers.sender import Sender
from hub.state import outbox
from hub.state.outbox import PARTITION_AWAY, Holds
from hub.state.segments import Segment
from hub.state.store import Connection
from hub.telemetry import Metrics, log

_MOST_BYTES = 4_000_000
_LOOK_AGAIN = 1.0
_APART = 0.02
"""Rounds begin at least so far apart, unless more is there than one can hold: what is said in quick succession shares one."""
_SWEEP = 60.0
_ANSWER_SECONDS = 5.0

T = TypeVar("T")


class Spoilt(Exception):  # noqa: N818 - the producer's fault: another one is made
    """The broker did not take a batch that the producer has counted: what it sends next would show a gap."""


class Done(NamedTuple):
    """How many events were acknowledged in a round, and whether another round may find more."""

    sent: int
    is_more: bool


class Relay(Sender):
    """One at a time by an advisory lock of its session; a second one waits as a spare.

    Cancelled at the end, never between a send and its receipt. No transaction is open while Kafka thinks: nobody else
    removes what the outbox holds.
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
        self._limits: dict[str, int] = {}
        self._is_apart = True  # whether there may be events apart
        self._swept_at = self._probed_at = monotonic()
        self._probes = 0

    async def _session(self) -> None:
        async with self._connected() as connection:
            while not await outbox.become_the_relay(connection):
                self.progress()
                await asyncio.sleep(_LOOK_AGAIN)
            await connection.add_listener(outbox.CHANNEL, lambda *_: self._wake.set())
            self._topics, self._is_apart = frozenset(), True
            while True:
                async with self._producing() as producer:
                    with contextlib.suppress(Spoilt):
                        await self._relay(connection, producer)

    async def _relay(self, connection: Connection, producer: AIOKafkaProducer) -> None:
        while True:
            self._wake.clear()
            began = monotonic()
            done = await _to_its_end(self.relay_once(connection, producer))
            self.progress()
            if monotonic() - self._swept_at > _SWEEP:  # over all producers: a partition that takes nothing costs one with each try
                await self.sweep(connection, producer)
                self._swept_at = monotonic()
            elif not done.is_more:
                await heed(self._wake, _LOOK_AGAIN)
                await asyncio.sleep(max(0.0, began + _APART - monotonic()))
            if self._is_apart and monotonic() - self._probed_at > min(2.0 ** (self._probes + 1), _SWEEP):
                await self.probe(connection, producer)

    async def sweep(self, connection: Connection, producer: AIOKafkaProducer) -> None:
        """Let go of old receipts, and of events whose topic has been made since."""
        await outbox.forget_old(connection)
        if homeless := await outbox.homeless(connection):
            self._topics = await _topics(producer)
            await outbox.found(connection, [topic for topic in homeless if topic in self._topics])
        self._is_apart = True

    async def probe(self, connection: Connection, producer: AIOKafkaProducer) -> None:
        """Try again what partitions did not take, of each the oldest event, and less and less often.

        What has no leader is not tried: everybody else would wait meanwhile.
        """
        away = (await outbox.holds(connection)).partitions
        self._probed_at, self._probes = monotonic(), self._probes + 1 if away else 0
        if away:
            cluster = await producer.client.fetch_all_metadata()
            led = [one for one in away if cluster.leader_for_partition(TopicPartition(*one)) not in {None, -1}]
            await outbox.probe(connection, led)

    async def relay_once(self, connection: Connection, producer: AIOKafkaProducer) -> Done:
        """Send the oldest events; what was acknowledged goes, what never can be is set aside, the rest stays.

        What was put apart goes first: it is older than all segments that have events of its keys. Raises Spoilt where the
        producer is of no more use, and what Kafka raised for events that may go later.
        """
        holds, released = Holds(set(), set(), set()), list[Segment]()
        if self._is_apart:
            holds = await outbox.holds(connection)  # first: what an operator lets go between the two is then seen by one of them
            released = await outbox.released(connection, _MOST_BYTES)
            self._is_apart = bool(released or holds.topics or holds.keys or holds.partitions)
        segments = released or await outbox.oldest(connection, _MOST_BYTES)
        if not segments:
            return Done(0, is_more=False)
        counts = await self._partitions(producer, {topic for segment in segments for topic in segment.topics})
        sending = Round(segments, Holds(set(), set(), set()) if released else holds, counts, self._limits)
        await sending.send(producer, PROBE_SECONDS if released else ROUND_SECONDS)
        stuck = sending.stuck
        if stuck and await _answers(producer):
            for course in stuck:
                course.leave()
            log.error("outbox.partition_away", partitions=[f"{course.topic}:{course.partition}" for course in stuck])
        if released or not sending.is_clean():
            await self._keep_what_stayed(connection, sending, is_apart=bool(released))
            await self._welcome(connection, sending, holds)
        else:
            await outbox.sent(connection, sending.receipts, segments=[segment.id for segment in segments])
        sent = sum(len(receipt.numbers) for receipt in sending.receipts)
        self._metrics.sent.inc(sent)
        if sending.failure is not None:
            raise sending.failure
        if spoilt := [course for course in sending.courses if course.is_spoilt]:
            self._limits |= {course.topic: course.most_bytes for course in spoilt}
        if spoilt or stuck:
            raise Spoilt
        size = sum(len(body) for segment in segments for body in segment.bodies)
        return Done(sent, is_more=bool(released) or size >= _MOST_BYTES)

    async def _keep_what_stayed(self, connection: Connection, sending: Round, *, is_apart: bool) -> None:
        """Put apart what did not go with its segment, or note of what is apart already that it is set aside."""
        touched = list(sending.segments) if is_apart else sending.touched()
        rest = [(event, why) for event, why in sending.rest(touched) if why or not is_apart]
        async with connection.transaction():
            if is_apart:
                gone = [number for receipt in sending.receipts for number in receipt.numbers]
                await outbox.sent(connection, sending.receipts, apart=gone)
            elif touched:
                await outbox.sent(connection, sending.receipts, segments=[segment.id for segment in touched])
            if rest:
                await outbox.put_apart(connection, rest)
        self._is_apart = self._is_apart or bool(rest)
        if aside := [why for why in sending.aside.values() if not why.startswith(PARTITION_AWAY.format(""))]:
            log.error("outbox.set_aside", count=len(aside), reason=aside[0])

    async def _welcome(self, connection: Connection, sending: Round, holds: Holds) -> None:
        """Let everything go that was set aside for a partition which has taken something again."""
        taking = {(receipt.topic, receipt.partition) for receipt in sending.receipts}
        if back := holds.partitions & taking - {(course.topic, course.partition) for course in sending.stuck}:
            await outbox.returned(connection, back)
            self._probes = 0

    async def _partitions(self, producer: AIOKafkaProducer, topics: Iterable[str]) -> dict[str, int]:
        """How many partitions each of these topics has; a topic that there is not would be asked for in vain for a long time."""
        if not self._topics.issuperset(topics):
            self._topics = await _topics(producer)
        return {topic: len(await producer.partitions_for(topic)) for topic in topics if topic in self._topics}


async def _answers(producer: AIOKafkaProducer) -> bool:
    """Whether the brokers answer at all: where they do, a partition that took nothing is away by itself."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await producer.client.fetch_all_metadata()
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def _topics(producer: AIOKafkaProducer) -> frozenset[str]:
    """Every topic that there is."""
    return frozenset((await producer.client.fetch_all_metadata()).topics())


async def _to_its_end(work: Coroutine[object, object, T]) -> T:
    """Let a batch get its receipts before a cancellation ends the relay, unless they are long in coming."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
