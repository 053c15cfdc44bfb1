"""Work off a batch of stores without history in one pass, where nothing in it is out of the ordinary."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.acts.v1 import ConsumerAct
from contracts.contract import Lineage
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Keep, Subject
from hub.rules.order import Position, beyond
from hub.state import inbox
from hub.state.base import BaseDataCache
from hub.state.store import Connection, Kept
from hub.stream.consumer import Consumer, Fold
from hub.stream.failures import Conflict
from hub.stream.outcome import Applied, Outcome
from hub.stream.record import Good, Judged
from hub.stream.sorting import place

News = Mapping[Subject, Sequence[Good]]
"""What a batch says of each subject, in the order of arrival."""

WARY = 16
"""So many batches after one of which a rule refused something go the usual way: that one was folded twice."""


class Plain:
    """The events of a consumer that concern stores without history alone, and of which nobody is told, asked or reminded.

    They cannot wait, be held or be corrected, so nobody looks for what holds them, and a subject costs little more than its row.
    """

    def __init__(self, consumer: Consumer, base: BaseDataCache) -> None:
        self._stores, self._base, self._wary = consumer.stores, base, 0
        heard = {lineage for fold in consumer.stores.values() for lineage in fold.rules}
        self._lineages = frozenset(lineage for lineage in heard if _is_plain(lineage, consumer.folds[lineage.name]))

    async def work_off(self, connection: Connection, records: Sequence[Judged], applied: Applied) -> bool:
        """Fold records that are taken for new, and note what became of them; False where not all is plain, and nothing is written.

        Raises UniqueViolationError where one came before, and Conflict where another transaction has saved a state since it was loaded.
        """
        if self._wary:
            self._wary -= 1
            return False
        found = self._gather(records)
        if found is None:
            return False
        marks, said = found
        base = await self._base.refresh(connection)
        saves = []
        for name, news in said.items():
            declared = self._stores[name]
            fresh = _afresh(declared, base, news) if declared.afresh else {}
            others = {subject: goods for subject, goods in news.items() if subject not in fresh} if fresh else news
            loaded = await declared.store.load(connection, list(others)) if others else {}
            moved = _fold(declared, base, loaded, others)
            if moved is None:
                self._wary = WARY
                return False
            saves.append((declared.store, fresh, moved, loaded))
        await inbox.insert(connection, marks, are_new=True)
        for store, fresh, moved, loaded in saves:
            if fresh:
                await store.overwrite(connection, fresh)
            if moved and not await store.save(connection, moved, loaded):
                raise Conflict(store.name)
        applied.outcomes.update(dict.fromkeys([place(record) for record in records], Outcome.HANDLED))
        return True

    def _gather(self, records: Sequence[Judged]) -> "tuple[dict[Any, int], dict[str, dict[Subject, list[Good]]]] | None":
        """The fingerprints by event, and by store what is said of whom; None where a record is not plain, or comes twice."""
        lineages = self._lineages
        marks: dict[Any, int] = {}
        said: dict[str, dict[Subject, list[Good]]] = {}
        for record in records:
            if not isinstance(record, Good) or record.lineage not in lineages:
                return None
            marks[record.event] = record.fingerprint
            for store, subject in record.parts:
                news = said.get(store)
                if news is None:
                    news = said[store] = {}
                if subject in news:
                    news[subject].append(record)
                else:
                    news[subject] = [record]
        return (marks, said) if len(marks) == len(records) else None


def _is_plain(lineage: Lineage[Any], folds: Sequence[Fold]) -> bool:
    return not issubclass(lineage.body, ConsumerAct) and not any(
        fold.history or fold.tells or fold.answers or fold.notices or fold.books or fold.timer or fold.concerns for fold in folds
    )


def _afresh(declared: Fold, base: BaseData, said: News) -> dict[Subject, Kept[Any]]:
    """What becomes of those of whom one event tells all; whether they are past it their rows tell, so nobody loads them."""
    rules, afresh = declared.rules, declared.afresh
    fresh: dict[Subject, Kept[Any]] = {}
    for subject, goods in said.items():
        good = goods[0]
        if len(goods) > 1 or good.lineage not in afresh:
            continue
        envelope, body = good.envelope, good.body
        verdict = rules[good.lineage](None, body, Facts(subject, base, envelope.is_historical, good.principal))
        if isinstance(verdict, Change):
            position = Position(good.at, body.revision or 0, f"{envelope.source} {envelope.id}")
            fresh[subject] = Kept(1, position, good.event, verdict.state)
    return fresh


def _fold(declared: Fold, base: BaseData, loaded: Mapping[Subject, Kept[Any]], said: News) -> dict[Subject, Kept[Any]] | None:
    """What moves on, as `fold_forward` would have it; None where a rule refuses something, or where a subject is no more."""
    rules = declared.rules
    moved: dict[Subject, Kept[Any]] = {}
    for subject, goods in said.items():
        old = loaded.get(subject)
        version, position, because, state, where = old or (0, None, None, None, None)
        start = position
        for _, principal, _, envelope, lineage, body, event, _, _, _, at in goods:
            revision, tie = body.revision, f"{envelope.source} {envelope.id}"
            after = Position(at, revision or 0, tie) if position is None else beyond(position, at, revision, tie)
            if after is None:
                continue  # late: the subject is past it
            verdict = rules[lineage](state, body, Facts(subject, base, envelope.is_historical, principal))
            if isinstance(verdict, Change):
                if verdict.state != state:
                    state, because = verdict.state, event
            elif not isinstance(verdict, Keep):
                return None
            position = after
        if position is start:
            continue
        if state is not None and position is not None and because is not None:
            moved[subject] = Kept(version + 1, position, because, state, where)
        elif old is not None:
            return None
    return moved
