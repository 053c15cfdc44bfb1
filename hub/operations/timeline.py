"""Tell a subject's story from its journal: every event in its order, what it changed, and what stands against it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json

from contracts.catalogue import lookup
from hub.operations import state_view
from hub.operations.base_plan import as_data
from hub.rules.basedata import BaseData
from hub.rules.decision import Change, Decision, Keep, Reject, Rules, Subject, Wait
from hub.rules.folding import NOTHING, Folded, Told, fold
from hub.rules.masking import mask, mask_reference
from hub.rules.order import in_order
from hub.state import base_editions, timelines
from hub.state.reading import Snapshot
from hub.state.timelines import Broken, Saying, Standing
from hub.stream.consumer import Consumer
from hub.stream.record import speaker


class Happening(NamedTuple):
    """One event as a person reads it: `changed` in words, `marks` what is remarkable, `record` where it lies on Kafka."""

    occurred_at: datetime | None
    type: str
    changed: list[str]
    marks: list[str]
    record: str
    source: str | None
    event_id: str | None
    recorded_at: datetime
    body: Any


async def follow(
    look: Snapshot, keeper: Consumer, store: str, subject: Subject, *, is_masked: bool = True
) -> tuple[Standing | None, list[Happening]]:
    """A subject's state, and its story; its keeper is the consumer that folds that store."""
    standing = await timelines.standing(look, keeper.stores[store].store, subject)
    laid = [edition for kind in keeper.using for edition in await base_editions.editions(look, kind)]
    sayings = await timelines.sayings(look, store, subject)
    return standing, tell(subject, keeper.stores[store].rules, BaseData(as_data(laid)), sayings, is_masked=is_masked)


def tell(subject: Subject, rules: Rules, base: BaseData, sayings: Sequence[Saying], *, is_masked: bool) -> list[Happening]:
    """The story in the subject's own order: the same rules fold it again, so it ends in the stored state."""
    by_key = {(saying.event, saying.part): saying for saying in sayings}
    told = [_told(saying) for saying in sayings]
    late = _late([one for one, saying in zip(told, sayings, strict=True) if saying.corrected_by is None])
    folded: Folded[Any] = NOTHING
    story = []
    for position, one in in_order(told):
        saying = by_key[one.event, one.part]
        before = folded.state
        marks = _marks(saying, one in late)
        if saying.counts:
            folded = fold(subject, rules, base, Folded(before, folded.position, folded.because, ()), [(position, one)])
            changed = _words(before, folded.verdicts[0][1], is_masked=is_masked)
        else:
            changed = ["does not count"]
        body = from_json(saying.body)
        story.append(
            Happening(
                saying.occurred_at,
                one.lineage.name,
                changed,
                marks,
                f"{saying.topic}@{saying.partition}:{saying.offset}",
                saying.source,
                saying.event_id,
                saying.recorded_at,
                mask(saying.type, body) if is_masked else body,
            )
        )
    return story


def apart(records: Sequence[Broken]) -> list[Happening]:
    """Records of the subject's key that never came as far as the journal."""
    return [
        Happening(
            None,
            record.type.removeprefix("hub."),
            ["does not count"],
            ["waits for a newer hub" if record.reason == "newer_version" else _dead(record.reason, record.faults)],
            f"{record.topic}@{record.partition}:{record.offset}",
            record.source,
            record.event_id,
            record.since,
            None,
        )
        for record in records
    ]


def _told(saying: Saying) -> Told:
    lineage, version = lookup(saying.type)
    body = lineage.decode(version, saying.body)
    return Told(saying.event, saying.part, lineage, body, saying.source, saying.event_id, saying.is_historical, speaker(saying.topic))


def _late(told: Sequence[Told]) -> list[Told]:
    """Those that arrived after one that they come before; what was corrected counts for neither."""
    places = {(one.event, one.part): place for place, (_, one) in enumerate(in_order(told))}
    furthest, late = -1, []
    for one in told:
        place = places[one.event, one.part]
        if place < furthest:
            late.append(one)
        furthest = max(furthest, place)
    return late


def _words(before: object, verdict: Decision[Any], *, is_masked: bool) -> list[str]:
    match verdict:
        case Change(after):
            return state_view.changes(before, after, is_masked=is_masked) or ["changes nothing"]
        case Keep(reason):
            return [f"changes nothing: {reason}"]
        case Wait(kind, ref):
            return [f"waits for {kind} {mask_reference(ref) if is_masked else ref}"]
        case Reject(path, expected):
            return [f"refused: {path}: expected {expected}"]


def _marks(saying: Saying, is_late: bool) -> list[str]:
    marks = []
    if is_late:
        marks.append("late")
    if saying.is_historical:
        marks.append("history")
    if saying.corrects is not None:
        marks.append(f"corrects {mask_reference(saying.corrects)}")
    if saying.corrected_by is not None:
        marks.append(f"corrected by {mask_reference(saying.corrected_by)}")
    marks += [f"its correction {mask_reference(name)} {why}" for name, why in saying.in_vain]
    if saying.dead_state is not None:
        marks.append(saying.dead_state if saying.dead_state == "redriven" else _dead(saying.dead_reason, saying.faults))
    if saying.dead_state == "discarded":
        marks.append("discarded")
    if saying.hold == "news":
        until = f" until {state_view.text(saying.until)}" if saying.until else ""
        marks.append(f"waits for {saying.awaited_kind}{until}")
    elif saying.hold == "operator":
        marks.append("held: an earlier record of its key is a dead letter")
    return marks


def _dead(reason: str | None, faults: Sequence[tuple[str, str]]) -> str:
    told = "; ".join(f"{mask_reference(path) if path else 'body'}: expected {expected}" for path, expected in faults)
    return f"rejected ({reason})" + (f": {told}" if told else "")
