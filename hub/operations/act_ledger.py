"""Read the ledger of acts: hub.acts says who did what, when and why; the store says what the consumers made of it."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from confluent_kafka import Message, TopicPartition

from contracts import envelope as cloudevents
from contracts.acts.v1 import Act, ConsumerAct, OperationBegun, OperationEnded, PersonalDataUnmasked
from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Invalid, Lineage
from contracts.topics import ACTS
from hub.errors import InputError
from hub.operations.cluster import REQUEST_SECONDS, Cluster
from hub.operations.record_view import headers_of
from hub.operations.records import reach, read
from hub.rules.masking import mask
from hub.state import act_desk
from hub.state.reading import snapshot
from hub.stream.record import event_name

_WHOSE = ACTS.principal(ACTS.name)
_HEAD = {"occurred_at", "revision", "corrects", "who", "why", "consumer", "what", "subject", "operation"}
_LEAST_ID = 4
_PLACE = re.compile(r"[a-z0-9.-]+@\d+:\d+\Z")


class Entry(NamedTuple):
    """One act: `effect` is what came of it, a line each; `state` says whether anything did yet.

    `consumer` carries it out, or the operator's own command did where it is None; `event` is its name in that consumer's
    journal. What might be personal is masked.
    """

    id: str
    at: datetime
    who: str
    what: str
    subject: str
    why: str
    consumer: str | None
    state: str
    effect: tuple[str, ...]
    details: dict[str, Any]
    record: str
    event: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {name: value for name, value in self._asdict().items() if name != "event"}


class Choice(NamedTuple):
    """Which acts; what is empty does not matter. `what` may be the beginning of a word, such as `partner`, `subject` any part."""

    who: str = ""
    what: str = ""
    subject: str = ""
    since: datetime | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether it is one of those."""
        is_what = not self.what or entry.what == self.what or entry.what.startswith(f"{self.what}.")
        return is_what and self.who in {"", entry.who} and self.subject in entry.subject


async def entries(cluster: Cluster, url: str, choice: Choice, most: int | None = None) -> list[Entry]:
    """The acts chosen, oldest first; of many the newest. The whole of hub.acts is read, or what came `since` a moment."""
    chosen = [entry for entry in _read(cluster, choice.since) if choice.takes(entry)]
    return await _with_effects(url, chosen if most is None else chosen[-most:])


async def entry(cluster: Cluster, url: str, name: str) -> Entry:
    """The act whose id begins so; raises InputError where none or several do."""
    if len(name) < _LEAST_ID:
        raise InputError("ID", f"at least {_LEAST_ID} characters of an act's id (hub acts list)", name)
    found = [one for one in _read(cluster, None) if one.id.startswith(name)]
    if len(found) != 1:
        raise InputError("ID", "the beginning of one act's id" if found else "an act (hub acts list)", name)
    return (await _with_effects(url, found))[0]


def _read(cluster: Cluster, since: datetime | None) -> list[Entry]:
    [part] = reach(cluster, ACTS.name)
    start = part.start if since is None else max(part.start, _first(cluster, since, part.end))
    return fold(read(cluster, ACTS.name, {part.partition: start}, {part.partition: part.end}))


def _first(cluster: Cluster, since: datetime, end: int) -> int:
    asked = [TopicPartition(ACTS.name, 0, int(since.timestamp() * 1000))]
    with cluster.consumer() as consumer:
        [found] = cluster.ask(lambda: consumer.offsets_for_times(asked, timeout=REQUEST_SECONDS), "looking for a moment")
    return end if found.offset < 0 else int(found.offset)


def fold(records: Iterable[Message]) -> list[Entry]:
    """The acts in their order, each with how it ended where the operator's own command said so."""
    found: dict[tuple[str, str], Entry] = {}
    operations: dict[str, tuple[str, str]] = {}
    for message in records:
        at = f"{message.topic()}@{message.partition()}:{message.offset()}"
        try:
            envelope, data = cloudevents.read(headers_of(message), message.value())
            lineage, version = lookup(envelope.type)
            body = lineage.decode(version, data)
        except (Invalid, NewerVersion) as error:
            why = "a newer version than this hub knows" if isinstance(error, NewerVersion) else f"breaks its contract: {error}"
            moment = datetime.fromtimestamp(max(message.timestamp()[1], 0) / 1000, UTC)
            found[at, ""] = Entry(at, moment, "?", "unreadable", "", "", None, "not carried out", (why,), {}, at)
            continue
        name = envelope.source, envelope.id
        if isinstance(body, OperationEnded):
            begun = operations.get(body.operation)
            if begun is not None:
                failed = (f"failed: {body.failed}",) if body.failed else ()
                state = "failed" if body.failed else "carried out"
                found[begun] = found[begun]._replace(state=state, effect=(*body.done, *failed))
        elif isinstance(body, Act) and name not in found:  # said twice it is one act
            found[name] = _entry(envelope, lineage, body, at)
            if isinstance(body, OperationBegun):
                operations[body.operation] = name
    return list(found.values())


def _entry(envelope: cloudevents.Envelope, lineage: Lineage[Any], body: Act, at: str) -> Entry:
    shown: Any = mask(lineage.wire, body.model_dump(mode="json", exclude_none=True))
    effect: tuple[str, ...]
    details = {key: value for key, value in shown.items() if key not in _HEAD}
    match body:
        case OperationBegun():
            what, subject, state, effect = body.what, _subject(body.subject, shown), "begun, its end was not recorded", ()
        case PersonalDataUnmasked():
            what, subject, state, effect = body.what, _subject(body.subject, shown), "carried out", ("shown",)
        case _:
            what, subject, state, effect = lineage.name, lineage.ref(body), "not yet carried out", ()
    consumer = body.consumer if isinstance(body, ConsumerAct) else None
    event = event_name(consumer, _WHOSE, envelope.source, envelope.id) if consumer else None
    return Entry(envelope.id, body.occurred_at, body.who, what, subject, shown["why"], consumer, state, effect, details, at, event)


def _subject(subject: str, shown: Any) -> str:  # noqa: ANN401 - a JSON object
    """A record's place is no address, however much it looks like one."""
    return subject if _PLACE.match(subject) else str(shown["subject"])


async def _with_effects(url: str, chosen: Sequence[Entry]) -> list[Entry]:
    events = [one.event for one in chosen if one.event is not None]
    if not events:
        return list(chosen)
    async with snapshot(url) as moment:
        known = await act_desk.effects(moment, events)
    return [one if one.event not in known else one._replace(state="carried out", effect=known[one.event].lines) for one in chosen]
