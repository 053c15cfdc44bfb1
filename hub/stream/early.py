"""Fold what tells all of its subject as soon as it is read: its body is at hand then, and gone before the next one is read."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.contract import Lineage
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject
from hub.stream import mixed
from hub.stream.consumer import Consumer, Fold
from hub.stream.failures import Meaning, meaning
from hub.stream.plain import plain_of, row_of
from hub.stream.record import Good, Raw, Reader, Ready, Taken

_NO_BASE = BaseData()


class Early:
    """Judges the records of one partition, and keeps of those whose rule never looks at a state no more than the row that it makes.

    Five hundred bodies are more than a core has at hand: to read all of them first and to fold them then is to fetch each twice.
    """

    def __init__(self, reader: Reader) -> None:
        self._judge, self._folds = reader.judge, _folds_of(reader.consumer)

    def judge(self, raws: Sequence[Raw]) -> list[Taken]:
        """What is in each record. The first few stay whole, as a batch with no more than these goes another way; so does what is said of
        somebody spoken of twice.
        """
        judge, folds, few = self._judge, self._folds, mixed.MANY
        if not folds or len(raws) <= few:
            return [judge(raw) for raw in raws]
        judged: list[Taken] = []
        met: dict[Subject, int] = {}
        for raw in raws:
            record: Taken = judge(raw)
            if isinstance(record, Good) and (declared := folds.get(record.lineage)) is not None:
                ((_, subject),) = record.parts
                first = met.setdefault(subject, len(judged))
                if first < len(judged):
                    if isinstance(judged[first], Ready):
                        judged[first] = judge(judged[first].raw)
                elif len(met) > few and record.lineage in declared.afresh:
                    record = _ready(declared, subject, record)
            judged.append(record)
        return judged


def _ready(declared: Fold, subject: Subject, good: Good) -> Good | Ready:
    try:
        row = row_of(declared, _NO_BASE, subject, good)
    except Exception as error:
        if meaning(error) is not Meaning.RECORD:
            raise
        return good
    return good if row is None else Ready(good.raw, good.event, good.fingerprint, declared.store.name, subject, row)


def _folds_of(consumer: Consumer) -> Mapping[Lineage[Any], Fold]:
    """Where what is plain is folded, each into one store alone; none where nothing is told afresh, or base data may tell a rule more."""
    lists = {lineage: consumer.folds[lineage.name] for lineage in plain_of(consumer)}
    folds = {lineage: declared for lineage, (declared, *others) in lists.items() if not others}
    return folds if not consumer.using and any(declared.afresh for declared in folds.values()) else {}
