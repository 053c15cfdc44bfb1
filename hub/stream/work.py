"""The work of one batch inside its transaction: journal, fold, save, and a slip for every record that could not be folded."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from contracts import topics
from contracts.contract import Finding
from contracts.timers import WAIT_ANSWERED, WaitAnswered, WaitExpired
from hub.rules.decision import Reject, Subject, Wait
from hub.rules.folding import Told
from hub.state import dead_letters, journal, outbox, waiting
from hub.state.base import BaseDataCache
from hub.state.outbox import Said
from hub.state.store import Connection
from hub.stream import slips
from hub.stream.consumer import Consumer
from hub.stream.failures import Conflict
from hub.stream.outcome import Applied, Outcome
from hub.stream.record import Judged
from hub.stream.sorting import Part, Sorted, place, sort
from hub.stream.subjects import Key, StoreFold, Touched, changes, fold_store, save, sayings


class Work:
    """Works off the records of one consumer, on one connection."""

    def __init__(self, consumer: Consumer, base: BaseDataCache, wait: timedelta) -> None:
        self._consumer, self._base, self._wait = consumer, base, wait

    async def do(self, connection: Connection, records: Sequence[Judged], applied: Applied) -> None:
        """Fold the records, which are in the order of their partitions, and note what became of each."""
        name = self._consumer.name
        found = await sort(connection, self._consumer, records)
        letters = [(order, slips.dead(name, bad)) for order, bad in found.bad]
        for _, bad in found.bad:
            found.outcomes[place(bad)] = Outcome.DEAD
        first_dead: dict[tuple[str, str], int] = {}
        for order, bad in found.bad:
            if bad.key is not None:
                first_dead.setdefault((bad.principal, bad.key), order)
        folds, held = await self._fold(connection, found, first_dead, letters)
        said: list[Said] = []
        await self._write_slips(connection, found, folds, held, [letter for _, letter in sorted(letters, key=lambda pair: pair[0])], said, applied)
        for result, triggers in folds:
            changed = await save(connection, result)
            said.extend(sayings(name, result, changed, triggers))
            if result.fold.answers is not None and changed:
                said.extend(await self._answer(connection, result, changed))
        if said:
            await outbox.insert(connection, name, said)
        applied.emitted += len(said)
        applied.outcomes.update(found.outcomes)

    async def _fold(
        self, connection: Connection, found: Sorted, first_dead: dict[tuple[str, str], int], letters: list[tuple[int, dead_letters.DeadLetter]]
    ) -> tuple[list[tuple[StoreFold, dict[Subject, list[Told]]]], list[Part]]:
        """Fold until no rule refuses anything: what is refused holds back what came after it under its key."""
        touched = await self._touch(connection, found)
        base = await self._base.refresh(connection)
        by_key: dict[Key, Part] = {(part.told.event, part.told.part): part for part in found.parts}
        while True:
            has_dead = bool(first_dead or found.holds.keys)
            held = [part for part in found.parts if _is_held(part, found, first_dead)] if has_dead else []
            without = {(part.told.event, part.told.part) for part in held} | self._refused(letters)
            results = [
                await fold_store(connection, self._consumer.stores[store], base, subjects, without) for store, subjects in touched.items()
            ]
            refused = [
                (part.order, part, verdict)
                for result in results
                for _, told, verdict in result.rejections()
                if (part := by_key.get((told.event, told.part))) is not None
            ]
            if not refused:
                break
            for order, part, verdict in refused:
                letters.append((order, slips.rejected(self._consumer.name, part.good, part.told, part.store, Finding(*verdict))))
                key = part.good.principal, part.good.key
                first_dead[key] = min(order, first_dead.get(key, order))
                found.outcomes[place(part.good)] = Outcome.DEAD
        triggers = [self._triggers(result, touched[result.fold.store.name]) for result in results]
        return list(zip(results, triggers, strict=True)), held

    @staticmethod
    def _refused(letters: Sequence[tuple[int, dead_letters.DeadLetter]]) -> set[Key]:
        return {(letter.event, letter.part) for _, letter in letters if letter.event is not None}

    async def _touch(self, connection: Connection, found: Sorted) -> dict[str, dict[Subject, Touched]]:
        touched: dict[str, dict[Subject, Touched]] = defaultdict(lambda: defaultdict(Touched))
        for part in found.parts:
            touch = touched[part.store][part.subject]
            if part.told.event in found.holds.corrected:
                touch.again = True
            touch.new.append(part.told)
            if (part.store, part.subject) in found.holds.subjects:
                touch.again = True
        if found.corrections:
            await journal.correct(connection, found.corrections)
            for store, subject in await journal.subjects_of(connection, [target for target, _ in found.corrections]):
                if store:
                    touched[store][subject].again = True
        for good in found.control:
            body = good.body
            if isinstance(body, WaitAnswered | WaitExpired) and body.consumer == self._consumer.name and body.store in self._consumer.stores:
                touched[body.store][Subject(body.principal, body.subject)].again = True
        return touched

    @staticmethod
    def _triggers(result: StoreFold, touched: dict[Subject, Touched]) -> dict[Subject, list[Told]]:
        """Because of what a subject changed: its new events, or those that waited and now count."""
        triggers: dict[Subject, list[Told]] = {}
        for subject, folded in result.folded.items():
            new = {(told.event, told.part) for told in touched[subject].new}
            counted = changes(folded)
            fresh = [told for told, _ in folded.verdicts if (told.event, told.part) in new & counted]
            triggers[subject] = fresh or [told for told, _ in folded.verdicts if (told.event, told.part) in counted][-1:]
        return triggers

    async def _write_slips(  # noqa: PLR0913 - all that a batch found
        self,
        connection: Connection,
        found: Sorted,
        folds: Sequence[tuple[StoreFold, dict[Subject, list[Told]]]],
        held: Sequence[Part],
        letters: list[dead_letters.DeadLetter],
        said: list[Said],
        applied: Applied,
    ) -> None:
        name = self._consumer.name
        waiters = [slips.newer(name, record) for record in found.newer]
        waiters += [slips.held(name, part.good, part.told.part, part.store, part.subject.ref) for part in held]
        for part in held:
            found.outcomes[place(part.good)] = Outcome.HELD
        released: list[Key] = [key for target, _ in found.corrections for key in ((target, part) for part in range(len(self._consumer.stores)))]
        awaited: set[tuple[str, str]] = set()
        expired = {
            (good.body.store, good.body.principal, good.body.subject, good.body.kind, good.body.ref)
            for good in found.control
            if isinstance(good.body, WaitExpired) and good.body.consumer == name
        }
        by_key = {(part.told.event, part.told.part): part for part in found.parts}
        until = datetime.now(UTC) + self._wait
        for result, _ in folds:
            store = result.fold.store.name
            for folded in result.folded.values():
                if any((told.event, told.part) in result.pasts for told, _ in folded.verdicts):
                    released += changes(folded)
            for subject, told, wait in result.waits():
                part, past = by_key.get((told.event, told.part)), result.pasts.get((told.event, told.part))
                past = past or _past(part)
                if (store, *subject, wait.kind, wait.ref) in expired:
                    letters.append(slips.expired(name, past, store, "wait_expired", Finding(wait.kind, f"{wait.ref} to become known in time")))
                    released.append((told.event, told.part))
                    continue
                if (wait.kind, wait.ref) != (told.lineage.kind, subject.ref):
                    awaited.add((wait.kind, wait.ref))
                waiters.append(slips.waiter(name, told, past, store, (wait.kind, wait.ref), until))
                if part is not None:
                    found.outcomes[place(part.good)] = Outcome.WAITING
            for _, told, reject in result.rejections():
                past_row = result.pasts.get((told.event, told.part))
                if past_row is not None and (told.event, told.part) not in by_key:
                    letters.append(slips.expired(name, past_row, store, "rejected", Finding(*reject)))
        if awaited:
            await waiting.expect(connection, list(awaited))
            if await self._base.has_changed(connection):
                raise Conflict("base data")
        if released:
            await waiting.release(connection, released)
        if waiters:
            await waiting.insert(connection, waiters)
        if letters:
            fresh = await dead_letters.insert(connection, letters)
            said += [answer for letter in letters if letter.id in fresh and (answer := slips.rejection(letter)) is not None]
            applied.reasons.update(letter.reason for letter in letters if letter.id in fresh)
        for part in found.parts:
            found.outcomes.setdefault(place(part.good), Outcome.HANDLED)

    async def _answer(self, connection: Connection, result: StoreFold, changed: dict[Subject, int]) -> list[Said]:
        """Tell everybody who waits for what has come."""
        answers = result.fold.answers
        assert answers is not None  # noqa: S101 - asked by the caller
        states = {subject: result.folded[subject] for subject in changed if result.folded[subject].state is not None}
        news = {answers(folded.state, subject): folded for subject, folded in states.items()}
        if not news:
            return []
        said = []
        for asked in await waiting.came(connection, list(news)):
            folded = news[asked.kind, asked.awaited_ref]
            assert folded.position is not None  # noqa: S101 - it has a state
            body = WaitAnswered(
                occurred_at=folded.position.at,
                consumer=asked.consumer,
                principal=asked.principal,
                store=asked.store,
                subject=asked.ref,
                kind=asked.kind,
                ref=asked.awaited_ref,
            )
            said.append(slips.said(topics.TIMERS.name, WAIT_ANSWERED, body, slips.name("answered", folded.because, *asked), asked.ref))
        return said


def _is_held(part: Part, found: Sorted, first_dead: dict[tuple[str, str], int]) -> bool:
    """Whether its key waits for an operator; a full snapshot that its source counts need not."""
    if part.good.lineage.snapshot and part.good.body.revision is not None:
        return False
    key = part.good.principal, part.good.key
    return key in found.holds.keys or first_dead.get(key, part.order) < part.order


def _past(part: Part | None) -> journal.Past:
    """A part of this batch as the journal has it."""
    assert part is not None  # noqa: S101 - what is not in the journal's answer is in the batch
    good, raw = part.good, part.good.raw
    return journal.Past(
        part.subject,
        good.event,
        part.told.part,
        good.envelope.type,
        good.data,
        good.envelope.source,
        good.envelope.id,
        good.envelope.is_historical,
        raw.topic,
        raw.partition,
        raw.offset,
    )
