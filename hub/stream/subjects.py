"""Fold all subjects that a batch touches: load, fold in order, save what changed, say what others may hear."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.catalogue import lookup
from hub.rules.basedata import BaseData
from hub.rules.decision import Reject, Subject, Wait
from hub.rules.folding import NOTHING, Folded, Told, fold
from hub.rules.order import Position, follows, in_order
from hub.state import journal
from hub.state.journal import Past
from hub.state.outbox import Said
from hub.state.store import Connection, Kept
from hub.stream import slips
from hub.stream.consumer import Fold
from hub.stream.failures import Conflict

Key = tuple[UUID, int]


@dataclass(slots=True)
class Touched:
    """One subject that a batch touches: its new events in order of arrival, and whether all must be folded again."""

    new: list[Told] = field(default_factory=list)
    again: bool = False


@dataclass(slots=True)
class StoreFold:
    """What folding one store's touched subjects came to, before anything is saved."""

    fold: Fold
    kept: dict[Subject, Kept[Any]]
    folded: dict[Subject, Folded[Any]]
    pasts: dict[Key, Past]

    def rejections(self) -> Iterable[tuple[Subject, Told, Reject]]:
        """Every event that a rule refused."""
        for subject, folded in self.folded.items():
            for told, verdict in folded.verdicts:
                if isinstance(verdict, Reject):
                    yield subject, told, verdict

    def waits(self) -> Iterable[tuple[Subject, Told, Wait]]:
        """Every event that waits."""
        for subject, folded in self.folded.items():
            for told, verdict in folded.verdicts:
                if isinstance(verdict, Wait):
                    yield subject, told, verdict


async def fold_store(
    connection: Connection, declared: Fold, base: BaseData, touched: Mapping[Subject, Touched], without: set[Key]
) -> StoreFold:
    """Fold one store's subjects: on from the stored state where all new events follow it, else again from the journal.

    `without` are parts that do not count: held, refused or dead in this very batch.
    """
    kept = await declared.store.load(connection, list(touched))
    again = [subject for subject, touch in touched.items() if touch.again]
    folded: dict[Subject, Folded[Any]] = {}
    for subject, touch in touched.items():
        if touch.again:
            continue
        state = kept.get(subject)
        start = Folded(state.state, state.position, state.because, ()) if state else NOTHING
        new = [told for told in touch.new if (told.event, told.part) not in without]
        ordered = _onward(start.position, new)
        if ordered is None:
            again.append(subject)
        else:
            folded[subject] = fold(subject, declared.rules, base, start, ordered)
    pasts: dict[Key, Past] = {}
    if again:
        events: dict[Subject, list[Told]] = {subject: [] for subject in again}
        for past in await journal.history(connection, declared.store.name, again):
            if (past.event, past.part) not in without:
                pasts[past.event, past.part] = past
                events[past.subject].append(_told(past))
        for subject, all_of_it in events.items():
            folded[subject] = fold(subject, declared.rules, base, NOTHING, in_order(all_of_it))
    return StoreFold(declared, kept, folded, pasts)


def _onward(position: Position | None, new: Sequence[Told]) -> list[tuple[Position, Told]] | None:
    """The new events with the positions after them; None where one of them is late news."""
    if position is None:
        return in_order(new)
    if len(new) > 1:
        new = [told for _, told in in_order(new)]
    onward: list[tuple[Position, Told]] = []
    for told in new:
        after = follows(position, told)
        if after is None:
            return None
        position = after
        onward.append((after, told))
    return onward


def _told(past: Past) -> Told:
    lineage, version = lookup(past.type)
    return Told(past.event, past.part, lineage, lineage.decode(version, past.body), past.source, past.event_id, past.is_historical)


async def save(connection: Connection, result: StoreFold) -> dict[Subject, int]:
    """Save what moved on; returns the new version of each subject whose state itself changed (0: it is no more)."""
    moved: dict[Subject, Kept[Any]] = {}
    gone: dict[Subject, int] = {}
    changed: dict[Subject, int] = {}
    for subject, folded in result.folded.items():
        old = result.kept.get(subject)
        if folded.state is None or folded.position is None or folded.because is None:
            if old is not None:
                gone[subject] = old.version
                changed[subject] = 0
            continue
        if old is not None and old.state == folded.state and old.position == folded.position:
            continue
        version = old.version + 1 if old else 1
        moved[subject] = Kept(version, folded.position, folded.because, folded.state)
        if old is None or old.state != folded.state:
            changed[subject] = version
    store = result.fold.store
    if (moved and not await store.save(connection, moved)) or (gone and not await store.remove(connection, gone)):
        raise Conflict(store.name)
    return changed


def sayings(consumer: str, result: StoreFold, changed: Mapping[Subject, int], triggers: Mapping[Subject, Sequence[Told]]) -> list[Said]:
    """What others hear of each changed subject: once per batch, because of the last event that is not of the past."""
    if result.fold.tell is None:
        return []
    topic, lineage, tell = result.fold.tell
    heard = []
    for subject, version in changed.items():
        live = [told for told in triggers.get(subject, ()) if not told.is_historical]
        folded, old = result.folded[subject], result.kept.get(subject)
        if not live or folded.state is None:
            continue
        trigger = live[-1]
        body = tell(old.state if old else None, folded.state, subject, trigger.body)
        if body is not None:
            said_id = slips.name(consumer, trigger.event, result.fold.store.name, *subject)
            versioned = body.model_copy(update={"revision": version})
            heard.append(slips.said(topic.name, lineage, versioned, said_id, lineage.ref(body)))
    return heard


def changes(folded: Folded[Any]) -> set[Key]:
    """The events that are in the fold: neither waiting nor refused."""
    return {(told.event, told.part) for told, verdict in folded.verdicts if not isinstance(verdict, Wait | Reject)}
