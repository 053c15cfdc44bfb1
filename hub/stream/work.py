"""The work of one batch inside its transaction: sort, touch, settle, park, save, tell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

from contracts.acts.v1 import ConsumerAct
from contracts.timers import TIMER_FIRED
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject
from hub.state import deliveries, inbox, journal, outbox, rows
from hub.state.base import BaseDataCache
from hub.state.segments import Said
from hub.state.store import Connection
from hub.state.together import Asked
from hub.stream import mixed, ruled
from hub.stream.consumer import Consumer
from hub.stream.failures import NOBODY, Otherwise
from hub.stream.meeting import meet
from hub.stream.mixed import AtOnce
from hub.stream.news import news
from hub.stream.opening import Fresh
from hub.stream.outcome import Applied, Outcome
from hub.stream.parking import bury, park
from hub.stream.plain import Passing, Plain
from hub.stream.posting import post
from hub.stream.record import Good, Judged, Taken
from hub.stream.settling import Settled, settle
from hub.stream.sorting import Sorted, place, sort
from hub.stream.subjects import Saved, StoreFold, saving, write
from hub.stream.telling import answers, notices, sayings
from hub.stream.touching import Released, touch
from hub.stream.winding import let_go, wind


class Work:
    """Works off the records of one consumer, on one connection; what waits for news does so for `wait` at most, from now or `since` on."""

    def __init__(self, consumer: Consumer, base: BaseDataCache, wait: timedelta, since: datetime | None = None) -> None:
        self._consumer, self._base, self._wait, self.since = consumer, base, wait, since
        self._passing = Passing(consumer, base)

    async def prepare(self, connection: Connection) -> None:
        """What a session needs before its first transaction of work."""
        kept = [kind for fold in self._consumer.stores.values() for kind in fold.store.rows]
        await rows.make(connection, [journal.ROWS, deliveries.ROWS, *kept])

    async def forget(self, connection: Connection, refused: Sequence[Judged]) -> None:
        """Let these be taken again, although they came before: where no journal keeps them their dead letters are all there is."""
        events = [good.event for good in refused if isinstance(good, Good) and not self._consumer.remembers(good.lineage)]
        if events:
            await inbox.forget(connection, events)

    def at_once(self, records: Sequence[Taken]) -> AtOnce | None:
        """The records as a batch that is taken for new, if there is nothing in it that has to be looked at closely."""
        return mixed.at_once(self, self._consumer, self._passing, records)

    async def finish_at_once(
        self, connection: Connection, batch: Fresh | Plain, moving: Asked[None], records: Sequence[Judged], applied: Applied
    ) -> None:
        """Fold what was looked at alone, and write all that comes of it, that it came, and how far it goes in one statement.

        Raises Otherwise where more than that one would be needed, and Conflict where something is no longer as it was found: then
        nothing is written.
        """
        writes = await batch.saves(connection, records, applied)
        folded = perf_counter()
        await write(connection, [moving, *batch.noting(), *writes])
        applied.seconds["commit"] = perf_counter() - folded

    async def saves(self, connection: Connection, records: Sequence[Judged], found: Sorted, applied: Applied) -> list[Asked[Any]]:
        """Fold what was sorted and looked at, and return what writes all that comes of it.

        Raises Otherwise where more than that would be needed.
        """
        if found.holds.keys:
            raise Otherwise  # also what passes a letter keeps it locked until the end: who closes it must not miss that
        base = await self._base.refresh(connection, found.holds.base)
        made = await self._make(NOBODY, base, records, found, applied)
        if made.planned:
            raise Otherwise
        _note(found, made.settled)
        applied.outcomes.update(found.outcomes)
        return made.writes

    async def do(self, connection: Connection, records: Sequence[Judged], applied: Applied, released: Sequence[Released] = ()) -> None:
        """Fold the records, which are in the order of their partitions, and what was released; note what became of each."""
        found = await sort(connection, self._consumer, records, is_redriven=applied.is_redriven)
        await self.fold(connection, records, found, applied, released)

    async def fold(
        self, connection: Connection, records: Sequence[Judged], found: Sorted, applied: Applied, released: Sequence[Released] = ()
    ) -> None:
        """Fold what was sorted, and write all that comes of it."""
        applied.acts += [good for good in found.control if isinstance(good.body, ConsumerAct)]
        base = await self._base.refresh(connection, found.holds.base)
        made = await self._make(connection, base, records, found, applied, released)
        if made.writes:
            await write(connection, made.writes)
        if made.planned:
            await deliveries.insert(connection, self._consumer.name, made.planned)
        if self._consumer.is_asked:
            await ruled.note(connection, self._consumer.name, found, made.settled)
        await meet(connection, self._consumer.name, made.folded)
        _note(found, made.settled)
        applied.outcomes.update(found.outcomes)

    async def _make(
        self,
        connection: Connection,
        base: BaseData,
        records: Sequence[Judged],
        found: Sorted,
        applied: Applied,
        released: Sequence[Released] = (),
    ) -> "_Made":
        """Fold what was sorted; what is written here is what the rest depends on."""
        consumer = self._consumer
        applied.repeated += found.repeated
        touched = await touch(connection, consumer, found, released)
        settled = await settle(connection, consumer, base, found, touched)
        await park(connection, consumer.name, found, settled, self._base, (self.since or datetime.now(UTC)) + self._wait)
        folded, writes = await _save(connection, settled.folds)
        said: list[Said] = []
        if settled.letters:
            said, asked = await bury(connection, settled.letters, applied)
            writes += asked
        planned: list[deliveries.Planned] = []
        wound: set[tuple[str, Subject]] = set()
        for result, (changed, _) in folded:
            declared = result.declared
            await post(connection, consumer.name, result, changed)
            if declared.tells or declared.notices:
                happened = news(result, changed, touched.subjects[result.store])
                said += sayings(consumer.name, declared, happened)
                planned += notices(declared, happened)
            said += await answers(connection, result, changed)
            wound |= await wind(connection, consumer.name, result, changed)
        if TIMER_FIRED.name in consumer.folds:
            await let_go(connection, records, wound)
        if said:
            *pieces, last = outbox.inserting(consumer.name, said)
            for piece in pieces:
                await piece.alone(connection)
            writes.append(last)
        applied.emitted += len(said)
        return _Made(settled, folded, writes, planned)


class _Made(NamedTuple):
    """What a batch came to, what is still to be written of it, and what people are to be told."""

    settled: Settled
    folded: list[tuple[StoreFold, Saved]]
    writes: list[Asked[Any]]
    planned: list[deliveries.Planned]


async def _save(connection: Connection, folds: Sequence[StoreFold]) -> tuple[list[tuple[StoreFold, Saved]], list[Asked[Any]]]:
    """What was saved of each store, and what of it is still to be asked: it can go with what is said because of it."""
    folded: list[tuple[StoreFold, Saved]] = []
    writes: list[Asked[Any]] = []
    for result in folds:
        saved, asked = saving(result)
        folded.append((result, saved))
        writes += asked
    if writes and any(result.declared.is_followed for result in folds):
        await write(connection, writes)
        return folded, []
    return folded, writes


def _note(found: Sorted, settled: Settled) -> None:
    """What became of each good record, unless it waits or was known; of several parts the worst counts."""
    for _, bad in found.bad:
        found.outcomes[place(bad)] = Outcome.DEAD
    for part in settled.held:
        found.outcomes[place(part.good)] = Outcome.HELD
    for part in settled.dead:
        found.outcomes[place(part.good)] = Outcome.DEAD
    for good, *_ in found.parts:
        raw = good.raw
        found.outcomes.setdefault((raw.topic, raw.partition, raw.offset), Outcome.HANDLED)
