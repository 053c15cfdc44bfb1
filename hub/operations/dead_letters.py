"""What an operator can do about dead letters: look, say what would become of them, and let the owner of the store act."""

import getpass
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from pydantic_core import from_json

from contracts import envelope as cloudevents
from contracts import topics
from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN, DeadLetterDiscarded, DeadLetterRedriven
from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Invalid
from hub.consumers import CONSUMERS
from hub.errors import InputError
from hub.producers.publisher import Publisher
from hub.rules.masking import mask, shape
from hub.state import letter_desk
from hub.state.letter_desk import Choice, Letter, Parked
from hub.state.reading import snapshot
from hub.stream.mending import Mend, mended
from hub.stream.record import Bad, Reader
from hub.stream.slips import unpack

_ID = re.compile(r"[0-9a-fA-F-]{4,36}\Z")


class Content(NamedTuple):
    """What stands in a letter: its body, masked unless a reason was given, and its headers."""

    headers: list[tuple[str, str]]
    body: object


async def find(url: str, choice: Choice, most: int) -> list[Letter]:
    """The letters chosen, in their order of arrival."""
    async with snapshot(url) as moment:
        return await letter_desk.letters(moment, choice, most)


async def one(url: str, name: str) -> Letter:
    """The letter whose id begins so; raises InputError where none or several do."""
    if not _ID.match(name):
        raise InputError("ID", "at least four characters of a dead letter's id (hub dead-letters list)", name)
    async with snapshot(url) as moment:
        found = await letter_desk.letters_named(moment, name)
    if len(found) != 1:
        raise InputError("ID", "the beginning of one dead letter's id" if found else "a dead letter (hub dead-letters list)", name)
    return found[0]


async def parked(url: str, principal: str, key: str, hold: str, most: int) -> list[Parked]:
    """Records that wait."""
    async with snapshot(url) as moment:
        return await letter_desk.parked(moment, principal, key, hold, most)


def content(letter: Letter, *, is_masked: bool = True) -> Content:
    """The record as it came, as far as it can be read."""
    headers = unpack(letter.headers)
    listed = [(name, "(none)" if raw is None else raw.decode("utf-8", "backslashreplace")) for name, raw in headers]
    if is_masked:
        listed = [(name, text if name in {"ce_type", "ce_id", "ce_specversion", "content-type"} else shape(text)) for name, text in listed]
    try:
        envelope, data = cloudevents.read(headers, letter.value)
        body: object = from_json(data)
        return Content(listed, mask(envelope.type, body) if is_masked else body)
    except (Invalid, ValueError):
        raw = letter.value
        return Content(listed, shape(raw) if is_masked or raw is None else raw.decode("utf-8", "backslashreplace"))


def foretell(letter: Letter, body: str | None, max_record_bytes: int) -> str:
    """What redriving would come to, as far as the record itself can tell; the rules have their say only when it is folded."""
    if body is None and letter.is_journalled:
        return "its rule is asked again, with what is known by now"
    judged = Reader(CONSUMERS[letter.consumer], max_record_bytes).judge(mended(letter, Mend(body)))
    if isinstance(judged, Bad):
        return "still " + judged.reason + ": " + "; ".join(f"{fault.path or '(body)'}: {fault.expected}" for fault in judged.faults)
    return "keeps its contract: it would be folded"


def check_body(letter: Letter, body: str) -> None:
    """A body of one's own must keep the contract of the letter's type; raises InputError with the first fault."""
    if letter.type is None:
        raise InputError("--body", "a letter whose envelope can be read; this one can only be discarded", letter.reason)
    try:
        lineage, version = lookup(letter.type)
        lineage.decode(version, body.encode())
    except Invalid as wrong:
        fault = wrong.findings[0] if wrong.findings else None
        raise InputError(f"--body {fault.path}" if fault else "--body", fault.expected if fault else wrong.reason) from None
    except NewerVersion:
        raise InputError("--body", "a letter of a version that this hub knows", letter.type) from None


async def redrive(options: Mapping[str, Any], letters: Sequence[Letter], why: str, body: str | None = None) -> int:
    """Ask for letters to be folded again, in the order given; the consumer that owns them acts on it."""
    return await _say(options, letters, why, lambda common: (DEAD_LETTER_REDRIVEN, DeadLetterRedriven(**common, body=body)))


async def discard(options: Mapping[str, Any], letters: Sequence[Letter], why: str) -> int:
    """Give letters up; what they held back goes on."""
    return await _say(options, letters, why, lambda common: (DEAD_LETTER_DISCARDED, DeadLetterDiscarded(**common)))


async def _say(options: Mapping[str, Any], letters: Sequence[Letter], why: str, make: Any) -> int:  # noqa: ANN401 - one of two acts
    who = getpass.getuser()
    async with Publisher(options) as publisher:
        for letter in letters:
            common = {"occurred_at": datetime.now(UTC), "consumer": letter.consumer, "who": who, "why": why, "letter": str(letter.id)}
            lineage, act = make(common)
            await publisher.publish(topics.ACTS.name, lineage, act, source=f"/hub/operators/{who}", id=str(uuid4()))
    return len(letters)
