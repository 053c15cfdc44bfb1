"""Say that timers are due, in whole record batches, and let go of them once the broker has them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import orjson
from aiokafka import AIOKafkaProducer

from contracts import envelope as cloudevents
from contracts import topics
from contracts.timers import TIMER_FIRED
from hub.names import version5
from hub.producers.course import BATCH_BYTES, Course
from hub.producers.partitions import partition_of
from hub.state import timers
from hub.state.store import Connection
from hub.state.timers import Timer

_NAMES = uuid5(NAMESPACE_URL, "urn:hub:timer").bytes


class Firing:
    """Publishes all that is due under a source's name; remembers how large a batch the topic takes."""

    def __init__(self, source: str) -> None:
        self._source, self._most_bytes = source, BATCH_BYTES

    async def fire(self, connection: Connection, producer: AIOKafkaProducer, now: datetime) -> AsyncIterator[int]:
        """Publish page by page, and yield how many each page had; the next page is read while Kafka takes one.

        A timer's id follows from its subject and the moment, so two clocks, or one that died in between, say the same thing
        once. Raises what Kafka raised for timers that stay, after those that it took were let go of.
        """
        pages = timers.due(connection, now)
        page = await anext(pages, None)
        if page is None:
            return
        partitions = len(await producer.partitions_for(topics.TIMERS.name))
        courses = self._sort(page, partitions)
        while page is not None:
            sending = asyncio.gather(*(course.send(producer) for course in courses))
            try:
                following = await anext(pages, None)
                later = self._sort(following, partitions) if following else []
                await sending
            finally:
                sending.cancel()
            await self._let_go(connection, page, courses)
            yield len(page)
            page, courses = following, later

    def _sort(self, page: Sequence[Timer], partitions: int) -> list[Course]:
        courses = [Course(topics.TIMERS.name, partition, self._most_bytes) for partition in range(partitions)]
        moments: dict[datetime, tuple[str, cloudevents.Headed]] = {}  # very many are due at the same one
        for number, timer in enumerate(page):
            moment = moments.get(timer.due_at)
            if moment is None:
                at = timer.due_at.astimezone(UTC)
                moment = moments[timer.due_at] = at.isoformat(), cloudevents.writer(self._source, TIMER_FIRED.wire, at)
            said, headed = moment
            key, name = timer.ref.encode(), _named(timer, said)
            courses[partition_of(key, partitions)].parcels.append((number, key, name, body_of(timer), headed(name, None)))
        return [course for course in courses if course.parcels]

    async def _let_go(self, connection: Connection, page: Sequence[Timer], courses: Sequence[Course]) -> None:
        gone = [page[number] for course in courses for receipt in course.receipts for number in receipt.numbers]
        if gone:
            await timers.fired(connection, gone)
        self._most_bytes = min(course.most_bytes for course in courses)
        for course in courses:
            if failure := course.failure or course.refusal:
                raise failure


def body_of(timer: Timer) -> bytes:
    """What is said of a timer, byte for byte as its contract writes it: where two clocks say it, they say the same.

    Its words come from a state that was folded of events that kept their contracts; to look at them again would cost four times as much.
    """
    consumer, store, principal, ref, due_at = timer
    at = due_at.astimezone(UTC)
    said = {"occurred_at": at, "consumer": consumer, "principal": principal, "store": store, "subject": ref, "due_at": at}
    return orjson.dumps(said, option=orjson.OPT_UTC_Z)


def name_of(timer: Timer) -> str:
    """The timer's id: it follows from its subject and the moment."""
    return _named(timer, timer.due_at.astimezone(UTC).isoformat())


def _named(timer: Timer, moment: str) -> str:
    consumer, store, principal, ref, _ = timer
    return str(version5(_NAMES, f"{consumer}\0{store}\0{principal}\0{ref}\0{moment}"))
