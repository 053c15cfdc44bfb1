"""Several statements in one round trip: each is a part of one statement."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from hub.state.store import Connection

FEW_ROWS = 32
"""So many rows at most are worth it that they come together with others: as part of one row each costs the server 15 microseconds."""

T = TypeVar("T")
_ARGUMENT = re.compile(r"\$(\d+)")


class Part(NamedTuple):
    """What is `done`, as common table expressions whose names no other part has, and what is `found`, a SELECT; either may be empty.

    Each part counts its arguments from $1.
    """

    done: str
    found: str

    @property
    def statement(self) -> str:
        """The part as a statement of its own."""
        return f"WITH {self.done} {self.found}" if self.done else self.found


def done_to(name: str, statement: str, rows: int) -> Part:
    """What must be done to so many rows as the argument of that number says: else the server refuses it (DivisionByZeroError)."""
    return Part(f"{name} AS ({statement} RETURNING 1)", f"SELECT 1 / (count(*) = ${rows}::int)::int FROM {name}")  # noqa: S608 - names of our own


class Asked(NamedTuple, Generic[T]):
    """A part with its arguments, and what is made of the rows that it finds."""

    part: Part
    arguments: Sequence[Any]
    read: Callable[[Sequence[Any]], T]

    async def alone(self, connection: "Connection") -> T:
        """Ask this and nothing else."""
        return self.read(await connection.fetch(self.part.statement, *self.arguments))


def nothing(_rows: Sequence[Any]) -> None:
    """What is made of what a part finds that only does."""


NOTHING: Asked[None] = Asked(Part("", ""), (), nothing)
"""What is asked together with others where nothing is."""


async def ask(connection: "Connection", *asked: Asked[Any]) -> list[Any]:
    """What each part found, if that is its business. All of them see what was there before, and none what another has done.

    Whoever waits for a lock in one of them sees all else as it was before the wait.
    """
    text = _composed(tuple((each.part, len(each.arguments)) for each in asked))
    found = await connection.fetchrow(text, *(value for each in asked for value in each.arguments))
    rows = iter(found or ())
    return [each.read(next(rows) or ()) if each.part.found else None for each in asked]


@lru_cache(maxsize=200)
def _composed(parts: tuple[tuple[Part, int], ...]) -> str:
    done, found, before = [], [], 0
    for (does, finds), arguments in parts:
        done += [_counted(does, before)] if does else []
        found += [f"(SELECT array_agg(r) FROM ({_counted(finds, before)}) AS r)"] if finds else []  # noqa: S608 - texts of our own
        before += arguments
    return f"WITH {', '.join(done)} SELECT {', '.join(found)}" if done else f"SELECT {', '.join(found)}"


def _counted(text: str, before: int) -> str:
    """The text with its arguments counted from behind those of other parts."""
    return _ARGUMENT.sub(lambda argument: f"${int(argument[1]) + before}", text) if before else text
