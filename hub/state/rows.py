"""Rows as one parameter, an array of a row type that the session makes for itself; keys as another, an array as text.

An array for each column costs the client twice as much and the server a third more: every element is looked at
by itself, and the columns are laid side by side again. A type of the session's own is as the code that uses it, whatever
a migration does meanwhile; it needs the right to make temporary objects, which PostgreSQL gives to everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

import asyncpg

_made: "WeakKeyDictionary[asyncpg.Connection[asyncpg.Record], set[str]]" = WeakKeyDictionary()


class RowType:
    """Columns by name, each with its type; a row is a tuple of their values in that order."""

    def __init__(self, name: str, columns: Mapping[str, str]) -> None:
        self.columns = columns
        self.array = f"pg_temp.{name}_row[]"
        self._name = f"{name}_row"

    @property
    def statement(self) -> str:
        """What makes the type."""
        return f"CREATE TYPE pg_temp.{self._name} AS ({', '.join(f'{column} {kind}' for column, kind in self.columns.items())})"


async def make(connection: "asyncpg.Connection[asyncpg.Record]", types: Iterable[RowType]) -> None:
    """Make these types known to a session, outside of a transaction: what is rolled back would be gone again.

    The client learns of all at once what they are made of; it would ask for each when it is first used.
    """
    made = _made.setdefault(connection, set())
    missing = {kind.array: kind.statement for kind in types if kind.array not in made}
    if missing:
        await connection.execute("; ".join(missing.values()))
        made.update(missing)
        await connection.prepare(f"SELECT {', '.join(f'${number}::{array}' for number, array in enumerate(missing, 1))}")


def texts(values: Sequence[str]) -> str:
    """An array of texts as PostgreSQL reads it, for `$1::text::text[]`: asyncpg asks of each element of a list whether it is one itself."""
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') > 2 * (len(values) - 1):
        joined = '","'.join([value.replace("\\", r"\\").replace('"', r"\"") for value in values])
    return f'{{"{joined}"}}' if values else "{}"
