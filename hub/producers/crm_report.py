"""What became of every line of an export: imported, repaired on the way, or refused."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Repair(NamedTuple):
    """One cell that was taken otherwise than it stands; `became` says how, in words or as the value."""

    file: str
    line: int
    field: str
    got: str
    became: str


class Refusal(NamedTuple):
    """One line that was not imported: the column, if it was one, and what was expected."""

    file: str
    line: int
    field: str
    expected: str


class Refused(Exception):  # noqa: N818 - a verdict upon a line
    """The line cannot be imported: the column, and what was expected there."""

    def __init__(self, field: str, expected: str) -> None:
        self.field, self.expected = field, expected
        super().__init__(f"{field}: {expected}")


class Tally(NamedTuple):
    """The lines of one file but for its header and blank ones: `lines` = `imported` + `refused`."""

    lines: int
    imported: int
    refused: int
    repaired: int
    unused_columns: tuple[str, ...] = ()


class Group(NamedTuple):
    """Equal repairs or refusals: how many lines, and the first of them."""

    file: str
    field: str
    told: str
    lines: int
    first: int


@dataclass(slots=True)
class Report:
    """All that a person has to know of an import; `tallies` by file."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def close(self, file: str, lines: int, unused: tuple[str, ...] = ()) -> None:
        """Count up a file that has been read to its end."""
        refused = len({refusal.line for refusal in self.refusals if refusal.file == file})
        repaired = len({repair.line for repair in self.repairs if repair.file == file})
        self.tallies[file] = Tally(lines, lines - refused, refused, repaired, unused)

    def repaired(self) -> list[Group]:
        """Equal repairs together, the most frequent first."""
        return _grouped({(r.file, r.line, r.field): f"{r.got or '(empty)'} → {r.became}" for r in self.repairs})

    def refused(self) -> list[Group]:
        """Equal refusals together, the most frequent first."""
        return _grouped({(r.file, r.line, r.field): r.expected for r in self.refusals})


def _grouped(told: Mapping[tuple[str, int, str], str]) -> list[Group]:
    lines: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (file, line, column), what in told.items():
        lines[file, column, what].append(line)
    groups = [Group(*key, len(at), min(at)) for key, at in lines.items()]
    return sorted(groups, key=lambda group: (-group.lines, group.file, group.first))
