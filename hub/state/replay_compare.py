"""Compare what a replay folded with the live tables as they stood, row by row, within the database."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from contracts.topics import CATALOGUE
from hub.state.store import Connection, Store

_POSITION = ("ordered_at", "revision", "tie", "because")


class Table(NamedTuple):
    """What is compared of one table: rows are the same by `keys`; `whose` and `ref` name the subject.

    `is_store` where one consumer alone has the table, `where` the rows that count (of `t`). JSON that is kept `as_written` is
    compared by what it says.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    ref: str = "ref"
    is_store: bool = False
    where: str = "true"
    whose: str = "principal"
    as_written: tuple[str, ...] = ()

    @property
    def differ(self) -> str:
        """The condition under which a row's sides `l` and `r` are unlike, or one of them is not there."""
        left, right = (", ".join(self._compared(side)) for side in "lr")
        return f"ROW({left}) IS DISTINCT FROM ROW({right})"

    def _compared(self, side: str) -> Iterator[str]:
        yield f"{side}.is_there"
        for column in self.columns:
            yield f"{side}.{column}::jsonb" if column in self.as_written else f"{side}.{column}"


class Unlike(NamedTuple):
    """One row that differs: its principal and reference, and the compared columns of each side; None where it is missing."""

    principal: str
    ref: str | None
    live: dict[str, Any] | None
    replayed: dict[str, Any] | None


class Compared(NamedTuple):
    """One table: rows on each side, how many differ, and those set apart because their history is not all in the log."""

    table: str
    live: int
    replayed: int
    differing: int
    apart: int
    first: list[Unlike]


def of_store(store: Store[Any]) -> Table:
    """A store: the state, how far it is folded and because of what; not `row_version`, which counts saves and so batches."""
    fields: tuple[str, ...] = store.state._fields
    return Table(store.name, ("principal", "ref"), (*fields, *_POSITION), is_store=True, as_written=store.as_written)


WAITING = Table("waiting", ("id",), ("hold", "principal", "key", "store", "whose", "ref", "kind", "awaited_ref", "type"), whose="whose")
"""The records that wait; since when and until when is the live hub's own."""

DEAD_LETTERS = Table("dead_letters", ("id",), ("reason", "state", "principal", "key", "faults", "type", "store", "whose", "ref"), "key")

TIMERS = Table("timers", ("consumer", "store", "principal", "ref"), ("due_at",), where="t.due_at > now()")
"""The timers that states have set and that are yet to come; whether the clock has said one that is due is the live hub's own."""

_COMPACTED = ", ".join(f"'{topic.name}'" for topic in CATALOGUE if topic.is_compacted)

JOURNAL = Table(
    "journal",
    ("event", "part"),
    ("principal", "type", "store", "ref", "occurred_at", "revision", "corrects", "is_historical", "fingerprint"),
    where=f"t.store <> '' AND t.topic NOT IN ({_COMPACTED})",
)
"""What was accepted for a store, by the fingerprint of its body; not where it stood: of two that are the same either may have come
first. A compacted topic forgets."""


async def compare(connection: Connection, table: Table, most_shown: int, live: str = "") -> Compared:
    """Both sides of one table, without the subjects that are set apart; the first differences by key.

    `live` is where the live rows are: the copy, unless another place is named.
    """
    live = live or f"live_{table.name}"
    sides = f"l AS ({_side(live, table)}), r AS ({_side(table.name, table)})"
    joined = f"FROM l FULL JOIN r USING ({', '.join(table.keys)}) WHERE {table.differ}"
    apart = f"SELECT count(*) FROM {live} t WHERE {table.where} AND {_outside(table)}"  # noqa: S608 - names of our own
    counted = await connection.fetchrow(
        f"WITH {sides} SELECT (SELECT count(*) FROM l), (SELECT count(*) FROM r), (SELECT count(*) {joined}), ({apart})"  # noqa: S608 - names of our own
    )
    assert counted is not None  # noqa: S101 - it counts
    first: list[Unlike] = []
    if counted[2] and most_shown:
        named = tuple(dict.fromkeys((table.whose, table.ref, *table.columns)))
        rows = await connection.fetch(
            f"WITH {sides} SELECT {_named('l', named)}, {_named('r', named)} {joined} ORDER BY {_keys(table)} LIMIT {most_shown}"
        )
        first = [_unlike(table, named, tuple(row)) for row in rows]
    return Compared(table.name, counted[0], counted[1], counted[2], counted[3], first)


def _side(source: str, table: Table) -> str:
    return f"SELECT t.*, true AS is_there FROM {source} t WHERE {table.where} AND NOT {_outside(table)}"  # noqa: S608 - names of our own


def _outside(table: Table) -> str:
    return f"EXISTS (SELECT FROM replay_outside o WHERE o.principal = t.{table.whose} AND o.ref = t.{table.ref})"


def _keys(table: Table) -> str:
    return ", ".join(f"coalesce(l.{key}, r.{key})" for key in table.keys)


def _named(side: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{side}.{column}" for column in ("is_there", *columns))


def _unlike(table: Table, named: tuple[str, ...], row: tuple[Any, ...]) -> Unlike:
    half = len(row) // 2
    live, replayed = _values(table, named, row[:half]), _values(table, named, row[half:])
    there = dict(zip(named, row[1:half] if live is not None else row[half + 1 :], strict=True))
    return Unlike(there[table.whose], there[table.ref], live, replayed)


def _values(table: Table, named: tuple[str, ...], half: tuple[Any, ...]) -> dict[str, Any] | None:
    values = dict(zip(named, half[1:], strict=True))
    return None if half[0] is None else {column: values[column] for column in table.columns}
