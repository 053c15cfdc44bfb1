"""A consumer's membership in its Kafka group: claims on assignment, lanes, pauses, the advisory commit."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from time import monotonic, time
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaError

from hub.patience import pause
from hub.state.connect import Watched
from hub.state.offsets import Offsets, TopicPartition
from hub.stream.batch import Batch
from hub.stream.brake import Brake
from hub.stream.early import Early
from hub.stream.failures import Gap, Meaning, meaning
from hub.stream.lane import Lane
from hub.stream.outcome import Applied
from hub.stream.polling import look_again, position
from hub.stream.recognising import Recogniser
from hub.stream.record import Raw, Reader
from hub.stream.standstill import Standstill
from hub.stream.steering import Heard, Steering
from hub.stream.topic_ids import made_anew, topic_ids
from hub.stream.turns import Turns
from hub.telemetry import Metrics, log

_COMMIT_SECONDS = 3.0


class Group(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """One process's share of a consumer: what it has claimed (T0), and the lanes that fold it (T1)."""

    def __init__(
        self,
        consumer: str,
        *,
        owner: str,
        offsets: Offsets,
        connect: Callable[[], Awaitable[Watched]],
        make_batch: Callable[[], Batch],
        reader: Reader,
        brake: Brake,
        metrics: Metrics,
        lanes: int,
        batch_records: int,
        revoke_seconds: float,
        session_seconds: float,
        look_seconds: float,
    ) -> None:
        self.kafka: AIOKafkaConsumer | None = None
        self.epochs: dict[TopicPartition, int] = {}
        self.still = Standstill(consumer, brake, metrics)
        self.claim_failing_since: float | None = None
        self.failure: BaseException | None = None
        self._consumer, self._owner, self._offsets, self._connect = consumer, owner, offsets, connect
        self._metrics, self._revoke_seconds, self._session_seconds = metrics, revoke_seconds, session_seconds
        self._batch, self.steering = make_batch(), Steering(consumer, offsets, connect)
        self._assigned: set[TopicPartition] = set()
        self._leaving: set[TopicPartition] = set()
        self._look_seconds = look_seconds
        self._known: dict[TopicPartition, str] = {}
        self._next: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._ages: dict[TopicPartition, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._claims = asyncio.Lock()
        self._is_stopping = False
        self._turns, recogniser = Turns(lanes, batch_records), Recogniser(reader, Early(reader))
        self.lanes = [
            Lane(
                number,
                turns=self._turns,
                batch=make_batch(),
                recogniser=recogniser,
                brake=brake,
                metrics=metrics,
                connect=connect,
                epochs=self.epochs,
                on_applied=self._note,
                on_fenced=self._fenced,
                on_gap=self._gap,
                on_halt=self.halt,
                on_done=self._resume,
            )
            for number in range(lanes)
        ]

    def start(self) -> None:
        """Start the lanes, the advisory commit, and the ear for what operators order."""
        for lane in self.lanes:
            self._spawn(lane.run())
        self._spawn(self._commit_for_ever())
        self._spawn(self._look_for_topics_made_anew())
        self._spawn(self.steering.listen(lambda: self.still.epochs(self.epochs), self.still.halted, self._heard))

    async def stop(self) -> None:
        """Let running transactions end, tell Kafka how far we are, and stop."""
        self._is_stopping = True
        await self._quiet(set(self._assigned))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def take(self, records: Sequence[Raw]) -> None:
        """Queue a poll's records for the lanes; what is not claimed yet is fetched again once it is."""
        run: list[Raw] = []
        where: TopicPartition | None = None
        for raw in records:
            if where is not None and (raw.partition != where[1] or raw.topic != where[0]):
                self._put(where, run)
                run = []
            where = raw.topic, raw.partition
            run.append(raw)
        if where is not None:
            self._put(where, run)
        if self._turns.is_full:
            self._pause(self.epochs)

    def _put(self, partition: TopicPartition, records: Sequence[Raw]) -> None:
        if partition not in self.epochs or partition in self.still or partition in self._leaving or self._is_stopping:
            return
        self._ages.setdefault(partition, records[0].timestamp / 1000)
        self._turns.put(partition, records)

    def has_room(self, partition: TopicPartition) -> bool:
        """Whether more of a partition may be queued: else its records wait where they were fetched."""
        return not self._turns.has_enough(partition)

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        """Claim in the background: the group must not wait for the database. Until then nothing is fetched."""
        self._assigned = {(p.topic, p.partition) for p in assigned}
        self._pause(self._assigned)
        self.still.keep(self._assigned)
        if self._assigned:
            self._spawn(self._claim(set(self._assigned)))

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        """Drop what is queued and wait for running transactions: the next owner starts behind them."""
        gone = {(p.topic, p.partition) for p in revoked}
        self._leaving = gone  # what comes while we wait would begin another transaction, which nobody waits for
        await self._quiet(gone)
        self._assigned -= gone
        kept: tuple[dict[TopicPartition, Any], ...] = self.epochs, self._known, self._next, self._committed, self._ages
        for partition in gone:
            for of in kept:
                of.pop(partition, None)
            self._forget_lag(partition)
        self._leaving = set()

    async def _quiet(self, partitions: set[TopicPartition]) -> None:
        """Drop what is queued of these, wait for running transactions, and say how far they came."""
        self._turns.drop(partitions)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._revoke_seconds):
                for lane in self.lanes:
                    await lane.rest()
        await self._commit()

    async def _claim_again(self, partition: TopicPartition) -> None:
        """Somebody claimed what the group gave to us: let a rebalance under way come first, then claim it back."""
        await asyncio.sleep(random.uniform(0.5, 2))
        if partition not in self.epochs:
            await self._claim({partition})

    async def _claim(self, partitions: set[TopicPartition]) -> None:
        """T0: take the partitions over in the database, then fetch from where it says."""
        attempt = 0
        while partitions := partitions & self._assigned:
            try:
                async with self._claims:
                    await self._claim_once(partitions)
            except Exception as error:  # noqa: BLE001 - a claim is repeated until it succeeds or is pointless
                attempt += 1
                say = log.exception if meaning(error) is Meaning.UNKNOWN and not isinstance(error, KafkaError) else log.warning
                say("claim.failed", consumer=self._consumer, attempt=attempt, error=type(error).__name__)
                self.claim_failing_since = self.claim_failing_since or monotonic()
                await asyncio.sleep(pause(attempt))
            else:
                self.claim_failing_since = None
                return

    async def _claim_once(self, partitions: set[TopicPartition]) -> None:
        kafka = self._kafka()
        ordered = sorted(partitions)
        self._let_go(partitions)  # a lane at work on them would run into its own new claim
        connection = await self._connect()
        try:
            async with connection.transaction():
                claimed = await self._offsets.claim(connection, self._owner, ordered)
                paused = await self._offsets.pauses(connection)  # after the claim: whoever pauses waits for it, or is seen
            self._stop(self.still.hear(paused, partitions & self._assigned)[0])
            handles = [KafkaPartition(*p) for p in ordered]
            ids = await topic_ids(kafka, {p[0] for p, c in claimed.items() if c.topic_id is None})
            known = {p: topic_id for p, c in claimed.items() if (topic_id := c.topic_id or ids.get(p[0]))}
            begins, ends = await kafka.beginning_offsets(handles), await kafka.end_offsets(handles)
            anew = await made_anew(kafka, known)  # last: it may be made while its end is asked for
            starts: dict[TopicPartition, int] = {}
            for handle, partition in zip(handles, ordered, strict=True):
                if partition not in self._assigned:
                    continue
                begin, end = begins[handle], ends[handle]
                wanted = claimed[partition].next_offset
                if wanted is None:
                    wanted = starts[partition] = begin
                self.epochs[partition] = claimed[partition].epoch
                if partition in known:
                    self._known[partition] = known[partition]
                if partition in anew:
                    self.halt(partition, "topic_recreated", next_offset=wanted, begin=begin, end=end)
                elif wanted > end:
                    self.halt(partition, "offset_beyond_end", next_offset=wanted, begin=begin, end=end)
                elif wanted < begin:
                    self.halt(partition, "records_lost", next_offset=wanted, begin=begin, end=end)
                else:
                    self._next[partition] = wanted
                    kafka.seek(handle, wanted)
            if starts:
                await self._offsets.start(connection, starts)
            if fresh := {p: (c.epoch, self._known[p]) for p, c in claimed.items() if c.topic_id is None and p in self._known}:
                await self._offsets.know(connection, fresh)
            # each time: an older process may have let more of them wait until it handed its partitions over
            self._note(await self._batch.release_newer(connection))
        finally:
            await connection.close(timeout=5)
        self._unpause(partitions & self.epochs.keys())
        log.info("partitions.claimed", consumer=self._consumer, count=len(partitions))

    @property
    def is_connected(self) -> bool:
        """Whether a broker answers: a connection stands, and something was heard on it within a session, in which heartbeats are many."""
        kafka, since = self.kafka, monotonic() - self._session_seconds
        return kafka is not None and any(c.connected() and c._last_action > since for c in kafka._client._conns.values())

    def halt(self, partition: TopicPartition, reason: str, **facts: int) -> None:
        """Stop one partition until an operator has looked; never skip, never reset."""
        self.still.halt(partition, reason, **facts)
        self._stop({partition})

    def _stop(self, partitions: set[TopicPartition]) -> None:
        self._pause(partitions)
        self._turns.drop(partitions)

    def _heard(self, heard: Heard) -> None:
        """Hold what is paused; claim anew what was resumed, released or moved."""
        paused, resumed = self.still.hear(heard.paused, self._assigned)
        self._stop(paused)
        for partition in heard.ordered:
            self._known.pop(partition, None)  # its offset may count in another topic of that name by now: the claim asks
        for partition in heard.ordered & self.still.halted.keys():
            log.info("partition.released", consumer=self._consumer, topic=partition[0], partition=partition[1])
            self.still.let_go(partition)
        if again := (heard.ordered | resumed) - self.still.halted.keys():
            self._spawn(self._claim(again))

    def _fenced(self, partition: TopicPartition) -> None:
        log.warning("partition.fenced", consumer=self._consumer, topic=partition[0], partition=partition[1])
        self._let_go({partition})
        if partition in self._assigned and not self._is_stopping:
            self._spawn(self._claim_again(partition))

    def _let_go(self, partitions: set[TopicPartition]) -> None:
        """Work no further on these before they are claimed anew."""
        for partition in partitions:
            self.epochs.pop(partition, None)
            self._turns.gaps.pop(partition, None)  # after the claim what is missing may be there
        self._stop(partitions)

    async def _gap(self, gap: Gap) -> None:
        """Fetch again from where the database stands; what is missing then is a hole, or lost to retention."""
        partition, handle, kafka = (gap.topic, gap.partition), KafkaPartition(gap.topic, gap.partition), self._kafka()
        try:
            begin = (await kafka.beginning_offsets([handle]))[handle]
        except KafkaError:
            begin = 0
        if gap.next_offset < begin:
            self.halt(partition, "records_lost", next_offset=gap.next_offset, begin=begin, end=gap.first)
        elif partition in self._assigned:
            kafka.seek(handle, gap.next_offset)

    def _note(self, applied: Applied) -> None:
        metrics, consumer = self._metrics, self._consumer
        for outcome, count in Counter(applied.outcomes.values()).items():
            metrics.records.labels(consumer, outcome.value).inc(count)
        for reason, count in applied.reasons.items():
            metrics.dead.labels(consumer, reason).inc(count)
        for step, seconds in applied.seconds.items():
            metrics.seconds.labels(consumer, step).observe(seconds)
        if applied.holes:
            metrics.holes.labels(consumer).inc(applied.holes)
            log.warning("offsets.holes", consumer=consumer, count=applied.holes)
        if not applied.outcomes and applied.next_offsets:
            self._spawn(self._check_ends(dict(applied.next_offsets)))
        for partition, offset in applied.next_offsets.items():
            self._next[partition] = offset
            self._ages.pop(partition, None)

    async def _check_ends(self, wanted: dict[TopicPartition, int]) -> None:
        """A whole batch below the next offset is a redelivery, unless the topic was made anew."""
        try:
            ends = await self._kafka().end_offsets([KafkaPartition(*p) for p in wanted])
        except KafkaError:
            return
        beyond = {p: end for p, offset in wanted.items() if (end := ends[KafkaPartition(*p)]) < offset}
        anew: set[TopicPartition] = set()
        with contextlib.suppress(KafkaError):  # it stands still all the same, for the less telling reason
            anew = await made_anew(self._kafka(), {p: self._known[p] for p in beyond if p in self._known})
        for partition, end in beyond.items():
            reason = "topic_recreated" if partition in anew else "offset_beyond_end"
            self.halt(partition, reason, next_offset=wanted[partition], begin=0, end=end)

    async def _look_for_topics_made_anew(self) -> None:
        """One that has grown past our offset meanwhile looks as if nothing had happened."""
        while True:
            await asyncio.sleep(self._look_seconds)
            with contextlib.suppress(KafkaError):
                for partition in await made_anew(self._kafka(), self._known):
                    self.halt(partition, "topic_recreated", next_offset=self._next.get(partition, -1))

    def _resume(self) -> None:
        if not self._turns.is_full:
            self._unpause(self.epochs.keys())
            if self.kafka is not None:
                look_again(self.kafka)

    def _pause(self, partitions: Iterable[TopicPartition]) -> None:
        kafka = self.kafka
        if kafka is not None:
            held = kafka.assignment()
            kafka.pause(*(h for h in (KafkaPartition(*p) for p in partitions) if h in held))

    def _unpause(self, partitions: Collection[TopicPartition]) -> None:
        kafka = self.kafka
        if kafka is not None:
            kafka.resume(*(handle for handle in kafka.paused() if handle in partitions and handle not in self.still))

    async def _commit_for_ever(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self._commit()
            self._measure_lag()

    async def _commit(self) -> None:
        """Tell Kafka's own tools how far we are; what counts is in the database."""
        moved = {KafkaPartition(*p): o for p, o in self._next.items() if self._committed.get(p) != o and p in self._assigned}
        if not moved or self.kafka is None:
            return
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):  # the client would try until the broker is back
                await self.kafka.commit(moved)
        except (KafkaError, ValueError, TimeoutError) as error:
            log.debug("commit.advisory_failed", error=type(error).__name__)
        else:
            self._committed.update({(h.topic, h.partition): o for h, o in moved.items()})

    def _measure_lag(self) -> None:
        kafka, now = self.kafka, time()
        if kafka is None:
            return
        for partition, offset in self._next.items():
            end = kafka.highwater(KafkaPartition(*partition)) if KafkaPartition(*partition) in kafka.assignment() else None
            labels = self._consumer, partition[0], str(partition[1])
            self._metrics.lag.labels(*labels).set(max(0, (end or 0) - self._passed(kafka, partition, offset)))
            age = None if partition in self.still.paused else self._ages.get(partition)  # nobody is late who was told to wait
            self._metrics.age.labels(*labels).set(max(0.0, now - age) if age else 0.0)

    def _passed(self, kafka: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> int:
        """How far we are, behind what Kafka's own transactions left at the very end of the log: no record ever says that it was passed."""
        if partition in self._ages or partition in self.still:
            return offset
        return max(offset, position(kafka, partition) or offset)

    def _forget_lag(self, partition: TopicPartition) -> None:
        """What another process folds now must not look behind here for ever."""
        for gauge in (self._metrics.lag, self._metrics.age):
            with contextlib.suppress(KeyError):
                gauge.remove(self._consumer, partition[0], str(partition[1]))

    def _kafka(self) -> AIOKafkaConsumer:
        if self.kafka is None:
            raise RuntimeError("the subscriber has not started")
        return self.kafka

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = error
            log.error("task.failed", consumer=self._consumer, error=type(error).__name__, exc_info=error)
