"""Let records go on that were held back by their key, in their order, up to the next dead letter of it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from hub.rules.decision import Subject
from hub.rules.masking import mask_reference
from hub.state import meeting, waiting
from hub.stream.acting import Acting
from hub.stream.failures import Meaning, meaning
from hub.stream.outcome import Applied
from hub.stream.touching import Released

_MOST_AT_ONCE = 500


class _OneByOne(Exception):  # noqa: N818 - it only rolls back a savepoint
    """One of several is refused, and holds back what comes after it."""


async def let_go(acting: Acting, keys: Sequence[tuple[str, str]], applied: Applied) -> Counter[tuple[str, str]]:
    """All that nothing stands before any more; returns how many went on, by (principal, key)."""
    freed: dict[tuple[str, str], set[UUID]] = defaultdict(set)
    left, most = list(dict.fromkeys(keys)), _MOST_AT_ONCE
    while left:
        part = Applied()
        try:
            async with acting.connection.transaction():
                went = await _some(acting, left, most, part)
        except _OneByOne:
            most = 1
            continue
        except Exception as error:
            if most == 1 or meaning(error) is not Meaning.RECORD:
                raise
            most = 1
            continue
        applied.take(part)
        for key, event in went:
            freed[key].add(event)
        left = [key for key in left if key in {each for each, _ in went}]
    return Counter({key: len(events) for key, events in freed.items()})


async def _some(acting: Acting, keys: Sequence[tuple[str, str]], most: int, applied: Applied) -> set[tuple[tuple[str, str], UUID]]:
    """The first parts of each key, at most so many; returns the keys and events."""
    rows = await waiting.held(acting.connection, acting.consumer, keys, most)
    if rows:
        await meeting.coming_back(acting.connection, acting.consumer, [row.event for row in rows])
        parts = [Released(row.store, Subject(row.whose, row.ref), (row.event, row.part)) for row in rows]
        await acting.work.do(acting.connection, [], applied, parts)
        if most > 1 and applied.buried:
            raise _OneByOne
    return {((row.principal, row.key), row.event) for row in rows}


async def waits_for(acting: Acting, events: Sequence[UUID]) -> dict[tuple[UUID, int], str]:
    """What each part of these journalled events still waits for, in words."""
    still = await waiting.still(acting.connection, events) if events else {}
    return {row: _in_words(wait) for row, wait in still.items()}


def _in_words(wait: waiting.Still) -> str:
    if wait.hold == "operator":
        return "it waits behind another dead letter of its key"
    return f"it waits for {wait.kind} {mask_reference(wait.awaited_ref)}"
