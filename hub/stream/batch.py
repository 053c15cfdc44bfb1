"""One batch, one transaction (T1): offsets checked, records folded, offsets moved, all or nothing."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

from hub.state import meeting, waiting
from hub.state.offsets import Locked, Offsets, Span, TopicPartition
from hub.state.store import Connection
from hub.stream import acts, slips
from hub.stream.acting import Acting
from hub.stream.failures import Conflict, Fenced, Gap, Meaning, Otherwise, meaning
from hub.stream.mixed import AtOnce
from hub.stream.opening import Fresh
from hub.stream.outcome import Applied, Outcome
from hub.stream.plain import Plain
from hub.stream.record import Good, Judged, Newer, Reader, Ready, Repeated, Taken, refused
from hub.stream.sorting import place
from hub.stream.work import Work
from hub.telemetry import log

Batches = Mapping[TopicPartition, Sequence[Taken]]

WARY = 16
"""So many batches of a lane after one that was not as expected are looked at closely: one that is rolled back costs a batch."""


class Batch:
    """Applies batches of one consumer; `epochs` are those under which its partitions were claimed."""

    def __init__(self, offsets: Offsets, work: Work, reader: Reader, consumer: str) -> None:
        self.consumer = consumer
        self._offsets, self._work, self._reader = offsets, work, reader
        self._wary = self._unhurried = 0

    @property
    def is_wary(self) -> bool:
        """Whether the next batch will be looked at closely."""
        return self._wary > 0

    async def prepare(self, connection: Connection) -> None:
        """What a session needs before its first transaction."""
        await self._work.prepare(connection)

    async def apply(
        self,
        connection: Connection,
        batches: Batches,
        epochs: Mapping[TopicPartition, int],
        gaps: Mapping[TopicPartition, int] | None = None,
    ) -> Applied:
        """Fold the batches and commit; on an error of a single record find it, and let it alone be a dead letter.

        What may be is taken for new and sound. Where that was wrong, this and the next few batches are looked at closely: who repeated
        himself, or was refused by the database, may do so again.

        Raises Fenced where somebody else has claimed a partition since, and Gap where records are missing,
        unless `gaps` says that the same offset was fetched again: then the missing ones are holes.
        """
        await self._work.prepare(connection)
        given = _Given(batches, epochs, gaps or {})
        if self._wary:
            self._wary -= 1
        elif at_once := self._work.at_once(given.records):
            if isinstance(at_once, Fresh | Plain) and at_once.is_simple:
                if self._unhurried:
                    self._unhurried -= 1
                elif applied := await self._swiftly(connection, given, at_once):
                    return applied
                else:
                    at_once = self._work.at_once(given.records)  # what was begun is spoilt
            try:
                return await self._once(connection, given, at_once)
            except Exception as error:
                if meaning(error) is not Meaning.RECORD and not isinstance(error, Otherwise):
                    raise
            self._wary = WARY
        return await self._once(connection, given._replace(batches=self._whole(batches)))

    def _whole(self, batches: Batches) -> Batches:
        """The same with what they say, where no more than a row was kept of it: that was in vain, and may be so again."""
        if not any(isinstance(record, Ready) for batch in batches.values() for record in batch):
            return batches
        self._wary = WARY
        judge = self._reader.judge
        return {
            partition: [judge(record.raw) if isinstance(record, Ready) else record for record in batch]
            for partition, batch in batches.items()
        }

    async def _swiftly(self, connection: Connection, given: "_Given", at_once: Fresh | Plain) -> Applied | None:
        """Look, fold, and write all of it in one statement, which is a transaction of its own; None where that will not do.

        What was found may change before that statement as it may within a transaction. Offsets and states are written as they were found
        or not at all, and whoever would have to lock something in between takes the other way.
        """
        applied, began = Applied(), perf_counter()
        try:
            standing = await at_once.look(connection, self._offsets.looking(list(given.batches)))
            looked = perf_counter()
            due, moves = given.due(standing, applied)
            if given.is_more_than(due):
                return None
            moving = self._offsets.moving(moves, standing)
            await self._work.finish_at_once(connection, at_once, moving, _unrepeated(due, applied), applied)
        except Exception as error:
            if not isinstance(error, Otherwise | Conflict | Gap) and meaning(error) is not Meaning.RECORD:
                raise
            self._unhurried = WARY
            return None
        applied.seconds |= {"lock": looked - began, "work": perf_counter() - looked - applied.seconds["commit"]}
        return applied

    async def _once(self, connection: Connection, given: "_Given", at_once: AtOnce | None = None) -> Applied:
        applied, began = Applied(), perf_counter()
        async with connection.transaction():
            if at_once:
                locked = await at_once.begin(connection, self._offsets.locking(given.spans))
            else:
                locked = await self._offsets.lock(connection, given.spans)
            due, moves = given.due(locked, applied)
            if at_once and (given.is_more_than(due) or any(found.is_stale for found in locked.values())):
                raise Otherwise
            if moves:
                await self._offsets.advance(connection, moves)
            taken = perf_counter()
            if records := _unrepeated(due, applied):
                await self._fold(connection, records, applied, at_once)
            folded = perf_counter()
        applied.seconds = {"lock": taken - began, "work": folded - taken, "commit": perf_counter() - folded}
        return applied

    async def _fold(self, connection: Connection, records: Sequence[Judged], applied: Applied, at_once: AtOnce | None) -> None:
        """Write all that becomes of the records."""
        if at_once:
            await at_once.finish(connection, records, applied)
            return
        await self._bisect(connection, records, applied)
        await self._act(connection, applied)

    async def _bisect(self, connection: Connection, records: Sequence[Judged], applied: Applied) -> None:
        """Work within savepoints, halving until the record that the database refuses stands alone."""
        part = Applied()
        try:
            async with connection.transaction():
                await self._work.do(connection, records, part)
        except Exception as error:
            if meaning(error) is not Meaning.RECORD:
                raise
            if len(records) > 1:
                middle = len(records) // 2
                await self._bisect(connection, records[:middle], applied)
                await self._bisect(connection, records[middle:], applied)
                return
            await self._work.do(connection, [refused(records[0], error)], applied)
            return
        applied.outcomes.update(part.outcomes)
        applied.repeated += part.repeated
        applied.take(part)

    async def _act(self, connection: Connection, applied: Applied) -> None:
        """Carry out the operators' acts among what was folded, each once, in their order."""
        if applied.acts:
            await acts.carry_out(Acting(connection, self._work, self._reader, self.consumer), applied)

    async def release_newer(self, connection: Connection) -> Applied:
        """Fold the records that waited for a process as new as this one.

        Where one of them fails with what nobody foresaw all go on waiting: no partition of ours is to be kept from being claimed for that.
        """
        await self._work.prepare(connection)
        applied = Applied()
        try:
            async with connection.transaction():
                rows = await waiting.versions(connection, self.consumer)
                judged = [(row, self._reader.judge(slips.stored(row))) for row in rows]
                known = [(row, record) for row, record in judged if not isinstance(record, Newer)]
                if known:
                    records = [record for _, record in known]
                    await meeting.coming_back(connection, self.consumer, [record.event for record in records if isinstance(record, Good)])
                    await waiting.forget(connection, [row.id for row, _ in known])
                    await self._bisect(connection, records, applied)
                    await self._act(connection, applied)
        except Exception as error:
            if meaning(error) not in {Meaning.UNKNOWN, Meaning.RECORD}:
                raise
            log.exception("newer.not_folded", consumer=self.consumer, error=type(error).__name__)
            return Applied()
        return applied


class _Given(NamedTuple):
    """What is to be applied: batches, under which epochs their partitions were claimed, and where what is missing are holes."""

    batches: Batches
    epochs: Mapping[TopicPartition, int]
    gaps: Mapping[TopicPartition, int]

    @property
    def records(self) -> list[Taken]:
        """All of them, partition by partition."""
        return [record for _, batch in sorted(self.batches.items()) for record in batch]

    @property
    def spans(self) -> dict[TopicPartition, Span]:
        """From where to where each partition goes."""
        return {partition: _span(batch) for partition, batch in self.batches.items()}

    def is_more_than(self, due: Sequence[Taken]) -> bool:
        """Whether some of the records are not due."""
        return len(due) < sum(map(len, self.batches.values()))

    def due(self, locked: Mapping[TopicPartition, Locked], applied: Applied) -> tuple[list[Taken], dict[TopicPartition, tuple[int, int]]]:
        """The records that lie behind the offsets, and how these have still to be moved."""
        records: list[Taken] = []
        moves: dict[TopicPartition, tuple[int, int]] = {}
        for partition, batch in sorted(self.batches.items()):
            found = locked.get(partition)
            if found is None or found.epoch != self.epochs.get(partition):
                raise Fenced(*partition)
            due = _due(partition, batch, found.next_offset, self.gaps.get(partition))
            after = due[-1].raw.offset + 1 if due else found.next_offset
            holes = after - found.next_offset - len(due)
            if due and not found.is_moved:
                moves[partition] = after, holes
            applied.holes += holes
            applied.next_offsets[partition] = after
            records += due
        return records, moves


def _unrepeated(records: Sequence[Taken], applied: Applied) -> list[Judged]:
    """Those that are to be folded: what was recognised is a duplicate, and that is all."""
    due: list[Judged] = []
    for record in records:
        if isinstance(record, Repeated):
            applied.outcomes[place(record)] = Outcome.DUPLICATE
            applied.repeated += 1
        else:
            due.append(record)  # type: ignore[arg-type] # what is ready is part of a plain batch, which asks only where it stands
    return due


def _span(batch: Sequence[Taken]) -> Span:
    first, after = batch[0].raw.offset, batch[-1].raw.offset + 1
    return Span(first, after, after - first - len(batch))


def _due(partition: TopicPartition, batch: Sequence[Taken], start: int, gap: int | None) -> Sequence[Taken]:
    """What of a partition's batch is still to be folded."""
    first = batch[0].raw.offset
    if first > start and gap != first:
        raise Gap(*partition, start, first)
    return batch if first >= start else [record for record in batch if record.raw.offset >= start]
