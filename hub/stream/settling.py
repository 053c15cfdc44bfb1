"""Fold until nothing more is refused: what is refused becomes a dead letter, and holds back what came after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from contracts.contract import Finding
from hub.rules.basedata import BaseData
from hub.rules.decision import Facts, Reject, Subject, Wait
from hub.rules.folding import Told
from hub.state import journal, meeting
from hub.state.dead_letters import DeadLetter
from hub.state.store import Connection
from hub.stream import slips
from hub.stream.consumer import Consumer
from hub.stream.record import Bad, Part, event_name
from hub.stream.sorting import Sorted, place
from hub.stream.subjects import Row, StoreFold, fold_store
from hub.stream.touching import Touch, Touched

_BEFORE = -1
"""The place of arrival of what came with an earlier batch."""


@dataclass(slots=True)
class Settled:
    """A batch, folded: what of it is held, what is dead; `letters` in their order of arrival."""

    folds: list[StoreFold]
    held: list[Part]
    dead: list[Part]
    letters: list[DeadLetter]


class _Refusal(NamedTuple):
    """A journalled part that cannot be folded; `part` where it came with this batch."""

    order: int
    part: Part | None
    letter: DeadLetter
    told: Told


class _Dead:
    """The earliest dead letter of each key in this batch, beside those that the keys had before."""

    def __init__(self, consumer: Consumer, found: Sorted) -> None:
        self._consumer, self._keys, self._is_redriven = consumer, found.holds.keys, found.is_redriven
        self._first: dict[tuple[str, str], int] = {}
        for order, bad in found.bad:
            if bad.key is not None:
                self.note((bad.principal, bad.key), order)

    def note(self, key: tuple[str, str], order: int) -> None:
        self._first[key] = min(order, self._first.get(key, order))

    def holds(self, part: Part) -> bool:
        """Whether its key waits for an operator; what presses and a snapshot that is counted need not, nor may what no journal keeps."""
        good = part.good
        if (
            (good.lineage.snapshot and good.body.revision is not None)
            or good.lineage.pressing
            or not self._consumer.stores[part.store].history
        ):
            return False
        key = good.principal, good.key
        first = self._keys.get(key)
        if first is not None and (not self._is_redriven or first < place(good)):
            return True
        return self._first.get(key, part.order) < part.order

    def __bool__(self) -> bool:
        return bool(self._keys or self._first)


async def settle(connection: Connection, consumer: Consumer, base: BaseData, found: Sorted, touched: Touched) -> Settled:
    """Fold every touched subject, without what is held and, in another round, without what the rules refused."""
    dead = _Dead(consumer, found)
    letters = [(order, slips.dead(consumer.name, bad)) for order, bad in found.bad]
    refused: dict[Row, Part | None] = {}
    for early, fault in _refused_before_corrected(consumer, base, found):
        if not dead.holds(early):
            letters.append((early.order, slips.refused(consumer.name, early, "rejected", fault)))
            refused[early.told.row] = early
            dead.note((early.good.principal, early.good.key), early.order)
    while True:
        held = [part for part in found.parts if dead.holds(part) and part.told.row not in refused] if dead else []
        without = {part.told.row for part in held} | refused.keys()
        folds = [
            await fold_store(connection, consumer.name, consumer.stores[store], base, subjects, without, found.heard.get(store))
            for store, subjects in touched.subjects.items()
        ]
        refusals = sorted(_refusals(consumer.name, folds, found, touched), key=lambda refusal: refusal.order)
        if not refusals:
            letters.sort(key=lambda letter: letter[0])
            return Settled(folds, held, [part for part in refused.values() if part], _each_once(letter for _, letter in letters))
        for order, part, letter, told in refusals:
            if part is None or not dead.holds(part):
                letters.append((order, letter))
                refused[told.row] = part
                dead.note((told.speaker, told.lineage.ref(told.body)), order)
                if told.body.corrects is not None:
                    await _bring_back(connection, consumer.name, touched, told)
                    found.heard = {}  # nobody has asked about whom that concerns


def _each_once(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """A record that no journal keeps has one letter, whichever of its parts are refused."""
    found: dict[UUID, DeadLetter] = {}
    for letter in letters:
        first = found.setdefault(letter.id, letter)
        if first is not letter:
            found[letter.id] = first._replace(faults=[*first.faults, *(fault for fault in letter.faults if fault not in first.faults)])
    return list(found.values())


def _refused_before_corrected(consumer: Consumer, base: BaseData, found: Sorted) -> list[tuple[Part, Finding]]:
    """What a rule refuses although this batch corrects it: the correction came later, and where batches end must not matter.

    A rule refuses for what event and base data say by themselves, so it may be asked without a state.
    """
    corrected = {correction.target: correction.order for correction in found.corrections}
    refused: list[tuple[Part, Finding]] = []
    for part in found.parts if corrected else ():
        told = part.told
        if part.order < corrected.get(told.event, part.order) and told.event not in found.holds.corrected:
            verdict = consumer.stores[part.store].rules[told.lineage](None, told.body, Facts(part.subject, base, told.is_historical))
            if isinstance(verdict, Reject):
                refused.append((part, Finding(*verdict)))
    return refused


def _refusals(consumer: str, folds: Iterable[StoreFold], found: Sorted, touched: Touched) -> list[_Refusal]:
    """What the rules refused, and what waited too long."""
    refusals: list[_Refusal] = []
    parts: dict[Row, Part] | None = None
    for result in folds:
        for subject, told, verdict in result.unsettled:
            reason = _reason(result, touched, subject, told, verdict)
            if reason is None:
                continue
            if parts is None:
                parts = {part.told.row: part for part in found.parts}
            part = parts.get(told.row)
            if part is not None and not result.declared.history:
                good = part.good
                letter = slips.dead(consumer, Bad(good.raw, good.principal, good.key, reason[0], reason[1:], good.envelope))
            elif part is not None:
                letter = slips.refused(consumer, part, *reason)
            else:
                letter = slips.refused_late(consumer, result.pasts[told.row], told, result.store, *reason)
            refusals.append(_Refusal(part.order if part else _BEFORE, part, letter, told))
    return refusals


def _reason(result: StoreFold, touched: Touched, subject: Subject, told: Told, verdict: object) -> tuple[str, Finding] | None:
    if isinstance(verdict, Reject):
        return "rejected", Finding(*verdict)
    if isinstance(verdict, Wait) and told.row in touched.given_up:
        return "wait_expired", Finding(verdict.kind, f"{verdict.ref} to become known before an operator ended the wait")
    if isinstance(verdict, Wait) and touched.ended:
        end, until = touched.ended.get((result.store, subject, verdict)), result.waited.get(told.row)
        if end is not None and until is not None and until <= end:
            return "wait_expired", Finding(verdict.kind, f"{verdict.ref} to become known in time")
    return None


async def _bring_back(connection: Connection, consumer: str, touched: Touched, told: Told) -> None:
    """What a refused correction meant to take out counts again."""
    target: UUID = event_name(consumer, told.speaker, told.source, told.body.corrects or "")
    await meeting.coming_back(connection, consumer, [target])
    for _, store, concerned in await journal.subjects_of(connection, [target]):
        again: Touch = touched.subjects[store][concerned]
        again.again = True
