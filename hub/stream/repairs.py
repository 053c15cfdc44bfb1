"""Carry out what operators decided of dead letters: fold them again or give them up, then let their keys go on in order."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts import topics
from contracts.acts import DeadLetterDiscarded, DeadLetterRedriven
from contracts.records import RECORD_SETTLED, RecordSettled
from hub.rules.decision import Subject
from hub.state import dead_letters, meeting, outbox
from hub.state.dead_letters import DeadLetter
from hub.state.segments import Said
from hub.stream import slips
from hub.stream.acting import Acting, Effect, identifier, reason
from hub.stream.failures import Meaning, meaning
from hub.stream.letting_go import let_go, waits_for
from hub.stream.mending import AS_IT_CAME, Mend, mended
from hub.stream.outcome import DEAD, DEALT_WITH, Applied, Outcome
from hub.stream.record import Good, Ignored, Judged, Newer
from hub.stream.sorting import place
from hub.stream.touching import Released


class _InVain(Exception):  # noqa: N818 - it only rolls back a savepoint
    """What was mended is refused again: nothing of it stays."""


class _Asked(NamedTuple):
    """An act, and the letter that it took out of the way of its key."""

    act: Good
    letter: DeadLetter

    @property
    def mend(self) -> Mend:
        return _mend(self.act)

    @property
    def part(self) -> Released | None:
        """Its part in the journal, where it is folded again as it is: only a rule had refused it."""
        letter = self.letter
        if letter.event is None or self.mend.body is not None or letter.store is None or letter.whose is None or letter.ref is None:
            return None
        return Released(letter.store, Subject(letter.whose, letter.ref), (letter.event, letter.part))


async def carry_out(acting: Acting, acts: Sequence[Good], applied: Applied) -> list[Effect]:
    """Acts upon dead letters, in their order; a letter that is no longer open was dealt with before, so its act has nothing to do.

    What a letter held back follows in its order of arrival, up to the next open dead letter of the key.
    """
    return [effect for run in _runs(acts) for effect in await _carry_out(acting, run, applied)]


def _runs(acts: Sequence[Good]) -> Iterator[list[Good]]:
    """Acts that are carried out at once: of one kind, one after the other; what is mended stands alone."""
    run: list[Good] = []
    for act in acts:
        if run and (type(act.body) is not type(run[-1].body) or {_mend(act), _mend(run[-1])} != {AS_IT_CAME}):
            yield run
            run = []
        run.append(act)
    if run:
        yield run


def _mend(act: Good) -> Mend:
    body = act.body
    return Mend(body.body, body.type, body.key) if isinstance(body, DeadLetterRedriven) else AS_IT_CAME


async def _carry_out(acting: Acting, run: Sequence[Good], applied: Applied) -> list[Effect]:
    wanted: dict[UUID, Good] = {}
    for act in run:
        assert isinstance(act.body, DeadLetterRedriven | DeadLetterDiscarded)  # noqa: S101 - see `acts`
        letter = identifier(act.body.letter)
        if letter is not None:
            wanted.setdefault(letter, act)
    is_redriven = isinstance(run[0].body, DeadLetterRedriven)
    closed = await dead_letters.close(acting.connection, acting.consumer, list(wanted), "redriven" if is_redriven else "discarded")
    asked = [_Asked(act, closed[letter]) for letter, act in wanted.items() if letter in closed]
    asked.sort(key=lambda each: (each.letter.place, each.letter.part))  # as they came, in whatever order they are asked for
    if not asked:
        return [Effect(act, DEALT_WITH) for act in run]
    effects = await _fold_again(acting, asked, applied) if is_redriven else [Effect(each.act, "given up") for each in asked]
    said = [_settled(each) for each, effect in zip(asked, effects, strict=True) if not effect.is_dead and _has_feed(each.letter)]
    if said:
        await outbox.insert(acting.connection, acting.consumer, said)
    keys = [(each.letter.principal, key) for each in asked for key in (each.letter.key, each.mend.key) if key is not None]
    freed = await let_go(acting, keys, applied)
    told = {
        effect.act.event: effect._replace(behind=freed.pop((each.letter.principal, each.letter.key or ""), 0))
        for each, effect in zip(asked, effects, strict=True)
    }
    return [told.get(act.event, Effect(act, DEALT_WITH)) for act in run]


async def _fold_again(acting: Acting, asked: Sequence[_Asked], applied: Applied) -> list[Effect]:
    """All at once, or by halves where the database refuses something; what it refuses stays dead, and so does what was mended in vain."""
    part = Applied(is_redriven=True)
    try:
        async with acting.connection.transaction():
            effects = await _fold(acting, asked, part)
            _check_mended(asked[0], effects[0])
    except _InVain:
        await dead_letters.reopen(acting.connection, [asked[0].letter.id])
        return effects
    except Exception as error:
        if meaning(error) is not Meaning.RECORD:
            raise
        if len(asked) > 1:
            middle = len(asked) // 2
            return await _fold_again(acting, asked[:middle], applied) + await _fold_again(acting, asked[middle:], applied)
        await dead_letters.reopen(acting.connection, [asked[0].letter.id])
        return [Effect(asked[0].act, f"{DEAD} again: database_refused")]
    applied.take(part)
    return effects


def _check_mended(asked: _Asked, effect: Effect) -> None:
    if asked.mend != AS_IT_CAME and effect.is_dead:
        raise _InVain


async def _fold(acting: Acting, asked: Sequence[_Asked], applied: Applied) -> list[Effect]:
    records = {each.letter.id: acting.reader.judge(mended(each.letter, each.mend)) for each in asked if each.part is None}
    parts = [part for each in asked if (part := each.part) is not None]
    refused = [records[each.letter.id] for each in asked if each.part is None and each.letter.reason == "rejected"]
    await meeting.coming_back(
        acting.connection,
        acting.consumer,
        [part.row[0] for part in parts] + [record.event for record in records.values() if isinstance(record, Good)],
    )
    await acting.work.forget(acting.connection, refused)
    await acting.work.do(acting.connection, list(records.values()), applied, parts)
    events = {each.letter.id: _event(each, records.get(each.letter.id)) for each in asked}
    dead: dict[UUID | None, DeadLetter] = {letter.event or letter.id: letter for letter in applied.buried.values()}
    waits = await waits_for(acting, [event for event in events.values() if event is not None])
    effects = []
    for each in asked:
        event, record = events[each.letter.id], records.get(each.letter.id)
        if each.part is not None:
            again, waited = applied.buried.get(each.letter.id), waits.get(each.part.row)
        else:
            again = dead.get(event) or dead.get(slips.of_place(acting.consumer, each.letter.place))
            waited = next((words for row, words in waits.items() if row[0] == event), None)
        if again is not None:
            now = "" if again.id == each.letter.id else f", dead letter {str(again.id)[:8]} now"
            effects.append(Effect(each.act, f"{DEAD} again{'' if each.mend != AS_IT_CAME else now}: {reason(again)}"))
        else:
            effects.append(Effect(each.act, f"taken; {waited}" if waited else _taken(record, applied)))
    return effects


def _event(asked: _Asked, record: Judged | None) -> UUID | None:
    """Its name in the journal, once it is there."""
    return record.event if isinstance(record, Good) else asked.letter.event if record is None else None


def _taken(record: Judged | None, applied: Applied) -> str:
    match record:
        case Ignored():
            return "taken; it means nothing to this consumer"
        case Newer():
            return "taken; it waits for a newer process"
        case Good() if applied.outcomes.get(place(record)) is Outcome.DUPLICATE:
            return "taken; it had come again meanwhile"
        case _:
            return "taken"


def _has_feed(letter: DeadLetter) -> bool:
    return letter.principal.startswith("dealer:")


def _settled(asked: _Asked) -> Said:
    """The sender hears what became of its record."""
    act, letter = asked
    subject = f"{letter.topic}[{letter.partition}]@{letter.offset}"
    body = RecordSettled(
        occurred_at=act.body.occurred_at,
        subject=subject,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        standing="taken" if isinstance(act.body, DeadLetterRedriven) else "discarded",
        event_id=letter.event_id,
        event_type=letter.type,
    )
    feed = topics.DEALER_FEED.of(letter.principal.partition(":")[2])
    return slips.said(feed, RECORD_SETTLED, body, slips.name("settled", letter.id, act.event), subject)
