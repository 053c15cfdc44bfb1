"""What an operator can do about records that wait: look at them, have them looked at again, or end their wait."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from contracts import envelope as cloudevents
from contracts.acts import WAIT_ENDED, WAIT_RELEASED
from hub.consumers import CONSUMERS
from hub.operations.acts import Operator
from hub.operations.asked import Asked, ask
from hub.operations.dead_letters import Content, read
from hub.operations.shortened import Shortened
from hub.operations.verdicts import counting, faults, refusal, verdicts
from hub.rules.decision import Decision, Reject, Subject, Wait
from hub.rules.masking import mask_reference
from hub.state import foresight, wait_desk
from hub.state.base import BaseDataCache
from hub.state.reading import snapshot
from hub.state.store import Connection
from hub.state.wait_desk import Choice, Parked
from hub.stream import slips
from hub.stream.record import Bad, Good, Newer, Reader
from hub.stream.releases import BEHIND, GOES_ON

_CHUNK = 500
_WAIT = Shortened("a record that waits", "hub waiting list")


class Foretold(NamedTuple):
    """What would become of a record that waits, in words."""

    wait: Parked
    words: str

    @property
    def is_open_to_acts(self) -> bool:
        """Whether an act upon it can come to anything."""
        return self.wait.hold != "operator"


async def find(url: str, choice: Choice, most: int) -> list[Parked]:
    """The records chosen, by key, in their order of arrival."""
    async with snapshot(url) as moment:
        return await wait_desk.parked(moment, choice, most)


async def one(url: str, name: str) -> Parked:
    """The record that waits whose id begins so; raises InputError where none or several do."""
    _WAIT.check(name)
    async with snapshot(url) as moment:
        return _WAIT.only(await wait_desk.parked_named(moment, name), name)


async def content(url: str, wait: Parked, *, is_masked: bool = True) -> Content:
    """The record as it is kept: in the journal, or as it came where its version is not known yet."""
    async with foresight.looking(url) as connection:
        if wait.event is None:
            kept = (await foresight.waiters(connection, [wait.id]))[wait.id]
            return read(slips.unpack(kept.headers or b"[]"), kept.value, is_masked=is_masked)
        told = await foresight.journalled(connection, wait.event)
    assert told is not None  # noqa: S101 - it has a name in the journal
    envelope = cloudevents.Envelope(told.event_id, told.source, told.type)
    return read(cloudevents.write(envelope), told.body, is_masked=is_masked)


def masked(wait: Parked) -> Parked:
    """Without what tells of a person: a sender may have put anything in the place of a reference."""
    return wait._replace(
        key=mask_reference(wait.key),
        type=mask_reference(wait.type),
        awaited_ref=mask_reference(wait.awaited_ref),
        ref=mask_reference(wait.ref),
    )


async def beside(url: str, wait: Parked, most: int) -> list[Parked]:
    """What else of its key waits, in order of arrival."""
    if wait.key is None:
        return []
    found = await find(url, Choice(principal=wait.principal, key=wait.key, consumer=wait.consumer), most + 1)
    return [other for other in found if other.id != wait.id][:most]


async def released(url: str, waits: Sequence[Parked], max_record_bytes: int) -> list[Foretold]:
    """What looking again at each would come to now."""
    words: dict[UUID, str] = {wait.id: BEHIND for wait in waits if wait.hold == "operator"}
    due = sorted((wait for wait in waits if wait.hold != "operator"), key=lambda wait: wait.consumer)
    async with foresight.looking(url) as connection:
        for consumer, run in groupby(due, key=lambda wait: wait.consumer):
            listed = list(run)
            for start in range(0, len(listed), _CHUNK):
                words |= await _look(connection, consumer, listed[start : start + _CHUNK], max_record_bytes)
    return [Foretold(wait, words[wait.id]) for wait in waits]


def ended(waits: Sequence[Parked]) -> list[Foretold]:
    """What ending the wait of each would come to."""
    last = "a dead letter, wait_expired; its later records wait for an operator"
    return [Foretold(wait, BEHIND if wait.hold == "operator" else last) for wait in waits]


def release(operator: Operator, waits: Sequence[Parked]) -> Asked:
    """Ask for records to be looked at again, in the order given."""
    return ask(operator, WAIT_RELEASED, {wait.id: {"consumer": wait.consumer, "wait": str(wait.id)} for wait in waits})


def end(operator: Operator, waits: Sequence[Parked]) -> Asked:
    """Ask for waits to be ended, in the order given."""
    return ask(operator, WAIT_ENDED, {wait.id: {"consumer": wait.consumer, "wait": str(wait.id)} for wait in waits})


async def _look(connection: Connection, name: str, waits: Sequence[Parked], max_record_bytes: int) -> dict[UUID, str]:
    consumer = CONSUMERS[name]
    base = await BaseDataCache(consumer.using).refresh(connection)
    subjects = {(wait.store, Subject(wait.whose, wait.ref)) for wait in waits if wait.hold == "news"}
    found = await verdicts(connection, consumer, base, dict.fromkeys(subjects, ()))
    kept = await foresight.waiters(connection, [wait.id for wait in waits if wait.hold == "version"])
    reader = Reader(consumer, max_record_bytes)
    words = {}
    for wait in waits:
        if wait.hold == "version":
            record = reader.judge(slips.stored(kept[wait.id])) if wait.id in kept else None
            match record:
                case None | Newer():
                    words[wait.id] = f"{GOES_ON}: this hub does not know {wait.type} yet"
                case Bad():
                    words[wait.id] = f"dead letter: {record.reason}: {faults(record.faults)}"
                case Good():
                    fault = refusal(consumer, base, counting(record))
                    words[wait.id] = "folded" if fault is None else f"dead letter: rejected: {faults([fault])}"
                case _:
                    words[wait.id] = "folded; it means nothing to this consumer"
        else:
            words[wait.id] = _in_words(found.get((wait.event, wait.part)) if wait.event else None)
    return words


def _in_words(verdict: Decision[object] | None) -> str:
    match verdict:
        case Wait():
            return f"{GOES_ON}: no rule can take it before {verdict.kind} {mask_reference(verdict.ref)} is known"
        case Reject():
            return f"dead letter: rejected: {faults([verdict])}"
        case _:
            return "folded"
