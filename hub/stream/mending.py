"""A dead letter's record as it is to be folded again: as it came, or as an operator mended it."""

from contextlib import suppress
from typing import NamedTuple

from pydantic_core import from_json, to_json

from contracts import envelope as cloudevents
from contracts.contract import Invalid
from hub.state.dead_letters import DeadLetter
from hub.stream import slips
from hub.stream.slips import Stored


class Mend(NamedTuple):
    """What an operator puts in the place of what came: a body, an event type, a record key; None leaves it as it is."""

    body: str | None = None
    type: str | None = None
    key: str | None = None


AS_IT_CAME = Mend()


def mended(letter: DeadLetter, mend: Mend = AS_IT_CAME) -> Stored:
    """The record as it came, or mended: then in binary mode, under the envelope that it came in.

    One that is in the journal already, and only a rule refused, is corrected by another event of its source; what type
    it is, and whose key it has, was never in doubt. An envelope that cannot be read is mended by nothing: the verdict will say so.
    """
    headers, value, key = slips.unpack(letter.headers), letter.value, letter.key
    is_journalled = letter.event is not None
    if mend.body is not None:
        value = mend.body.encode()
    if mend.body is not None or (mend.type is not None and not is_journalled):
        with suppress(Invalid):
            envelope, data = cloudevents.read(headers, value if letter.value is None else letter.value)
            value = data if mend.body is None else value
            if is_journalled:
                value = _correcting(value or b"", envelope.id)
                envelope = envelope._replace(id=str(slips.name("mended", letter.id, mend.body)))
            elif mend.type is not None:
                envelope = envelope._replace(type=mend.type)
            headers = [*cloudevents.write(envelope)]
    if mend.key is not None and not is_journalled:
        key = mend.key
    packed = key.encode() if key is not None else None
    return Stored(letter.topic, letter.partition, letter.offset, letter.timestamp, packed, value, headers)


def _correcting(body: bytes, event_id: str) -> bytes:
    try:
        fields = from_json(body)
    except ValueError:
        return body
    return to_json({**fields, "corrects": event_id}) if isinstance(fields, dict) else body
