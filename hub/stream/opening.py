"""A batch that is taken for new: it is journalled, and all is asked that is to be known before it is folded, in one round trip."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

from hub.rules.decision import Subject
from hub.state import inbox, journal
from hub.state.store import Connection
from hub.state.together import Asked, ask
from hub.stream.consumer import Consumer
from hub.stream.record import Good, Repeated, Taken
from hub.stream.sorting import Sorted, burying, gather, holding, rows, take
from hub.stream.subjects import hearing

T = TypeVar("T")


class Fresh:
    """A batch, sorted as if nothing of it had come before."""

    def __init__(self, consumer: Consumer, found: Sorted, goods: Sequence[Good]) -> None:
        self.found = found
        self._consumer, self._goods = consumer, goods

    async def begin(self, connection: Connection, first: Asked[T]) -> T:
        """Journal the batch, and find what holds it and the states of its subjects; returns what was asked `first`.

        UniqueViolationError tells that something of it came before.
        """
        consumer, found, goods = self._consumer, self.found, self._goods
        stores: dict[str, dict[Subject, int]] = defaultdict(dict)
        for part in found.parts:
            stores[part.store][part.subject] = 0  # the question does not see what is journalled along with it
        asked: list[Asked[Any]] = [first, holding(consumer, goods, found)]
        if kept := [good for good in goods if consumer.remembers(good.lineage)]:
            asked.append(journal.adding(consumer.name, *rows(kept)))
        if passing := {good.event: good.fingerprint for good in goods if not consumer.remembers(good.lineage)}:
            asked.append(inbox.adding(passing))
        if found.bad:
            asked.append(burying(consumer, found))
        loaded = [(store, hearing(consumer.stores[store], stores[store])) for store in sorted(stores)]
        answers = await ask(connection, *asked, *(question for _, question in loaded))
        found.holds = answers[1]
        found.heard = dict(zip((store for store, _ in loaded), answers[len(asked) :], strict=True))
        return answers[0]  # type: ignore[no-any-return] # of what was asked first


def fresh(consumer: Consumer, records: Sequence[Taken]) -> Fresh | None:
    """The batch, if no event comes twice in it, and each is one to be folded that corrects nothing."""
    judged = [record for record in records if not isinstance(record, Repeated)]
    if not judged or len(judged) < len(records):
        return None
    found = Sorted()
    batch, again = gather(found, judged)
    for order, good in batch.values():
        take(found, consumer, good, order)
    if again or found.control or found.corrections:
        return None
    return Fresh(consumer, found, [good for _, good in batch.values()])
