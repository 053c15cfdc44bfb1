"""The work of one batch inside its transaction: sort, touch, settle, park, save, tell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from contracts.timers import TIMER_FIRED
from hub.rules.decision import Subject
from hub.state import deliveries, inbox, journal, outbox, rows
from hub.state.base import BaseDataCache
from hub.state.store import Connection
from hub.stream import ruled
from hub.stream.consumer import Consumer
from hub.stream.meeting import meet
from hub.stream.news import news
from hub.stream.outcome import Applied, Outcome
from hub.stream.parking import park
from hub.stream.plain import Plain
from hub.stream.posting import post
from hub.stream.record import Good, Judged
from hub.stream.settling import Settled, settle
from hub.stream.sorting import Sorted, place, sort
from hub.stream.subjects import Saved, StoreFold, save
from hub.stream.telling import answers, notices, sayings
from hub.stream.touching import Released, touch
from hub.stream.winding import let_go, wind


class Work:
    """Works off the records of one consumer, on one connection; what waits for news does so for `wait` at most, from now or `since` on."""

    def __init__(self, consumer: Consumer, base: BaseDataCache, wait: timedelta, since: datetime | None = None) -> None:
        self._consumer, self._base, self._wait, self.since = consumer, base, wait, since
        self._plain = Plain(consumer, base)

    async def prepare(self, connection: Connection) -> None:
        """What a session needs before its first transaction of work."""
        kept = [kind for fold in self._consumer.stores.values() for kind in fold.store.rows]
        await rows.make(connection, [journal.ROWS, deliveries.ROWS, *kept])

    async def forget(self, connection: Connection, refused: Sequence[Judged]) -> None:
        """Let these be taken again, although they came before: where no journal keeps them their dead letters are all there is."""
        events = [good.event for good in refused if isinstance(good, Good) and not self._consumer.remembers(good.lineage)]
        if events:
            await inbox.forget(connection, events)

    async def do(
        self,
        connection: Connection,
        records: Sequence[Judged],
        applied: Applied,
        released: Sequence[Released] = (),
        *,
        are_new: bool = False,
    ) -> None:
        """Fold the records, which are in the order of their partitions, and what was released; note what became of each.

        Where all are taken for new, UniqueViolationError tells that one came before.
        """
        if are_new and await self._plain.work_off(connection, records, applied):
            return
        consumer = self._consumer
        found = await sort(connection, consumer, records, is_redriven=applied.is_redriven, are_new=are_new)
        applied.repeated += found.repeated
        touched = await touch(connection, consumer, found, released)
        settled = await settle(connection, consumer, await self._base.refresh(connection, found.holds.base), found, touched)
        said = await park(connection, consumer.name, found, settled, self._base, (self.since or datetime.now(UTC)) + self._wait, applied)
        planned: list[deliveries.Planned] = []
        folded: list[tuple[StoreFold, Saved]] = []
        wound: set[tuple[str, Subject]] = set()
        for result in settled.folds:
            declared, saved = result.declared, await save(connection, result)
            folded.append((result, saved))
            changed = saved.changed
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
            await outbox.insert(connection, consumer.name, said)
        if planned:
            await deliveries.insert(connection, consumer.name, planned)
        applied.emitted += len(said)
        if consumer.is_asked:
            await ruled.note(connection, consumer.name, found, settled)
        await meet(connection, consumer.name, folded)
        _note(found, settled)
        applied.outcomes.update(found.outcomes)


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
