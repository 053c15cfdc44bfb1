"""A batch that is taken for new, in which much is plain and some is not: each kind goes its own way, in one transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from hub.state.store import Connection
from hub.state.together import NOTHING, Asked
from hub.stream.consumer import Consumer
from hub.stream.opening import Fresh, fresh
from hub.stream.outcome import Applied
from hub.stream.plain import Passing, Plain
from hub.stream.record import Good, Judged, Ready, Taken

if TYPE_CHECKING:
    from hub.stream.work import Work

MANY = 32
"""So many plain events are worth the round trips that they have for themselves."""

T = TypeVar("T")


class Mixed:
    """What is plain with its records, and what is not with its own; they share no subject and no name, so their order does not matter."""

    def __init__(self, plain: Plain, passing: Sequence[Good | Ready], rest: Fresh, others: Sequence[Judged]) -> None:
        self._plain, self._passing, self._rest, self._others = plain, passing, rest, others

    is_simple = False

    async def begin(self, connection: Connection, first: Asked[T]) -> T:
        """Begin both; returns what was asked `first`."""
        answer = await self._plain.begin(connection, first)
        await self._rest.begin(connection, NOTHING)
        return answer

    async def finish(self, connection: Connection, _records: Sequence[Judged], applied: Applied) -> None:
        """Fold both, each with its own records, and write all that comes of them."""
        await self._plain.finish(connection, self._passing, applied)
        await self._rest.finish(connection, self._others, applied)


AtOnce = Fresh | Plain | Mixed
"""A batch that is taken for new, as far as it is begun."""


def at_once(work: "Work", consumer: Consumer, passing: Passing, records: Sequence[Taken]) -> AtOnce | None:
    """The batch, if each of its events comes once, and all may be taken for new."""
    goods, others = passing.part(records)
    if not others:
        return passing.gather(goods)
    names = {good.event for good in goods}
    if len(goods) < MANY or any(isinstance(other, Good) and other.event in names for other in others):
        return fresh(work, consumer, records)
    plain, rest = passing.gather(goods), fresh(work, consumer, others)
    return Mixed(plain, goods, rest, others) if plain and rest else None  # type: ignore[arg-type] # what is repeated is not fresh
