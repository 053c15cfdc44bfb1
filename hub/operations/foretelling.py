"""Say what redriving dead letters would come to, from what the store holds at one moment, without doing it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID

from pydantic_core import from_json

from contracts.catalogue import lookup
from hub.consumers import CONSUMERS
from hub.operations.verdicts import Counting, counting, faults, refusal, verdicts
from hub.rules.basedata import BaseData
from hub.rules.decision import Subject, Wait
from hub.rules.folding import Told
from hub.rules.masking import mask_reference
from hub.state import foresight, journal
from hub.state.base import BaseDataCache
from hub.state.foresight import Held, Standing
from hub.state.letter_desk import Letter
from hub.state.store import Connection
from hub.stream.consumer import Consumer
from hub.stream.mending import AS_IT_CAME, Mend, mended
from hub.stream.record import Bad, Good, Ignored, Judged, Newer, Reader

_CHUNK = 500
_Key: TypeAlias = tuple[str, str]


class Foretold(NamedTuple):
    """What would become of a letter, in words; `behind` counts the records that would go on because of it."""

    letter: Letter
    words: str
    behind: int = 0
    is_dead: bool = False


@dataclass(slots=True)
class _Scene:
    """What a consumer's store holds of some keys, the letters chosen among them, and what would count from now on."""

    consumer: Consumer
    base: BaseData
    mend: Mend
    letters: Mapping[UUID, Letter]
    judged: Mapping[UUID, Judged]
    known: Mapping[UUID, tuple[str, int, bytes]]
    standing: Mapping[_Key, list[Standing]]
    held: Mapping[_Key, list[Held]]
    words: dict[UUID, str] = field(default_factory=dict)
    dead: set[UUID] = field(default_factory=set)
    behind: Counter[UUID] = field(default_factory=Counter)
    counted: dict[tuple[str, Subject], dict[UUID, Told]] = field(default_factory=lambda: defaultdict(dict))


async def redriven(url: str, letters: Sequence[Letter], max_record_bytes: int, mend: Mend = AS_IT_CAME) -> list[Foretold]:
    """What redriving each would come to, in the order given, if all were redriven now; a mend is for one letter alone.

    Contract and rule are asked; what only the database can say, and what comes meanwhile, nobody can tell.
    """
    return await _foretell(url, letters, max_record_bytes, mend)


async def discarded(url: str, letters: Sequence[Letter]) -> list[Foretold]:
    """How many records would go on behind each, if all were given up now."""
    return await _foretell(url, letters, 0, None)


async def _foretell(url: str, letters: Sequence[Letter], max_record_bytes: int, mend: Mend | None) -> list[Foretold]:
    found: dict[UUID, Foretold] = {}
    async with foresight.looking(url) as connection:
        for name, some in _chunks(letters):
            consumer = CONSUMERS[name]
            base = await BaseDataCache(consumer.using).refresh(connection)
            reader = None if mend is None else Reader(consumer, max_record_bytes)
            scene = await _look(connection, consumer, base, reader, mend or AS_IT_CAME, some)
            _walk(scene, is_discarded=mend is None)
            await _wait(connection, scene)
            found |= {
                letter.id: Foretold(letter, scene.words[letter.id], scene.behind[letter.id], letter.id in scene.dead) for letter in some
            }
    return [found[letter.id] for letter in letters]


def _chunks(letters: Sequence[Letter]) -> Iterator[tuple[str, list[Letter]]]:
    """Some letters of one consumer at a time, those of a key together."""
    by_key: dict[tuple[str, str, object], list[Letter]] = defaultdict(list)
    for letter in letters:
        by_key[letter.consumer, letter.principal, letter.key if letter.key is not None else letter.id].append(letter)
    chunks: dict[str, list[Letter]] = defaultdict(list)
    for (consumer, _, _), of_key in by_key.items():
        chunks[consumer] += of_key
        if len(chunks[consumer]) >= _CHUNK:
            yield consumer, chunks.pop(consumer)
    yield from chunks.items()


async def _look(
    connection: Connection, consumer: Consumer, base: BaseData, reader: Reader | None, mend: Mend, letters: Sequence[Letter]
) -> _Scene:
    judged: dict[UUID, Judged] = {}
    if reader is not None:
        originals = await foresight.originals(connection, [letter.id for letter in letters])
        judged = {name: reader.judge(mended(original, mend)) for name, original in originals.items()}
    keys = {(letter.principal, letter.key) for letter in letters if letter.key is not None}
    keys |= {(record.principal, record.key) for record in judged.values() if isinstance(record, Good)}
    standing: dict[_Key, list[Standing]] = defaultdict(list)
    for one in await foresight.standing(connection, consumer.name, list(keys)):
        standing[one.principal, one.key].append(one)
    held: dict[_Key, list[Held]] = defaultdict(list)
    for each in await foresight.held(connection, consumer.name, list(keys)):
        held[each.principal, each.key].append(each)
    events = [record.event for record in judged.values() if isinstance(record, Good)]
    known = await journal.known(connection, events) if events else {}
    return _Scene(consumer, base, mend, {letter.id: letter for letter in letters}, judged, known, standing, held)


def _walk(scene: _Scene, *, is_discarded: bool) -> None:
    """Go through each key in its order of arrival, as the owner would: up to the first dead letter that stays."""
    for letter in scene.letters.values():
        if letter.key is None or (letter.principal, letter.key) not in scene.standing:
            _take(scene, letter, is_blocked=False, is_discarded=is_discarded)
    for key, standing in scene.standing.items():
        is_blocked, last = False, None
        freed: set[UUID] = set()
        items: list[Standing | Held] = [*standing, *scene.held[key]]
        for item in sorted(items, key=lambda item: item.place):
            if isinstance(item, Held):
                if not is_blocked and last is not None:
                    scene.behind[last] += item.event not in freed
                    freed.add(item.event)
                    is_blocked = _goes_on(scene, item)
            elif item.id in scene.letters:
                _take(scene, scene.letters[item.id], is_blocked=is_blocked, is_discarded=is_discarded)
                is_blocked, last = is_blocked or item.id in scene.dead, item.id
            else:
                is_blocked = True


def _take(scene: _Scene, letter: Letter, *, is_blocked: bool, is_discarded: bool) -> None:
    if is_discarded:
        scene.words[letter.id] = "given up"
        return
    record = scene.judged[letter.id]
    again = _dead(scene, letter, record)
    if again is not None:
        scene.words[letter.id] = f"dead again: {again}"
        scene.dead.add(letter.id)
        return
    match record:
        case Ignored():
            scene.words[letter.id] = "taken; it means nothing to this consumer"
        case Newer():
            scene.words[letter.id] = "taken; it waits for a newer process"
        case Good():
            scene.words[letter.id] = _good(scene, letter, record, is_blocked=is_blocked)
        case Bad():
            raise AssertionError(record.reason)  # it is dead again


def _dead(scene: _Scene, letter: Letter, record: Judged) -> str | None:
    """Why it would be a dead letter again."""
    if isinstance(record, Bad):
        return f"{record.reason}: {faults(record.faults)}"
    if not isinstance(record, Good):
        return None
    known = scene.known.get(record.event)
    if known is not None and not _is_released(scene, letter) and not _is_known(record, known):
        return "id_reuse: id: an id of its own for other content"
    fault = refusal(scene.consumer, scene.base, _parts(scene, letter, record))
    return None if fault is None else f"rejected: {faults([fault])}"


def _good(scene: _Scene, letter: Letter, record: Good, *, is_blocked: bool) -> str:
    is_released = _is_released(scene, letter)
    if record.event in scene.known and not is_released:
        return "taken; it had come again meanwhile"
    others = scene.standing.get((record.principal, record.key), []) if record.key != letter.key else []
    is_elsewhere = any(other.place < letter.place for other in others)
    is_whole = record.lineage.snapshot and record.body.revision is not None
    if (is_blocked or is_elsewhere) and not is_released and not is_whole:
        return "taken; it waits behind another dead letter of its key"
    for store, subject, told in _parts(scene, letter, record):
        scene.counted[store, subject][told.event] = told
    if letter.reason == "database_refused":
        return "taken, if the database can hold it now"
    return "taken"


def _parts(scene: _Scene, letter: Letter, record: Good) -> list[Counting]:
    """What is folded of a document: all of it, or the part alone that a rule refused."""
    return [part for part in counting(record) if not _is_released(scene, letter) or part.told.part == letter.part]


def _is_released(scene: _Scene, letter: Letter) -> bool:
    """Whether it is in the journal and folded again from there."""
    return letter.is_journalled and scene.mend.body is None


def _is_known(record: Good, known: tuple[str, int, bytes]) -> bool:
    wire, mark, body = known
    return mark == record.fingerprint or (wire == record.envelope.type and from_json(body) == from_json(record.data))


def _goes_on(scene: _Scene, held: Held) -> bool:
    """Let a held record count; returns whether a rule would refuse it, so that it holds back what comes after it."""
    lineage, version = lookup(held.type)
    body = lineage.decode(version, held.body)
    told = Told(held.event, held.part, lineage, body, held.source, held.event_id, held.is_historical, held.principal)
    if refusal(scene.consumer, scene.base, [Counting(held.store, held.subject, told)]) is not None:
        return True
    scene.counted[held.store, held.subject][told.event] = told
    return False


async def _wait(connection: Connection, scene: _Scene) -> None:
    """What would be folded, but for something that is not known yet."""
    of_letter = {record.event: name for name, record in scene.judged.items() if isinstance(record, Good)}
    found = await verdicts(connection, scene.consumer, scene.base, {where: list(told.values()) for where, told in scene.counted.items()})
    for (event, _), verdict in found.items():
        if isinstance(verdict, Wait) and event in of_letter:
            scene.words[of_letter[event]] = f"taken; it waits for {verdict.kind} {mask_reference(verdict.ref)}"
