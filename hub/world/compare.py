"""Compare what must be true with what the hub's stores hold, field by field."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from hub.world.reckoning import Row
from hub.world.truth import Named, Truth

Stored = Mapping[str, object]
"""One row with its columns; those that the truth does not speak of are passed over."""

Counted = tuple[str, str | None, str]
"""A topic or a principal, a key, a reason or a hold."""

ROW = "(row)"
NOWHERE = "nowhere"


class Difference(NamedTuple):
    """One field that is not as it must be; ROW where a whole row is missing or too many."""

    store: str
    principal: str
    ref: str
    field: str
    expected: object
    got: object


@dataclass(slots=True)
class Comparison:
    """How many fields were compared, how many differ by store, and the first of these."""

    compared: int = 0
    differing: Counter[str] = field(default_factory=Counter)
    shown: list[Difference] = field(default_factory=list)

    def note(self, found: Difference, most_shown: int) -> None:
        """Take one comparison into account; equal values are no difference."""
        self.compared += 1
        if found.expected != found.got:
            self.differing[found.store] += 1
            if len(self.shown) < most_shown:
                self.shown.append(found)

    @property
    def is_equal(self) -> bool:
        """Whether all is as it must be; where nothing was compared, nothing is known to be."""
        return self.compared > 0 and not self.differing

    @property
    def verdict(self) -> str:
        """The outcome in a line."""
        if not self.compared:
            return "nothing to compare"
        if not self.differing:
            return f"all {self.compared:,} values are as they must be"
        where = ", ".join(f"{store} {count}" for store, count in sorted(self.differing.items()))
        return f"{self.differing.total()} of {self.compared} values differ ({where})"


def compare(
    truth: Truth,
    rows: Mapping[str, Iterable[Stored]],
    *,
    dead: Iterable[Stored] | None = None,
    waiting: Iterable[Stored] | None = None,
    most_shown: int = 20,
) -> Comparison:
    """Compare the rows of each store by its name, and if given the open dead letters and the waiting records.

    A store of which the truth speaks and that is not among `rows` counts as empty. Rows of another world, or of
    nobody's, are passed over: a row is this world's by its `mark`, in whoever's name it stands.
    """
    found = Comparison()

    for store, expected in truth.rows.items():
        _rows(found, store, expected, rows.get(store, ()), truth.mark, most_shown)
    if dead is not None:
        letters = Counter[Counted]((str(letter["topic"]), _key(letter["key"]), str(letter["reason"])) for letter in dead)
        _counts(found, "dead_letters", Counter[Counted](truth.dead), letters, truth.mark, most_shown)
    if waiting is not None:
        expected_waits: dict[Counted, int] = {(wait.principal, wait.key, wait.hold): count for wait, count in truth.waiting.items()}
        waits = Counter[Counted]((str(row["principal"]), str(row["key"]), str(row["hold"])) for row in waiting)
        _counts(found, "waiting", expected_waits, waits, truth.mark, most_shown)
    return found


def _rows(found: Comparison, store: str, expected: Mapping[Named, Row], rows: Iterable[Stored], mark: str, most_shown: int) -> None:
    there = {(str(row["principal"]), str(row["ref"])): row for row in rows}
    for named, wanted in expected.items():
        row = there.pop(named, None)
        if row is None:
            found.note(Difference(store, *named, ROW, "a row", NOWHERE), most_shown)
            continue
        for column, value in wanted.items():
            got = _alike(row[column], value) if column in row else NOWHERE
            found.note(Difference(store, *named, column, value, got), most_shown)
    for named in there:
        if store != "base_data" and mark in named[1]:
            found.note(Difference(store, *named, ROW, NOWHERE, "a row"), most_shown)


def _counts(found: Comparison, store: str, expected: Mapping[Counted, int], got: Mapping[Counted, int], mark: str, most_shown: int) -> None:
    """Keyless records may be of any world: of those there must be enough, of all others as many as expected."""
    for what in sorted({*expected, *got}, key=str):
        place, key, detail = what
        if key is None:
            found.note(
                Difference(store, place, "", detail, expected.get(what, 0), min(expected.get(what, 0), got.get(what, 0))), most_shown
            )
        elif mark in key:
            found.note(Difference(store, place, key, detail, expected.get(what, 0), got.get(what, 0)), most_shown)


def _alike(got: object, expected: object) -> object:
    """The stored value in the type of the expected one: a column may come as JSON text."""
    if isinstance(got, str):
        match expected:
            case datetime():
                return datetime.fromisoformat(got)
            case date():
                return date.fromisoformat(got)
            case dict() | list():
                parsed: object = json.loads(got)
                return parsed
            case _:
                return got
    return got


def _key(key: object) -> str | None:
    return None if key is None else str(key)
