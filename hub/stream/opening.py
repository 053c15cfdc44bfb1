"""A batch that is taken for new: it is journalled, and all is asked that is to be known before it is folded, in one round trip."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from hub.rules.decision import Subject
from hub.state import inbox, journal
from hub.state.store import Connection
from hub.state.together import FEW_ROWS, Asked, ask
from hub.stream.consumer import Consumer
from hub.stream.failures import Otherwise
from hub.stream.outcome import Applied
from hub.stream.record import Good, Judged, Ready, Repeated, Taken
from hub.stream.sorting import Sorted, burying, gather, holding, rows, take
from hub.stream.subjects import hearing

if TYPE_CHECKING:
    from hub.stream.work import Work

T = TypeVar("T")


class Fresh:
    """A batch, sorted as if nothing of it had come before."""

    def __init__(self, work: "Work", consumer: Consumer, found: Sorted, goods: Sequence[Good]) -> None:
        self.found = found
        self._work, self._consumer, self._goods = work, consumer, goods

    @property
    def is_simple(self) -> bool:
        """Whether nothing follows from what it folds but states, and what others hear of them, or are refused."""
        consumer, found = self._consumer, self.found
        stores = {part.store for part in found.parts}
        return not (found.newer or consumer.is_asked) and all(consumer.stores[store].is_simple for store in stores)

    async def begin(self, connection: Connection, first: Asked[T]) -> T:
        """Journal the batch, and look; returns what was asked `first`.

        UniqueViolationError tells that something of it came before.
        """
        return await self.look(connection, first, *self.noting())

    async def look(self, connection: Connection, first: Asked[T], *others: Asked[Any]) -> T:
        """Find what holds the batch and the states of its subjects; returns what was asked `first`, together with the others.

        Raises Otherwise where a dead letter was closed meanwhile.
        """
        consumer, found = self._consumer, self.found
        is_apart = len(found.parts) > FEW_ROWS
        stores: dict[str, Counter[Subject]] = defaultdict(Counter)
        for part in found.parts:  # the question sees what is journalled before it, and not what is along with it
            stores[part.store][part.subject] += is_apart and bool(others)
        asked: list[Asked[Any]] = [first, holding(consumer, self._goods, found), *others]
        if found.bad:
            asked.append(burying(consumer, found))
        loaded = {store: hearing(consumer.stores[store], stores[store]) for store in sorted(stores)}
        answers = await ask(connection, *asked, *(() if is_apart else loaded.values()))
        found.holds = answers[1]
        if found.holds.is_stale:
            raise Otherwise
        heard = [await question.alone(connection) for question in loaded.values()] if is_apart else answers[len(asked) :]
        found.heard = dict(zip(loaded, heard, strict=True))
        return answers[0]  # type: ignore[no-any-return] # of what was asked first

    def noting(self) -> list[Asked[None]]:
        """What is to be done to journal the batch, or where no history is kept to note that it came."""
        consumer, noted = self._consumer, []
        if kept := [good for good in self._goods if consumer.remembers(good.lineage)]:
            noted.append(journal.adding(consumer.name, *rows(kept)))
        if passing := {good.event: good.fingerprint for good in self._goods if not consumer.remembers(good.lineage)}:
            noted.append(inbox.adding(passing))
        return noted

    async def finish(self, connection: Connection, records: Sequence[Judged], applied: Applied) -> None:
        """Fold it, and write all that comes of it."""
        await self._work.fold(connection, records, self.found, applied)

    async def saves(self, connection: Connection, records: Sequence[Judged], applied: Applied) -> list[Asked[Any]]:
        """Fold what was looked at alone, and return what writes all that comes of it; raises Otherwise where that is not enough."""
        return await self._work.saves(connection, records, self.found, applied)


def fresh(work: "Work", consumer: Consumer, records: Sequence[Taken]) -> Fresh | None:
    """The batch, if no event comes twice in it, none corrects another, and none is the engine's own: an act, or news of a wait."""
    judged = [record for record in records if not isinstance(record, Repeated | Ready)]
    if not judged or len(judged) < len(records):
        return None
    found = Sorted()
    batch, again = gather(found, judged)
    for order, good in batch.values():
        take(found, consumer, good, order)
    if again or found.control or found.corrections:
        return None
    return Fresh(work, consumer, found, [good for _, good in batch.values()])
