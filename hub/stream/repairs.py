"""Carry out what an operator decided of a dead letter: fold it again or give it up, then let its key go on in order."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from pydantic_core import from_json, to_json

from contracts import envelope as cloudevents
from contracts import topics
from contracts.acts import DeadLetterDiscarded, DeadLetterRedriven
from contracts.contract import Invalid
from contracts.records import RECORD_SETTLED, RecordSettled
from hub.rules.decision import Subject
from hub.state import dead_letters, effects, outbox, waiting
from hub.state.dead_letters import DeadLetter
from hub.state.letter_desk import Letter
from hub.state.store import Connection
from hub.stream import slips
from hub.stream.failures import Meaning, meaning
from hub.stream.outcome import Applied
from hub.stream.record import Good, Reader
from hub.stream.slips import Stored
from hub.stream.touching import Released
from hub.stream.work import Work


def is_act(record: Good) -> bool:
    """Whether an operator said it."""
    return isinstance(record.body, DeadLetterRedriven | DeadLetterDiscarded)


async def carry_out(connection: Connection, work: Work, reader: Reader, consumer: str, record: Good, applied: Applied) -> None:
    """One act, and what came of it; a letter that is no longer open was dealt with before, so the act has nothing to do.

    What the letter held back follows in its order of arrival, up to the next open dead letter of the key.
    """
    act = record.body
    if not isinstance(act, DeadLetterRedriven | DeadLetterDiscarded) or act.consumer != consumer:
        return
    name = _uuid(act.letter)
    is_redriven = isinstance(act, DeadLetterRedriven)
    letter = None if name is None else await dead_letters.close(connection, consumer, name, "redriven" if is_redriven else "discarded")
    if letter is None:
        await effects.note(connection, consumer, record.event, "nothing: no dead letter of that id was open")
        return
    if isinstance(act, DeadLetterRedriven):
        await _fold_again(connection, work, reader, letter, act.body, applied)
    if letter.id in applied.buried:
        effect = "folded again, and a dead letter as before"
    else:
        effect = "folded again, and taken" if is_redriven else "given up"
        await _tell(connection, consumer, letter, act.occurred_at, record)
    released = 0 if letter.key is None else await _release(connection, work, consumer, letter.principal, letter.key, applied)
    await effects.note(connection, consumer, record.event, f"{effect}; {released} records went on behind it" if released else effect)


async def _fold_again(connection: Connection, work: Work, reader: Reader, letter: DeadLetter, body: str | None, applied: Applied) -> None:
    """As it came where nothing is to be mended; what the database refuses again stays dead."""
    try:
        async with connection.transaction():
            if letter.event is not None and letter.store is not None and letter.ref is not None and body is None:
                part = Released(letter.store, Subject(letter.principal, letter.ref), (letter.event, letter.part))
                await work.do(connection, [], applied, [part])
            else:
                await work.do(connection, [reader.judge(mended(letter, body))], applied)
    except Exception as error:
        if meaning(error) is not Meaning.RECORD:
            raise
        await dead_letters.reopen(connection, letter.id)
        applied.buried.add(letter.id)


async def _release(connection: Connection, work: Work, consumer: str, principal: str, key: str, applied: Applied) -> int:
    count = 0
    while (held := await waiting.next_held(connection, consumer, principal, key)) is not None:
        event, part, store, ref = held
        await work.do(connection, [], applied, [Released(store, Subject(principal, ref), (event, part))])
        count += 1
    return count


async def _tell(connection: Connection, consumer: str, letter: DeadLetter, at: datetime, act: Good) -> None:
    """The sender hears what became of its record."""
    party, _, partner = letter.principal.partition(":")
    if party != "dealer":
        return
    subject = f"{letter.topic}[{letter.partition}]@{letter.offset}"
    body = RecordSettled(
        occurred_at=at,
        subject=subject,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        standing="taken" if isinstance(act.body, DeadLetterRedriven) else "discarded",
        event_id=letter.event_id,
        event_type=letter.type,
    )
    said = slips.said(topics.DEALER_FEED.of(partner), RECORD_SETTLED, body, slips.name("settled", letter.id, act.event), subject)
    await outbox.insert(connection, consumer, [said])


def mended(letter: DeadLetter | Letter, body: str | None) -> Stored:
    """The record as it came, or with another body: then in binary mode, under the envelope that it came in.

    One that is in the journal already, and only a rule refused, is corrected by another event of its source.
    """
    headers, value = slips.unpack(letter.headers), letter.value
    if body is not None:
        with suppress(Invalid):  # an envelope that cannot be read is not mended by another body: the verdict will say so
            envelope = cloudevents.read(headers, value)[0]
            if letter.event is not None:
                body = _correcting(body, envelope.id)
                envelope = envelope._replace(id=str(slips.name("mended", letter.id, body)))
            headers = [*cloudevents.write(envelope)]
        value = body.encode()
    key = letter.key.encode() if letter.key is not None else None
    return Stored(letter.topic, letter.partition, letter.offset, letter.timestamp, key, value, headers)


def _correcting(body: str, event_id: str) -> str:
    try:
        fields = from_json(body)
    except ValueError:
        return body
    return to_json({**fields, "corrects": event_id}).decode() if isinstance(fields, dict) else body


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
