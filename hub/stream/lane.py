"""A lane: its own connection, one transaction after another."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from hub.patience import pause
from hub.state.connect import AWAY, Watched
from hub.state.offsets import TopicPartition
from hub.stream.batch import Batch
from hub.stream.brake import Brake
from hub.stream.failures import Fenced, Gap, Meaning, meaning
from hub.stream.outcome import Applied
from hub.stream.recognising import Recogniser
from hub.stream.record import Raw, Taken
from hub.stream.turns import Turns
from hub.telemetry import Metrics, log


class Lane:
    """Applies what it takes from `turns`, in order, until it is applied, fenced off or halted.

    The lanes of a group share `turns` and `epochs`, those of the partitions that this process has claimed. The callbacks tell
    the group what the lane found: a partition claimed by another, a gap to be fetched again, a partition to be halted.
    """

    def __init__(
        self,
        number: int,
        *,
        turns: Turns,
        batch: Batch,
        recogniser: Recogniser,
        brake: Brake,
        metrics: Metrics,
        connect: Callable[[], Awaitable[Watched]],
        epochs: dict[TopicPartition, int],
        on_applied: Callable[[Applied], None],
        on_fenced: Callable[[TopicPartition], None],
        on_gap: Callable[[Gap], Awaitable[None]],
        on_halt: Callable[[TopicPartition, str], None],
        on_done: Callable[[], None],
    ) -> None:
        self.name = f"{batch.consumer}/{number}"
        self.connection: Watched | None = None
        self.failing_since: float | None = None
        self.progressed_at = monotonic()
        self.busy_since: float | None = None
        self._number, self._turns = number, turns
        self._batch, self._recogniser, self._brake, self._metrics = batch, recogniser, brake, metrics
        self._connect, self._epochs = connect, epochs
        self._on_applied, self._on_fenced, self._on_gap, self._on_halt, self._on_done = on_applied, on_fenced, on_gap, on_halt, on_done
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def backlog(self) -> int:
        """How many records wait for this lane."""
        return self._turns.waiting_for(self._number)

    async def rest(self) -> None:
        """Wait until no transaction runs."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work for ever; cancelled at the end, outside of a transaction if `rest` was awaited."""
        try:
            await self._open_ahead()
            while True:
                await self._turns.wait(self._number)
                self.progressed_at = monotonic()
                taken = self._turns.take(self._number)
                if not taken:
                    continue
                self._idle.clear()
                self.busy_since = monotonic()
                try:
                    await self._work_off(taken)
                finally:
                    self.progressed_at, self.busy_since = monotonic(), None
                    self.failing_since = None  # with nothing in hand a lane cannot tell; who looks for orders every second can
                    self._turns.give_back(self._number)
                    self._idle.set()
                self._on_done()
        finally:
            await self._disconnect()

    async def _open_ahead(self) -> None:
        """Have the session before there is work: to open it takes a tenth of a second, which the first records would wait."""
        self.progressed_at = monotonic()  # to join the group may have taken longer than a lane may stand still
        try:
            await self._batch.prepare(await self._open())
        except AWAY:
            await self._disconnect()  # half prepared it is of no use

    async def _open(self) -> Watched:
        if self.connection is not None and self.connection.is_closed():
            await self._disconnect()  # the server has ended it since, or was started anew: there is no failure to tell of
        if self.connection is None:
            self.connection = await self._connect()
            self.connection.on_answer = self._answered
        return self.connection

    async def _work_off(self, taken: dict[TopicPartition, list[Raw]]) -> None:
        """Apply what was taken, whatever it takes; a partition that cannot go on does not keep the others."""
        judged: dict[TopicPartition, list[Taken]] = {}
        attempt = 0
        while taken := {partition: records for partition, records in taken.items() if self._may_work(partition)}:
            self.progressed_at = monotonic()
            try:
                connection = await self._open()
                judged = judged or await self._recogniser.judge(connection, taken, closely=self._batch.is_wary)
                batches = {partition: judged[partition] for partition in taken}
                applied = await self._batch.apply(connection, batches, self._epochs, self._turns.gaps)
            except Fenced as fenced:
                partition = fenced.topic, fenced.partition
                self._turns.drop({partition})
                self._on_fenced(partition)
                continue
            except Gap as gap:
                partition = gap.topic, gap.partition
                self._turns.gaps[partition] = gap.first
                self._turns.drop({partition})
                await self._on_gap(gap)
                continue
            except Exception as error:  # noqa: BLE001 - each meaning is acted on, the unknown one by halting
                attempt += 1
                taken = await self._recover(error, taken, attempt)
                continue
            self._settle(applied, taken)
            return

    def _answered(self) -> None:
        """A batch of many slow statements gets on, however long it takes as a whole."""
        self.progressed_at = monotonic()

    def _may_work(self, partition: TopicPartition) -> bool:
        return partition in self._epochs and not self._turns.was_dropped(partition)

    def _settle(self, applied: Applied, taken: dict[TopicPartition, list[Raw]]) -> None:
        for partition in taken:
            self._turns.gaps.pop(partition, None)
        count = sum(map(len, taken.values()))
        self._turns.company.note(taken, count, sum(applied.seconds.values()))
        self._recogniser.note(taken, count, applied.repeated)
        self._on_applied(applied)
        for partition in self._brake.note(applied):
            self._on_halt(partition, "brake")

    async def _recover(self, error: Exception, taken: dict[TopicPartition, list[Raw]], attempt: int) -> dict[TopicPartition, list[Raw]]:
        """What is left to be tried after an error, once it is time to try again."""
        what = meaning(error)
        self._metrics.retries.labels(self._batch.consumer, what.name.lower()).inc()
        if what is Meaning.UNKNOWN or what is Meaning.RECORD:
            if len(taken) > 1:
                for partition, records in taken.items():
                    await self._work_off({partition: records})
                return {}
            (partition,) = taken
            self._stop(partition, error)
            return {}
        if what is Meaning.LATER:
            self.failing_since = self.failing_since or monotonic()
            log.warning("database.away", lane=self.name, attempt=attempt, error=type(error).__name__)
            await self._disconnect()
        await asyncio.sleep(pause(attempt, first=0.05, longest=10.0 if what is Meaning.LATER else 0.2))
        return taken

    def _stop(self, partition: TopicPartition, error: Exception) -> None:
        log.exception("partition.halted", topic=partition[0], partition=partition[1], error=type(error).__name__)
        self._on_halt(partition, "unknown_error")

    async def _disconnect(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                await connection.close(timeout=1)
            except AWAY:
                connection.terminate()
