"""What operators order of a consumer's partitions, as its group hears it: once a second, and with each claim."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import NamedTuple

from hub.state.connect import AWAY
from hub.state.offsets import Halt, Offsets, Paused, TopicPartition
from hub.state.store import Connection
from hub.telemetry import log

_LOOK_SECONDS = 1.0


class Heard(NamedTuple):
    """What is paused now, and which of the partitions that stand still an operator has put into motion."""

    paused: Paused
    ordered: set[TopicPartition]


class Steering:
    """Looks for orders on a connection of its own, and lets others see what is halted; a database that is away is asked again."""

    def __init__(self, consumer: str, offsets: Offsets, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._consumer, self._offsets, self._connect = consumer, offsets, connect
        self._connection: Connection | None = None
        self._told: dict[TopicPartition, tuple[int, Halt]] = {}
        self.failing_since: float | None = None

    async def listen(
        self, still: Callable[[], Mapping[TopicPartition, int]], halted: Mapping[TopicPartition, Halt], on_heard: Callable[[Heard], None]
    ) -> None:
        """For ever: `still` are the partitions that stand still, with the epochs under which they were claimed."""
        try:
            while True:
                try:
                    on_heard(await self._look(still(), dict(halted)))
                except AWAY as error:
                    self.failing_since = self.failing_since or monotonic()
                    log.debug("steering.away", consumer=self._consumer, error=type(error).__name__)
                    await self._disconnect()
                else:
                    self.failing_since = None
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await self._disconnect()

    async def _look(self, still: Mapping[TopicPartition, int], halted: Mapping[TopicPartition, Halt]) -> Heard:
        if self._connection is None:
            self._connection = await self._connect()
        connection = self._connection
        ordered = await self._offsets.ordered(connection, still) if still else set()
        self._told = {partition: told for partition, told in self._told.items() if partition in halted}
        for partition in halted.keys() & still.keys() - ordered:
            told = still[partition], halted[partition]
            if self._told.get(partition) != told:
                await self._offsets.halt(connection, partition, *told)
                self._told[partition] = told
        return Heard(await self._offsets.pauses(connection), ordered)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
