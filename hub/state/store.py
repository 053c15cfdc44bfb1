"""A store: one table of one subject's states, loaded and saved a batch at a time."""

import types
from collections.abc import Collection, Container, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import asyncpg
import orjson

from hub.rules.decision import Subject
from hub.rules.order import Position
from hub.state.overwriting import overwriting
from hub.state.rows import RowType, texts
from hub.state.together import Asked, Part, done_to, nothing

if TYPE_CHECKING:
    from sqlalchemy import Table

S = TypeVar("S", bound=tuple[Any, ...])
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_TYPES: Mapping[object, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    date: "date",
    datetime: "timestamptz",
    list: "jsonb",
    dict: "jsonb",
}
_JSON = {"json", "jsonb"}
_ENGINE = {
    "principal": "text",
    "ref": "text",
    "row_version": "bigint",
    "ordered_at": "timestamptz",
    "revision": "bigint",
    "tie": "text",
    "because": "uuid",
}


class Kept(NamedTuple, Generic[S]):
    """A state as stored: its version guards the next save, its position says how far it is folded, its place where its row was found."""

    version: int
    position: Position
    because: UUID
    state: S
    place: str | None = None


class Heard(NamedTuple, Generic[S]):
    """The states of subjects, and those without one of which something was said before: a rule kept it, and may have to count it now."""

    states: Mapping[Subject, Kept[S]]
    spoken_of: Container[Subject]


class TooLarge(OverflowError):  # noqa: N818 - what it is, not that it is one
    """An integer beyond 64 bits stands in the JSON of a field, whose type would have refused it had it a column of its own."""

    def __init__(self, field: str) -> None:
        self.detail = f"{field}: 64 bits"
        super().__init__(f"{field}: beyond 64 bits")


class _Columns:
    """What a save writes, as rows of a type of the session's own: a row's place, the engine's columns, the fields or those at `places`."""

    def __init__(self, table: str, name: str, kinds: Mapping[str, str], places: Sequence[int] | None = None) -> None:
        # JSON goes in as text: a row that holds a type with a codec of ours could not be sent in binary
        self.rows = RowType(name, {"row_place": "text"} | {column: "text" if kind in _JSON else kind for column, kind in kinds.items()})
        self.cast = {column: f"n.{column}::{kind}" if kind in _JSON else f"n.{column}" for column, kind in kinds.items()}
        self._places = places
        self._packed = [at for at, column in enumerate(self.rows.columns) if kinds.get(column) in _JSON]
        updates = ", ".join(f"{column} = {value}" for column, value in self.cast.items() if column not in {"principal", "ref"})
        update = (
            f"UPDATE {table} t SET {updates} FROM unnest((SELECT $1::{self.rows.array})) AS n"  # noqa: S608 - names of our own
            " WHERE t.row_version = n.row_version - 1 AND t.principal = n.principal AND t.ref = n.ref AND t.ctid = n.row_place::tid"
        )
        # A row is looked for where it was when loaded, not in the index once more: what is not there, somebody else has written.
        self.update = done_to(f"updated_{table}", update, 2)

    def row(self, subject: Subject, kept: Kept[Any]) -> tuple[Any, ...]:
        """A row; a list would be an array within the array."""
        version, position, because, state, place = kept
        fields = state if self._places is None else [state[at] for at in self._places]
        row = [place, *subject, version, *position, because, *fields]
        for at in self._packed:
            if row[at] is not None:
                row[at] = self._pack(at, row[at])
        return tuple(row)

    def _pack(self, at: int, value: Any) -> str:  # noqa: ANN401 - any JSON value
        try:
            return orjson.dumps(value).decode()
        except TypeError as error:
            if "64-bit" not in str(error):
                raise  # what is no JSON a rule made: no record is to blame
            raise TooLarge(list(self.rows.columns)[at]) from None


class Store(Generic[S]):
    """States of one kind by (principal, ref); the columns are the fields of the state's NamedTuple.

    A save succeeds only on the version that was loaded. The page keeps room (fillfactor 70) for updates in place. `stepping` are
    the fields that change as time goes by: where a batch changes nothing else, it writes nothing else. They change so often, and are
    searched so seldom, that their JSON is kept as it was written: to take it apart and put it together again costs more than the row.
    """

    def __init__(self, name: str, state: type[S], *indexes: tuple[str, ...], stepping: tuple[str, ...] = ()) -> None:
        self.name, self.state = name, state
        hints = get_type_hints(state)
        fields = {field: _column(hints[field], field in stepping) for field in state._fields}  # type: ignore[attr-defined] # it is a NamedTuple
        self._fields, self._indexes = fields, indexes
        kinds = {field: kind for field, (kind, _) in fields.items()}
        self.as_written = tuple(field for field, kind in kinds.items() if kind == "json")
        places = [place for place, field in enumerate(fields) if field in stepping]
        self._whole = _Columns(name, name, {**_ENGINE, **kinds})
        self.row = self._whole.row
        self._steps = _Columns(name, f"{name}_steps", {**_ENGINE, **{f: kind for f, kind in kinds.items() if f in stepping}}, places)
        self._lasting = itemgetter(*(place for place in range(len(fields)) if place not in places)) if stepping else None
        self.rows = [self._whole.rows, self._steps.rows] if stepping else [self._whole.rows]
        listed = ", ".join(self._whole.cast)
        load = f"SELECT {', '.join('t.' + c for c in self._whole.cast)}, t.ctid::text FROM {name} t"  # noqa: S608 - names of our own
        # PostgreSQL would see how long an array is, and plan for a short one each time: behind a SELECT it does not. LIMIT keeps it
        # from a join that reads all, and the journal is counted subject by subject: it takes what nobody has analyzed yet for little.
        found = f"LATERAL ({load} WHERE t.principal = k.principal AND t.ref = k.ref LIMIT 1) AS t"
        names = "(SELECT $1::text::text[]), (SELECT $2::text::text[])"
        self._load = Part("", f"SELECT t.* FROM unnest({names}) AS k (principal, ref) CROSS JOIN {found}")  # noqa: S608 - names of our own
        self._heard = Part(
            "",
            f"SELECT k.principal, k.ref, {', '.join('t.' + c for c in list(self._whole.cast)[2:])}, t.ctid"  # noqa: S608 - names of our own
            f" FROM unnest({names}, (SELECT $3::text::int[])) AS k (principal, ref, parts) LEFT JOIN {found} ON true"
            " WHERE t.ref IS NOT NULL OR k.parts < ("
            f"SELECT count(*) FROM journal j WHERE j.ref = k.ref AND j.store = '{name}' AND j.principal = k.principal)",
        )
        create = (
            f"INSERT INTO {name} ({listed}) SELECT {', '.join(self._whole.cast.values())}"  # noqa: S608 - names of our own
            f" FROM unnest($1::{self._whole.rows.array}) AS n"
        )
        self._create = Part(f"created_{name} AS ({create})", "")
        self._overwrite = Part(f"overwritten_{name} AS ({overwriting(name, self._whole.rows.array, self._whole.cast, fields)})", "")
        remove = (
            f"DELETE FROM {name} t USING unnest($1::text[], $2::text[], $3::bigint[]) AS k (principal, ref, version)"  # noqa: S608 - names of our own
            " WHERE t.principal = k.principal AND t.ref = k.ref AND t.row_version = k.version"
        )
        self._remove = done_to(f"removed_{name}", remove, 4)

    @cached_property
    def table(self) -> "Table":
        """The table, for migrations and for queries that are put together."""
        from hub.state.schema import states  # SQLAlchemy takes a quarter of the memory of a process, and no process asks by it

        return states(self.name, self._fields, self._indexes)

    async def load(self, connection: "Connection", subjects: Collection[Subject]) -> dict[Subject, Kept[S]]:
        """The states of those subjects that have one, in one statement."""
        return await Asked(self._load, _names(subjects), self._kept).alone(connection)

    def hearing(self, subjects: Mapping[Subject, int]) -> Asked[Heard[S]]:
        """The states of those subjects that have one, and those without one of which the journal has more than so many parts."""
        return Asked(self._heard, (*_names(subjects), texts([str(parts) for parts in subjects.values()])), self._read)

    def loading(self, subjects: Collection[Subject]) -> Asked[Heard[S]]:
        """As `load`, to be asked together with what else there is to ask."""
        return Asked(self._load, _names(subjects), lambda rows: Heard(self._kept(rows), ()))

    def _read(self, rows: Sequence[asyncpg.Record]) -> Heard[S]:
        stateless = {Subject(row[0], row[1]) for row in rows if row[2] is None}
        return Heard(self._kept([row for row in rows if row[2] is not None] if stateless else rows), stateless)

    def _kept(self, rows: Sequence[asyncpg.Record]) -> dict[Subject, Kept[S]]:
        make = self.state._make  # type: ignore[attr-defined] # it is a NamedTuple
        return {
            Subject(row[0], row[1]): Kept(row[2], Position(row[3], row[4], row[5]), row[6], make(row[7:-1]), row[-1])
            for row in map(tuple, rows)
        }

    def saving(self, kept: Mapping[Subject, Kept[S]], loaded: Mapping[Subject, Kept[S]]) -> list[Asked[None]]:
        """What is to be done to save, in key order; UniqueViolationError or DivisionByZeroError tells that a version is another by now.

        What was never stored is created, what was is updated: an upsert would bring back a state that
        another transaction has removed since.
        """
        ordered = sorted(kept.items(), key=itemgetter(0))
        created = [self._whole.row(subject, each) for subject, each in ordered if each.version == 1]
        columns = self._steps if self._only_steps(kept, loaded) else self._whole
        updated = [columns.row(subject, each) for subject, each in ordered if each.version > 1]
        asked = [Asked(self._create, (created,), nothing)] if created else []
        return [*asked, Asked(columns.update, (updated, len(updated)), nothing)] if updated else asked

    def overwriting(self, rows: Mapping[Subject, tuple[Any, ...]]) -> Asked[None]:
        """What is to be done to put these, each made of one event, in the place of whatever is there, unless that is past the event."""
        return Asked(self._overwrite, ([row for _, row in sorted(rows.items(), key=itemgetter(0))],), nothing)

    def _only_steps(self, kept: Mapping[Subject, Kept[S]], loaded: Mapping[Subject, Kept[S]]) -> bool:
        """Whether all that is new of what was there is what changes as time goes by."""
        lasting = self._lasting
        return lasting is not None and all(
            lasting(each.state) == lasting(loaded[subject].state) for subject, each in kept.items() if each.version > 1
        )

    def removing(self, versions: Mapping[Subject, int]) -> Asked[None]:
        """What is to be done to remove states whose every event was corrected away; DivisionByZeroError if any is at another version."""
        rows = sorted((*subject, version) for subject, version in versions.items())
        return Asked(self._remove, [*zip(*rows, strict=True), len(rows)], nothing)


def _names(subjects: Collection[Subject]) -> tuple[str, str]:
    return texts([subject.principal for subject in subjects]), texts([subject.ref for subject in subjects])


def _column(hint: Any, is_stepping: bool) -> tuple[str, bool]:  # noqa: ANN401 - any annotation
    """The column's type, and whether it may be NULL."""
    options = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    (kind,) = (option for option in options if option is not type(None))
    found = _TYPES[get_origin(kind) or kind]
    return "json" if is_stepping and found == "jsonb" else found, type(None) in options
