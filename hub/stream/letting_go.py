"""Let records go on that were held back by their key, in their order, up to the next dead letter of it."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from hub.rules.decision import Subject
from hub.state import waiting
from hub.stream.acting import Acting
from hub.stream.failures import Meaning, meaning
from hub.stream.outcome import Applied
from hub.stream.touching import Released

_MOST_AT_ONCE = 500


class _OneByOne(Exception):  # noqa: N818 - it only rolls back a savepoint
    """One of several is refused, and holds back what comes after it."""


async def let_go(acting: Acting, keys: Sequence[tuple[str, str]], applied: Applied) -> Counter[tuple[str, str]]:
    """All that nothing stands before any more; returns how many went on, by (principal, key)."""
    freed: Counter[tuple[str, str]] = Counter()
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
        freed.update(went)
        left = [key for key in left if went[key]]
    return freed


async def _some(acting: Acting, keys: Sequence[tuple[str, str]], most: int, applied: Applied) -> Counter[tuple[str, str]]:
    """The first of each key, at most so many."""
    rows = await waiting.held(acting.connection, acting.consumer, keys, most)
    if rows:
        parts = [Released(row.store, Subject(row.principal, row.ref), (row.event, row.part)) for row in rows]
        await acting.work.do(acting.connection, [], applied, parts)
        if most > 1 and applied.buried:
            raise _OneByOne
    return Counter((row.principal, row.ref) for row in rows)


async def waits_for(acting: Acting, events: Sequence[UUID]) -> dict[UUID | None, str]:
    """What each of these journalled events still waits for, in words."""
    still = await waiting.still(acting.connection, events) if events else {}
    return {event: _in_words(wait) for event, wait in still.items()}


def _in_words(wait: waiting.Still) -> str:
    return "it waits behind another dead letter of its key" if wait.hold == "operator" else f"it waits for {wait.kind} {wait.awaited_ref}"
