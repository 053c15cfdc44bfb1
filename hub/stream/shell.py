"""FastStream around a group: one subscriber whose every setting that could lose or leak a record is set here."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber

from hub.stream.fetched import Fetched
from hub.stream.group import Group
from hub.stream.header_names import tolerate
from hub.stream.polling import FETCH_WAIT_MS, Poller

_POLL_MS = 20
_LEAVE_SECONDS = 2.0
_NEVER_MS = 24 * 3600 * 1000
_FETCH_BYTES, _PARTITION_BYTES = 4 << 20, 256 << 10
"""What one fetch brings, of all partitions and of one: memory for a few batches, not for a backlog. A record that is larger comes alone."""


class Shell:
    """A consumer's broker connection; `start` joins the group, `stop` leaves it after the last transaction."""

    def __init__(
        self, broker: KafkaBroker, group: Group, *, name: str, pattern: str, options: Mapping[str, Any], most_records: int
    ) -> None:
        tolerate()
        self._broker, self._group, self._most_records = broker, group, most_records
        self.subscriber: BatchSubscriber = broker.subscriber(
            pattern=pattern,
            group_id=name,
            batch=True,
            max_records=most_records,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            batch_timeout_ms=_POLL_MS,  # for the first poll; see `poll`
            auto_offset_reset="earliest",
            isolation_level="read_committed",  # what a sender took back by aborting its transaction was never said
            ack_policy=AckPolicy.MANUAL,  # the database holds the offsets; the default would commit by itself
            no_reply=True,  # a sender's reply_to header would publish to any topic it names
            listener=group,
            parser=_parse,
            decoder=_decode,
            max_poll_interval_ms=_NEVER_MS,  # a lane that waits for the database pauses, it does not leave the group
            include_in_schema=False,
            **options,
        )
        self.subscriber(self._handle)
        self._has_joined = False

    async def start(self) -> None:
        """Join the group, which may take as long as a rebalance; may be tried again when it fails."""
        try:
            await self._broker.start()
        except BaseException:
            await self._leave()
            raise
        self._group.kafka = kafka = self.subscriber.consumer
        if kafka is not None:
            kafka.getmany = Poller(kafka, self._group.has_room, self._group.take, self._most_records).poll
        self._has_joined = True
        self._group.start()

    async def stop(self) -> None:
        """Finish what runs, say how far we are, leave."""
        await self._group.stop()
        await self._leave()

    async def _leave(self) -> None:
        with contextlib.suppress(TimeoutError):  # a join that waits for another member cannot be called off
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._broker.stop()

    async def _handle(self, records: tuple[Fetched, ...]) -> None:
        self._group.take(records)

    @property
    def is_consuming(self) -> bool:
        """Whether the consume loop lives, once there is one; joining may take as long as another member's session."""
        return not self._has_joined or any(not task.done() for task in self.subscriber.tasks)


async def _parse(batch: tuple[Fetched, ...]) -> KafkaMessage:
    """Hand the records on untouched: FastStream's own parser drops the whole batch for one header that is not UTF-8."""
    return KafkaMessage(body=b"", headers={}, raw_message=batch, consumer=None)  # type: ignore[arg-type] # nobody acknowledges through it


async def _decode(message: KafkaMessage) -> object:
    return message.raw_message


def silent() -> logging.Logger:
    """FastStream's own access log would write a line per batch."""
    logger = logging.getLogger("hub.faststream")
    logger.setLevel(logging.ERROR)
    return logger
