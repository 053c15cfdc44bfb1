"""What an operator can do about dead letters: look at them, and let the owner of the store act."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json

from contracts import envelope as cloudevents
from contracts.acts import DEAD_LETTER_DISCARDED, DEAD_LETTER_REDRIVEN, BodyChange, DeadLetterRedriven
from contracts.acts.v1 import Act
from contracts.catalogue import lookup
from contracts.contract import Invalid
from hub.operations.acts import Operator
from hub.operations.asked import Asked, ask
from hub.operations.shortened import Shortened
from hub.rules.masking import mask, mask_path, mask_reference, shape
from hub.state import act_desk, foresight, letter_desk, wait_desk
from hub.state.dead_letters import DeadLetter
from hub.state.letter_desk import Choice, Letter
from hub.state.reading import snapshot
from hub.state.wait_desk import Parked
from hub.stream.slips import unpack

LETTER = Shortened("a dead letter", "hub dead-letters list")
_OPEN_HEADERS = frozenset({"ce_type", "ce_id", "ce_specversion", "content-type"})


class Content(NamedTuple):
    """What stands in a record: its body, masked unless a reason was given, and its headers."""

    headers: list[tuple[str, str]]
    body: object


class Done(NamedTuple):
    """What an operator once decided of a letter, how the body was changed by it, and what came of it."""

    at: datetime
    who: str
    why: str
    what: str
    type: str | None
    key: str | None
    changes: tuple[BodyChange, ...]
    effect: str


async def find(url: str, choice: Choice, most: int) -> list[Letter]:
    """The letters chosen, in their order of arrival."""
    async with snapshot(url) as moment:
        return await letter_desk.letters(moment, choice, most)


async def one(url: str, name: str) -> Letter:
    """The letter whose id begins so; raises InputError where none or several do."""
    LETTER.check(name)
    async with snapshot(url) as moment:
        return LETTER.only(await letter_desk.letters_named(moment, name), name)


async def original(url: str, letter: Letter) -> DeadLetter:
    """The letter with the bytes that came."""
    async with foresight.looking(url) as connection:
        return (await foresight.originals(connection, [letter.id]))[letter.id]


async def behind(url: str, letter: Letter, most: int) -> list[Parked]:
    """The records that its key holds back, in their order."""
    if letter.key is None or letter.state != "open":
        return []
    choice = wait_desk.Choice("operator", principal=letter.principal, key=letter.key, consumer=letter.consumer)
    async with snapshot(url) as moment:
        return await wait_desk.parked(moment, choice, most)


async def history(url: str, letter: Letter) -> list[Done]:
    """What was done about a letter so far, oldest first."""
    async with snapshot(url) as moment:
        acts = await letter_desk.acts_upon(moment, letter)
        came_to = await act_desk.effects(moment, [act.event for act in acts])
    done = []
    for act in acts:
        lineage, version = lookup(act.type)
        body = lineage.decode(version, act.body)
        if not isinstance(body, Act):
            continue
        effect = "; ".join(came_to[act.event].lines) if act.event in came_to else ""
        mended = (body.type, body.key, body.changes) if isinstance(body, DeadLetterRedriven) else (None, None, ())
        done.append(Done(body.occurred_at, body.who, body.why, lineage.name.partition(".")[2], *mended, effect))
    return done


def masked(letter: Letter) -> Letter:
    """Without what tells of a person: a sender may have put anything in the place of a key, a type or a field's name."""
    return letter._replace(
        key=mask_reference(letter.key),
        ref=mask_reference(letter.ref),
        type=mask_reference(letter.type),
        faults=[[mask_path(path), expected] for path, expected in letter.faults],
    )


def content(letter: DeadLetter, *, is_masked: bool = True) -> Content:
    """The record as it came, as far as it can be read."""
    return read(unpack(letter.headers), letter.value, is_masked=is_masked)


def read(headers: Sequence[tuple[str, bytes | None]], value: bytes | None, *, is_masked: bool) -> Content:
    """A record as an operator sees it."""
    listed = [(name, "(none)" if raw is None else raw.decode("utf-8", "backslashreplace")) for name, raw in headers]
    if is_masked:
        listed = [(mask_reference(name), mask_reference(text) if name in _OPEN_HEADERS else shape(text)) for name, text in listed]
    try:
        envelope, data = cloudevents.read(headers, value)
        body: object = from_json(data)
        return Content(listed, mask(envelope.type, body) if is_masked else body)
    except (Invalid, ValueError):
        return Content(listed, shape(value) if is_masked or value is None else value.decode("utf-8", "backslashreplace"))


def redrive(operator: Operator, letters: Sequence[Letter], **mend: Any) -> Asked:  # noqa: ANN401 - fields of the act
    """Ask for letters to be folded again, in the order given; `mend` is for one letter: `body`, `type`, `key`, `changes`."""
    return ask(operator, DEAD_LETTER_REDRIVEN, {one.id: {"consumer": one.consumer, "letter": str(one.id), **mend} for one in letters})


def discard(operator: Operator, letters: Sequence[Letter]) -> Asked:
    """Give letters up; what they held back goes on."""
    return ask(operator, DEAD_LETTER_DISCARDED, {one.id: {"consumer": one.consumer, "letter": str(one.id)} for one in letters})
