"""What goes to one partition, batch by batch, each only once the one before it is acknowledged."""

from collections.abc import Sequence
from time import time

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)

from hub.state.outbox import PARTITION_AWAY, Receipt

BATCH_BYTES = 512 * 1024
"""How many bytes a batch may have: a topic takes a batch only as a whole, and by default one of a megabyte."""

_LARGEST = 1_000_000  # bytes of a body: what the hub itself would take, and a megabyte with its headers
_TOO_LARGE = (MessageSizeTooLargeError, RecordTooLargeError)
_PERMANENT = (*_TOO_LARGE, InvalidTopicError, TopicAuthorizationFailedError)

Parcel = tuple[int, bytes, str, bytes, list[tuple[str, bytes]]]
"""One event on its way: number, key, id, body, headers. A plain tuple, as there are so many."""


class Course:
    """One partition's events in their order, and how far they came.

    `receipts` tells what was acknowledged, `aside` what can never go (number and reason), `failure` what ended it early.
    Where the broker refused a batch (`refusal`), the producer has counted records that are not there: `is_spoilt`. What the
    partition did not take may be for it to take later, or for nobody: `is_stuck`.
    """

    def __init__(self, topic: str, partition: int, most_bytes: int) -> None:
        self.topic, self.partition, self.most_bytes = topic, partition, most_bytes
        self.parcels: list[Parcel] = []
        self.receipts: list[Receipt] = []
        self.aside: dict[int, str] = {}
        self.failure: KafkaError | None = None
        self.refusal: KafkaError | None = None
        self.is_stuck = False
        self._held: set[bytes] = set()

    @property
    def is_spoilt(self) -> bool:
        """Whether the producer is of no more use."""
        return self.refusal is not None

    async def send(self, producer: AIOKafkaProducer) -> None:
        """Send until all have gone or one batch is not taken; nothing overtakes an event of its key."""
        at = 0
        while at < len(self.parcels) and self.failure is None and not self.is_spoilt:
            batch, now = producer.create_batch(), int(time() * 1000)
            taken: list[Parcel] = []
            size = 0
            for parcel in self.parcels[at:] if at else self.parcels:
                _, key, _, body, headers = parcel
                size += len(body)
                if taken and size > self.most_bytes:
                    break
                if len(body) > _LARGEST or key in self._held:
                    if key not in self._held:
                        self._set_aside(parcel, MessageSizeTooLargeError())
                elif batch.append(timestamp=now, key=key, value=body, headers=headers) is None:
                    break
                else:
                    taken.append(parcel)
                at += 1
            if taken:
                batch.close()
                await self._send(producer, batch, taken)

    async def _send(self, producer: AIOKafkaProducer, batch: object, taken: Sequence[Parcel]) -> None:
        try:
            stored = await (await producer.send_batch(batch, self.topic, partition=self.partition))
        except _PERMANENT as error:
            self.refusal = error
            if isinstance(error, _TOO_LARGE) and len(taken) > 1:  # one of them may be, or all together: look closer
                self.most_bytes = sum(len(parcel[3]) for parcel in taken) // 2
                return
            for parcel in taken:
                self._set_aside(parcel, error)
        except KafkaError as error:
            self.failure = error
            self.is_stuck = error.retriable or isinstance(error, KafkaTimeoutError)
        else:
            self.receipts.append(Receipt(self.topic, self.partition, stored.offset, [p[0] for p in taken], [p[2] for p in taken]))

    def leave(self) -> None:
        """Set aside all that did not go, until the partition takes records again."""
        gone = {number for receipt in self.receipts for number in receipt.numbers}
        why = PARTITION_AWAY.format(self.partition)
        self.aside = {number: why for number, *_ in self.parcels if number not in gone} | self.aside
        self.failure = None

    def _set_aside(self, parcel: Parcel, error: KafkaError) -> None:
        """The first of its key: the others wait behind it."""
        if parcel[1] not in self._held:
            self._held.add(parcel[1])
            self.aside[parcel[0]] = type(error).__name__
