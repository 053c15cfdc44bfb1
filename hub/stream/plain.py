"""Work off what a batch says to stores without history in one pass, where nothing of it is out of the ordinary."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from contracts.contract import Lineage
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Facts, Keep, Subject
from hub.rules.order import Position, beyond
from hub.state import inbox
from hub.state.base import BaseDataCache
from hub.state.store import Connection, Heard, Kept
from hub.state.together import FEW_ROWS, Asked, ask
from hub.stream.consumer import Consumer, Fold
from hub.stream.failures import Otherwise
from hub.stream.outcome import Applied, Outcome
from hub.stream.record import Good, Ready, Taken
from hub.stream.sorting import place
from hub.stream.subjects import write

News = Mapping[Subject, Sequence[Good]]
"""What a batch says of each subject, in the order of arrival."""
Rows = dict[Subject, tuple[Any, ...]]
"""What becomes of those of whom one event tells all."""

T = TypeVar("T")


class Passing:
    """The events of a consumer that concern stores without history alone, and of which nobody is told, asked or reminded.

    They cannot wait, be held or be corrected, so nobody looks for what holds them, and a subject costs little more than its row.
    """

    def __init__(self, consumer: Consumer, base: BaseDataCache) -> None:
        self._stores, self._base = consumer.stores, base
        self._lineages = plain_of(consumer)

    def part(self, records: Sequence[Taken]) -> tuple[Sequence[Good | Ready], Sequence[Taken]]:
        """The records that are such events, and the others."""
        lineages = self._lineages
        if not lineages:
            return (), records
        goods: list[Good | Ready] = []
        others: list[Taken] = []
        for record in records:
            if isinstance(record, Ready) or (isinstance(record, Good) and record.lineage in lineages):
                goods.append(record)
            else:
                others.append(record)
        return goods, others

    def gather(self, goods: Sequence[Good | Ready]) -> "Plain | None":
        """A batch of such events, if each comes once, and of whom a row is ready nothing else is said."""
        marks: dict[UUID, int] = {}
        said: dict[str, dict[Subject, list[Good]]] = {}
        ready: dict[str, Rows] = defaultdict(dict)
        count = 0
        for good in goods:
            marks[good.event] = good.fingerprint
            if isinstance(good, Ready):
                ready[good.store][good.subject] = good.row
                count += 1
                continue
            for store, subject in good.parts:
                news = said.get(store)
                if news is None:
                    news = said[store] = {}
                if subject in news:
                    news[subject].append(good)
                else:
                    news[subject] = [good]
        if not goods or len(marks) < len(goods) or sum(map(len, ready.values())) < count:
            return None
        if any(not rows.keys().isdisjoint(said.get(store, ())) for store, rows in ready.items()):
            return None
        stores = sorted(said.keys() | ready.keys())
        return Plain(self._base, marks, [(self._stores[store], ready.get(store, {}), said.get(store, {})) for store in stores])


def plain_of(consumer: Consumer) -> frozenset[Lineage[Any]]:
    """What is folded into nothing but stores into which all is plain: of a subject there the other events of a batch say nothing."""
    stores = {name for name, fold in consumer.stores.items() if fold.is_plain}
    while True:
        heard = {lineage for name in stores for lineage in consumer.stores[name].rules}
        into = {lineage: {fold.store.name for fold in consumer.folds[lineage.name]} for lineage in heard}
        mixed = {name for name in stores if not all(into[lineage] <= stores for lineage in consumer.stores[name].rules)}
        if not mixed:
            return frozenset(heard)
        stores -= mixed


class Plain:
    """A batch of such events that is taken for new: their fingerprints, and by store what rows are ready, and what is said of whom."""

    is_simple = True

    def __init__(self, base: BaseDataCache, marks: Mapping[UUID, int], said: Sequence[tuple[Fold, Rows, News]]) -> None:
        self._base, self._marks = base, marks
        self._said = [(declared, rows, *_told_afresh(declared, news)) for declared, rows, news in said]
        self._version: str | None = None
        self._loaded: Sequence[Heard[Any]] = ()

    async def begin(self, connection: Connection, first: Asked[T]) -> T:
        """Note that they came, and look; returns what was asked `first`.

        UniqueViolationError tells that something of it came before.
        """
        return await self.look(connection, first, *self.noting())

    async def look(self, connection: Connection, first: Asked[T], *others: Asked[Any]) -> T:
        """Find the states of their subjects, unless told afresh; returns what was asked `first`, together with the others."""
        questions = [declared.store.loading(news) for declared, _, _, news in self._said if news]
        is_apart = sum(len(news) for *_, news in self._said) > FEW_ROWS
        answers = await ask(connection, first, self._base.asking(), *others, *(() if is_apart else questions))
        self._version = answers[1]
        self._loaded = [await question.alone(connection) for question in questions] if is_apart else answers[2 + len(others) :]
        return answers[0]  # type: ignore[no-any-return] # of what was asked first

    def noting(self) -> list[Asked[None]]:
        """What is to be done to note that they came."""
        return [inbox.adding(self._marks)]

    async def finish(self, connection: Connection, records: Sequence[Taken], applied: Applied) -> None:
        """Fold them, save what moved on, and note what became of each record; raises Otherwise where a rule refuses one of them."""
        if saves := await self.saves(connection, records, applied):
            await write(connection, saves)

    async def saves(self, connection: Connection, records: Sequence[Taken], applied: Applied) -> list[Asked[Any]]:
        """Fold them, note what became of each record, and return what saves what moved on."""
        base, loaded = await self._base.refresh(connection, self._version), iter(self._loaded)
        saves: list[Asked[Any]] = []
        for declared, ready, afresh, news in self._said:
            rows = ready | _make(declared, base, afresh)
            if rows:
                saves.append(declared.store.overwriting(rows))
            if news:
                states, _ = next(loaded)
                saves += declared.store.saving(_fold(declared, base, states, news), states)
        applied.outcomes.update(dict.fromkeys([place(record) for record in records], Outcome.HANDLED))
        return saves


def _told_afresh(declared: Fold, said: News) -> tuple[dict[Subject, Good], News]:
    """Those of whom one event tells all, and the others; whether they are past it their rows tell, so nobody loads them."""
    if not declared.afresh:
        return {}, said
    afresh = {subject: goods[0] for subject, goods in said.items() if len(goods) == 1 and goods[0].lineage in declared.afresh}
    return afresh, {subject: goods for subject, goods in said.items() if subject not in afresh}


def _make(declared: Fold, base: BaseData, said: Mapping[Subject, Good]) -> Rows:
    made: Rows = {}
    for subject, good in said.items():
        row = row_of(declared, base, subject, good)
        if row is None:
            raise Otherwise
        made[subject] = row
    return made


def row_of(declared: Fold, base: BaseData, subject: Subject, good: Good) -> tuple[Any, ...] | None:
    """What an event makes that tells all of its subject; None where its rule refuses it."""
    _, principal, _, envelope, lineage, body, event, _, _, _, at = good
    verdict = declared.rules[lineage](None, body, Facts(subject, base, envelope.is_historical, principal))
    if not isinstance(verdict, Change):
        return None
    position = Position(at, body.revision or 0, f"{envelope.source} {envelope.id}")
    return declared.store.row(subject, Kept(1, position, event, verdict.state))


def _fold(declared: Fold, base: BaseData, loaded: Mapping[Subject, Kept[Any]], said: News) -> dict[Subject, Kept[Any]]:
    """What moves on, as `fold_forward` would have it; raises Otherwise where a rule refuses something, or where a subject is no more."""
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
                raise Otherwise
            position = after
        if position is start:
            continue
        if state is not None and position is not None and because is not None:
            moved[subject] = Kept(version + 1, position, because, state, where)
        elif old is not None:
            raise Otherwise
    return moved
