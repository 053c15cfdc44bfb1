"""Poll for records: with patience, only where there is room, and at once where there is room again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult
from aiokafka.errors import ConsumerStoppedError

from hub.stream.fetched import Fetched
from hub.telemetry import log

PATIENCE_SECONDS = 0.5
FETCH_WAIT_MS = 100
"""How long the broker holds a fetch that finds nothing: one is under way at a time, and whoever has worked off its records waits for it."""

GATHER_SECONDS = 0.005
_GATHER_BYTES = 64 << 10
"""So long, or up to so much, the broker gathers for whoever hears more than a record in that time: a fetch costs as much as many folds."""

HasRoom = Callable[[tuple[str, int]], bool]


class _Open:
    """The partitions that a poll may take from, asked anew at each look.

    What was fetched of the others stays where it is. `pause` would throw it away, to be fetched once more.
    """

    def __init__(self, has_room: HasRoom) -> None:
        self._has_room = has_room

    def __contains__(self, partition: TopicPartition) -> bool:
        return self._has_room(tuple(partition))


class Poller:
    """Polls a consumer: in the place of aiokafka's `getmany`, which knows no partitions that it should leave alone for now.

    What a fetch brings is handed to `take` at once, so many records at `most`. Polls get the rest.
    """

    def __init__(self, kafka: AIOKafkaConsumer, has_room: HasRoom, take: Callable[[Sequence[Fetched]], None], most: int) -> None:
        self._kafka, self._open, self._take, self._most = kafka, _Open(has_room), take, most
        self._gathers, self._polled_at = False, 0.0
        # while something is left of what it fetched from a broker, aiokafka fetches no more from there: for 0.1 s, if nobody says less
        kafka._fetcher._prefetch_backoff = GATHER_SECONDS
        self._fetch = kafka._fetcher._proc_fetch_request
        kafka._fetcher._proc_fetch_request = self._fetch_and_hand_over

    async def poll(self, *, timeout_ms: int, max_records: int) -> Mapping[Any, Sequence[Fetched]]:  # noqa: ARG002 - FastStream's own
        """Wait until there are records: after an empty poll FastStream sleeps as long again, and what comes meanwhile would wait."""
        kafka, fetcher = self._kafka, self._kafka._fetcher
        while True:
            if kafka._closed:
                raise ConsumerStoppedError
            kafka._coordinator.check_errors()
            with kafka._subscription.fetch_context():
                if records := await self._drain(max_records):
                    return records
                if broken := [each for each, brought in fetcher._records.items() if isinstance(brought, FetchError)]:
                    await fetcher.fetched_records(broken)  # raises what went wrong
                waiter = fetcher._create_fetch_waiter()
                try:
                    await asyncio.wait([waiter], timeout=PATIENCE_SECONDS)
                    if waiter.done():
                        waiter.result()  # raises if we may not read
                finally:
                    waiter.cancel()

    async def _fetch_and_hand_over(self, *request: Any) -> bool:  # noqa: ANN401 - aiokafka's own
        """Hand over what comes before anybody is woken to poll for it, and before the next fetch is made.

        Tells whether something is left to poll for: what there is no room for, and whatever has gone wrong.
        """
        kafka = self._kafka
        if task := asyncio.current_task():
            task.add_done_callback(self._fetch_on)
        has_more = bool(await self._fetch(*request))
        if not has_more or kafka._subscription.reassignment_in_progress:
            return has_more
        try:
            for records in (await self._drain(self._most)).values():
                self._take(records)
        except Exception as error:  # noqa: BLE001 - nobody would see aiokafka's loop end; what was not taken shows as a gap
            log.exception("fetch.failed", error=type(error).__name__)
        return bool(kafka._fetcher._records)

    def _fetch_on(self, _fetch: "asyncio.Task[Any]") -> None:
        """Let aiokafka look once more: where records are taken in the moment in which a fetch ends, it believes for 0.2 s that it lasts."""
        fetcher = self._kafka._fetcher
        fetcher._notify(fetcher._wait_consume_future)

    async def _drain(self, most: int) -> dict[Any, Sequence[Fetched]]:
        """Take what was fetched, one partition after the other: what was taken of one is not lost because another cannot be read.

        Who cannot be read is asked once: after that aiokafka would have lost what was wrong, and fetch the same again at once.
        """
        fetcher, drained, count = self._kafka._fetcher, dict[Any, Sequence[Fetched]](), 0
        for partition, brought in list(fetcher._records.items()):
            if count < most and isinstance(brought, FetchResult) and partition in self._open:
                try:
                    taken = await fetcher.fetched_records([partition], max_records=most - count)
                except Exception as error:  # noqa: BLE001 - whatever it is, the next poll raises it
                    fetcher._records[partition] = FetchError(error=error, backoff=GATHER_SECONDS)
                else:
                    drained |= taken
                    count += sum(map(len, taken.values()))
        if count:
            self._pace(count)
        return drained

    def _pace(self, records: int) -> None:
        """Let the broker gather before it answers the fetch that begins now, if records come thick; not the one after it, if none come."""
        now = monotonic()
        self._gathers = records > 1 if self._gathers else now - self._polled_at < GATHER_SECONDS
        self._polled_at = now
        if self._gathers:
            fetcher = self._kafka._fetcher
            fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = _GATHER_BYTES, round(GATHER_SECONDS * 1000)
            asyncio.get_running_loop().call_later(GATHER_SECONDS / 2, self._relax)

    def _relax(self) -> None:
        fetcher = self._kafka._fetcher
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = 1, FETCH_WAIT_MS


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
