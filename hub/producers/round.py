"""One round of the relay: whole segments sorted by partition, sent, and what became of each event."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from contracts import envelope as cloudevents
from hub.producers.course import BATCH_BYTES, Course
from hub.producers.partitions import partition_of
from hub.state.outbox import UNKNOWN_TOPIC, Holds, Receipt
from hub.state.segments import Segment, Unsent

PATIENCE_SECONDS = 30.0
"""How long a round waits for the broker's answers."""

PROBE_SECONDS = 10.0
"""How long one waits in which there are events that a partition did not take before."""


class Round:
    """Segments on their way.

    `counts` says how many partitions each topic has that there is, `limits` how many bytes of a batch a topic takes where
    it takes few.
    """

    def __init__(self, segments: Sequence[Segment], holds: Holds, counts: Mapping[str, int], limits: Mapping[str, int]) -> None:
        self.segments = segments
        self._unheld: dict[int, str] = {}
        self._behind: set[int] = set()
        self._holds = holds
        self._courses = {
            topic: [Course(topic, partition, limits.get(topic, BATCH_BYTES)) for partition in range(count)]
            for topic, count in counts.items()
            if topic not in holds.topics
        }
        for segment in segments:
            self._sort(segment)

    @property
    def courses(self) -> list[Course]:
        """All of them, also those that nothing goes to."""
        return [course for courses in self._courses.values() for course in courses]

    @property
    def stuck(self) -> list[Course]:
        """Those whose partition did not take what it should have taken."""
        return [course for course in self.courses if course.is_stuck]

    @property
    def failure(self) -> KafkaError | None:
        """What ended the round early, if anything did."""
        return next((course.failure for course in self.courses if course.failure), None)

    @property
    def aside(self) -> dict[int, str]:
        """What cannot go now, and why."""
        return self._unheld | {number: why for course in self.courses for number, why in course.aside.items()}

    @property
    def receipts(self) -> list[Receipt]:
        """What was acknowledged."""
        return [receipt for course in self.courses for receipt in course.receipts]

    def _sort(self, segment: Segment) -> None:
        writers = {wire: cloudevents.writer(f"/hub/{segment.consumer}", wire, segment.time) for wire in set(segment.types)}
        keys = self._holds.keys
        for number, topic, key, wire, event_id, subject, body in zip(*segment[3:], strict=True):
            courses = self._courses.get(topic)
            if courses is None or (keys and (topic, key) in keys):
                self._hold(number, topic, key)
                continue
            packed = key.encode()
            courses[partition_of(packed, len(courses))].parcels.append((number, packed, event_id, body, writers[wire](event_id, subject)))

    def _hold(self, number: int, topic: str, key: str) -> None:
        """Behind an earlier one, or the first of its key for a topic that is not there."""
        if topic in self._holds.topics or (topic, key) in self._holds.keys:
            self._behind.add(number)
        else:
            self._holds.keys.add((topic, key))
            self._unheld[number] = UNKNOWN_TOPIC

    async def send(self, producer: AIOKafkaProducer, patience: float = PATIENCE_SECONDS) -> None:
        """Send all at once, each partition in its order, and wait for every answer, though not for ever."""
        tasks = {}
        for course in self.courses:
            if (course.topic, course.partition) in self._holds.partitions:
                course.leave()
            elif course.parcels:
                tasks[asyncio.ensure_future(course.send(producer))] = course
        if not tasks:
            return
        try:
            done, late = await asyncio.wait(tasks, timeout=patience)
        finally:
            for task in tasks:
                task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            task.result()
        for task in late:
            tasks[task].failure, tasks[task].is_stuck = KafkaTimeoutError(), True

    def touched(self) -> list[Segment]:
        """The segments that do not stay as they are: up to the last one of which something went, or cannot go.

        Those before it do not stay either: what is put apart is to be older than what stays.
        """
        fates = self.aside.keys() | self._behind | self._gone()
        last = max((segment.id for segment in self.segments if not fates.isdisjoint(segment.numbers)), default=0)
        return [segment for segment in self.segments if segment.id <= last]

    def rest(self, segments: Sequence[Segment]) -> Iterator[tuple[Unsent, str | None]]:
        """What of these segments did not go, each with the reason for which it is set aside."""
        gone, aside = self._gone(), self.aside
        return ((event, aside.get(event.id)) for segment in segments for event in segment.events() if event.id not in gone)

    def is_clean(self) -> bool:
        """Whether everything was acknowledged."""
        return sum(len(receipt.numbers) for receipt in self.receipts) == sum(len(segment.numbers) for segment in self.segments)

    def _gone(self) -> set[int]:
        return {number for receipt in self.receipts for number in receipt.numbers}
