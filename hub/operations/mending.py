"""Mend a dead letter's record: what of it can be mended honestly, whether the mended one would do, and how it differs."""

import json
from typing import Any, NamedTuple

from pydantic_core import from_json

from contracts import envelope as cloudevents
from contracts.acts import DEAD_LETTER_REDRIVEN, BodyChange
from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Finding, Invalid
from contracts.json_text import refuse_ambiguous
from hub.consumers import CONSUMERS
from hub.errors import HubError, InputError
from hub.operations.body_changes import changes
from hub.state.dead_letters import DeadLetter
from hub.stream.mending import Mend, mended
from hub.stream.record import Bad, Reader
from hub.stream.slips import unpack

_NEVER = {
    "principal_mismatch": "it speaks for somebody else, and who speaks is not for an operator to change: its owner says it again",
    "id_reuse": "its id was used for other content, and only its sender can give it an id of its own",
}
_LONGEST = 1_000_000
"""The characters of a body that an act can keep."""
_HEAD_BYTES = 5_000
"""Who, why and the like, at most: what an act holds beside what is counted here."""


class Patient(NamedTuple):
    """A letter that can be mended: the envelope that it came in, and its body as text to be edited."""

    letter: DeadLetter
    envelope: cloudevents.Envelope
    text: str

    @property
    def body(self) -> object:
        """The body as a value; the text itself where it cannot be read as one."""
        return _value(self.text)


def patient(letter: DeadLetter) -> Patient:
    """What there is to mend; raises HubError where nothing honest can be done but to discard it."""
    if letter.reason in _NEVER:
        raise _unmendable(_NEVER[letter.reason])
    try:
        envelope, data = cloudevents.read(unpack(letter.headers), letter.value if letter.value is not None else b"")
    except Invalid as wrong:
        fault = "; ".join(f"{path or '(body)'}: expected {expected}" for path, expected in wrong.findings[:3])
        raise _unmendable(f"its envelope cannot be read ({fault}), so nobody knows which event it was meant to be") from None
    return Patient(letter, envelope, _pretty(data))


def check(one: Patient, mend: Mend, max_record_bytes: int) -> tuple[Finding, ...]:
    """All that is wrong with the record as it was mended; raises InputError for what nobody may mend of it."""
    if one.letter.event is not None and (mend.type is not None or mend.key is not None):
        raise InputError("--type" if mend.type is not None else "--key", "none: the record kept its contract, so only its body is in doubt")
    if mend.body is not None and len(mend.body) > _LONGEST:
        raise InputError("--body", f"at most {_LONGEST:,} characters, as an act keeps it", f"{len(mend.body):,}")
    wire = mend.type or one.envelope.type
    try:
        lineage, version = lookup(wire)
        lineage.decode(version, (one.text if mend.body is None else mend.body).encode())
    except Invalid as wrong:
        return wrong.findings or (Finding("", wrong.reason),)
    except NewerVersion:
        return (Finding("type", "a version that this hub knows (hub contracts list)"),)
    judged = Reader(CONSUMERS[one.letter.consumer], max_record_bytes).judge(mended(one.letter, mend))
    return judged.faults if isinstance(judged, Bad) else ()


def difference(one: Patient, mend: Mend) -> tuple[BodyChange, ...]:
    """How the mended body differs from the one that came."""
    return () if mend.body is None else changes(one.body, _value(mend.body))


def fields(one: Patient, mend: Mend, max_record_bytes: int) -> dict[str, Any]:
    """What the act says of the mend; raises InputError where a record on hub.acts could not hold it."""
    told = {**{name: value for name, value in mend._asdict().items() if value is not None}, "changes": difference(one, mend)}
    head = {"occurred_at": "2000-01-01T00:00:00Z", "consumer": one.letter.consumer, "who": "?", "why": "?", "letter": str(one.letter.id)}
    act = DEAD_LETTER_REDRIVEN.body.model_validate({**head, **told}, strict=False)
    size = len(act.model_dump_json(exclude_none=True).encode())
    if size + _HEAD_BYTES > max_record_bytes:
        raise InputError("--body", f"a body and a difference that fit into an act of {max_record_bytes:,} bytes", f"{size:,} bytes")
    return told


def put(text: str, assignments: list[str]) -> str:
    """The body with `path.to.field=JSON` put in, one after the other; raises InputError naming the path."""
    body = _value(text)
    if not isinstance(body, dict):
        raise InputError("--set", "a body that is a JSON object; give a whole one with --body FILE", "another one")
    for assignment in assignments:
        path, is_there, told = assignment.partition("=")
        try:
            value = from_json(told)
        except ValueError:
            is_there, value = "", None
        if not is_there or not path:
            raise InputError("--set", 'FIELD=JSON, such as name="Ada", amount.minor=500 or note=null', path or assignment)
        _put(body, path, path.split("."), value)
    return json.dumps(body, indent=2, ensure_ascii=False)


def _put(body: Any, path: str, steps: list[str], value: Any) -> None:  # noqa: ANN401 - any JSON value
    for step in steps[:-1]:
        body = body.get(step) if isinstance(body, dict) else body[int(step)] if _is_item(body, step) else None
    last = steps[-1]
    if isinstance(body, dict):
        body[last] = value
    elif _is_item(body, last):
        body[int(last)] = value
    else:
        raise InputError("--set", "a field of the body, or an item of a list that is there", path)


def _is_item(body: object, step: str) -> bool:
    return isinstance(body, list) and step.isdecimal() and int(step) < len(body)


def _pretty(data: bytes) -> str:
    """Indented where it can be read in one way only; as it came otherwise."""
    try:
        body = from_json(data, allow_inf_nan=False)
        refuse_ambiguous(data, "schema")
    except (ValueError, Invalid):
        return data.decode("utf-8", "backslashreplace")
    return json.dumps(body, indent=2, ensure_ascii=False)


def _value(text: str) -> object:
    try:
        return from_json(text)
    except ValueError:
        return text


def _unmendable(why: str) -> HubError:
    return HubError(f"this letter cannot be mended: {why}. Discard it (hub dead-letters discard), once the sender has said it anew")
