"""Ask the rules what they would say of an event now, from the journal, without a word of it being kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts.contract import Event, Finding
from hub.rules.basedata import BaseData
from hub.rules.decision import Decision, Facts, Reject, Subject
from hub.rules.folding import Told, fold_all
from hub.rules.masking import mask_path
from hub.state import journal
from hub.state.store import Connection
from hub.stream.consumer import Consumer
from hub.stream.record import Good, event_name
from hub.stream.subjects import Row, as_told

_MOST_FAULTS = 3


class Counting(NamedTuple):
    """A part as it would be folded: into which store, for which subject."""

    store: str
    subject: Subject
    told: Told


def counting(record: Good) -> list[Counting]:
    """A record's parts."""
    envelope = record.envelope
    names = record.lineage, record.body, envelope.source, envelope.id, envelope.is_historical, record.principal
    return [Counting(store, subject, Told(record.event, part, *names)) for part, (store, subject) in enumerate(record.parts)]


def refusal(consumer: Consumer, base: BaseData, parts: Iterable[Counting]) -> Finding | None:
    """What a rule refuses it for: it does so for what event and base data say by themselves, so it may be asked without a state."""
    for store, subject, told in parts:
        facts = Facts(subject, base, told.is_historical)
        verdict = consumer.stores[store].rules[told.lineage](None, told.body, facts)
        if isinstance(verdict, Reject):
            return Finding(*verdict)
    return None


async def verdicts(
    connection: Connection, consumer: Consumer, base: BaseData, counted: Mapping[tuple[str, Subject], Sequence[Told]]
) -> dict[Row, Decision[object]]:
    """What the rules say of every part of these subjects, by (store, subject), if these events counted beside their history."""
    found: dict[Row, Decision[object]] = {}
    bodies: dict[UUID, Event] = {}
    by_store: dict[str, list[Subject]] = defaultdict(list)
    for store, subject in counted:
        by_store[store].append(subject)
    for store, subjects in by_store.items():
        history: dict[Subject, dict[UUID, Told]] = {subject: {} for subject in subjects}
        for past in await journal.history(connection, store, subjects):
            history[past.subject][past.event] = as_told(past, bodies)
        for subject in subjects:
            events = history[subject] | {told.event: told for told in counted[store, subject]}
            replaced = {event_name(consumer.name, t.speaker, t.source, t.body.corrects) for t in counted[store, subject] if t.body.corrects}
            folded = fold_all(subject, consumer.stores[store].rules, base, [t for event, t in events.items() if event not in replaced])
            found |= {told.row: verdict for told, verdict in folded.verdicts}
    return found


def faults(found: Iterable[Sequence[str]]) -> str:
    """Where it is wrong, and what was expected, in a line."""
    return "; ".join(f"{mask_path(path) or '(body)'}: {expected}" for path, expected in list(found)[:_MOST_FAULTS])
