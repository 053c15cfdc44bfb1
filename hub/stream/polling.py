"""Poll for records: with patience, only where there is room, and at once where there is room again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError

from hub.stream.fetched import Fetched

PATIENCE_SECONDS = 0.5
FETCH_WAIT_MS = 100
"""How long the broker holds a fetch that finds nothing: one is under way at a time, and whoever has worked off its records waits for it."""

HasRoom = Callable[[tuple[str, int]], bool]


class _Open:
    """The partitions that a poll may take from, asked anew at each look.

    What was fetched of the others stays where it is. `pause` would throw it away, to be fetched once more.
    """

    def __init__(self, has_room: HasRoom) -> None:
        self._has_room = has_room

    def __contains__(self, partition: TopicPartition) -> bool:
        return self._has_room(tuple(partition))


async def poll(
    kafka: AIOKafkaConsumer,
    has_room: HasRoom,
    *,
    timeout_ms: int,  # noqa: ARG001 - FastStream's own
    max_records: int,
) -> Mapping[Any, Sequence[Fetched]]:
    """Wait until there are records: after an empty poll FastStream sleeps as long again, and what comes meanwhile would wait.

    It is aiokafka's `getmany`, which knows no partitions that it should leave alone for now.
    """
    records: Mapping[Any, Sequence[Fetched]] = {}
    while not records:
        if kafka._closed:
            raise ConsumerStoppedError
        kafka._coordinator.check_errors()
        with kafka._subscription.fetch_context():
            records = await kafka._fetcher.fetched_records(_Open(has_room), PATIENCE_SECONDS, max_records=max_records)
    return records


def look_again(kafka: AIOKafkaConsumer) -> None:
    """Let a poll under way see that there is room: aiokafka wakes it for new records alone."""
    fetcher = kafka._fetcher
    for waiter in list(fetcher._fetch_waiters):
        fetcher._notify(waiter)


def position(kafka: AIOKafkaConsumer, partition: tuple[str, int]) -> int | None:
    """Where the next fetch of a partition begins; None where that is not known."""
    held = kafka._subscription.subscription.assignment  # None while the group is made anew
    state = held.state_value(TopicPartition(*partition)) if held is not None else None
    return int(state.position) if state is not None and state.has_valid_position else None
