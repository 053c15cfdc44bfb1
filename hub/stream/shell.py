"""aiokafka's consumer around a group: every setting that could lose or leak a record is set here."""

import asyncio
import contextlib
from collections.abc import Mapping
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import ConsumerStoppedError

from hub.stream.group import Group
from hub.stream.header_names import tolerate
from hub.stream.polling import FETCH_WAIT_MS, poll
from hub.telemetry import log

_AGAIN_SECONDS = 1.0
_LEAVE_SECONDS = 2.0
_NEVER_MS = 24 * 3600 * 1000
_FETCH_BYTES, _PARTITION_BYTES = 4 << 20, 256 << 10
"""What one fetch brings, of all partitions and of one: memory for a few batches, not for a backlog. A record that is larger comes alone."""


class Shell:
    """A consumer's connection to the broker; `start` joins the group, `stop` leaves it after the last transaction.

    `name` is the group's; `options` are aiokafka's: how the broker is reached, and how long things may take.
    """

    def __init__(self, group: Group, *, name: str, pattern: str, options: Mapping[str, Any], most_records: int) -> None:
        tolerate()
        self.name = name
        self._group, self._pattern = group, pattern
        self._options, self._most_records = options, most_records
        self._kafka: AIOKafkaConsumer | None = None
        self._consuming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the group, which may take as long as a rebalance; may be tried again when it fails."""
        self._kafka = kafka = AIOKafkaConsumer(
            group_id=self.name,
            client_id=f"hub-{self.name}",
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            auto_offset_reset="earliest",
            isolation_level="read_committed",  # what a sender took back by aborting its transaction was never said
            enable_auto_commit=False,  # the database holds the offsets
            max_poll_interval_ms=_NEVER_MS,  # a lane that waits for the database pauses, it does not leave the group
            **self._options,
        )
        kafka.subscribe(pattern=self._pattern, listener=self._group)
        try:
            await kafka.start()
        except BaseException:
            await self._leave()
            raise
        self._group.kafka = kafka
        self._consuming = asyncio.create_task(self._consume(kafka))
        self._group.start()

    async def stop(self) -> None:
        """Finish what runs, say how far we are, leave."""
        await self._group.stop()
        await self._leave()

    async def _leave(self) -> None:
        if self._consuming is not None:
            self._consuming.cancel()
        if self._kafka is not None:
            with contextlib.suppress(TimeoutError):  # a join that waits for another member cannot be called off
                async with asyncio.timeout(_LEAVE_SECONDS):
                    await self._kafka.stop()

    async def _consume(self, kafka: AIOKafkaConsumer) -> None:
        """Hand on what polls bring.

        Whatever one fails with, the next may bring others' records; what was lost with it shows as a gap, and is fetched again.
        """
        while True:
            try:
                records = await poll(kafka, self._group.has_room, max_records=self._most_records)
                self._group.take(tuple(chain.from_iterable(records.values())))
            except ConsumerStoppedError:
                return
            except Exception:  # noqa: BLE001 - told of, and tried again
                log.exception("poll.failed", consumer=self.name)
                await asyncio.sleep(_AGAIN_SECONDS)

    @property
    def is_consuming(self) -> bool:
        """Whether the consume loop lives, once there is one; joining may take as long as another member's session."""
        return self._consuming is None or not self._consuming.done()
