"""Read a CSV file that strangers wrote: each row with its line, each broken line apart."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hub.errors import InputError

_MOST_LINES = 1_000  # of one row; a quote that never closes costs its own line, not the rest of the file


class Row(NamedTuple):
    """One row by its columns' names, ends trimmed; `line` is where it begins, the header being line 1."""

    line: int
    fields: dict[str, str]


class Broken(NamedTuple):
    """A line that is no row: the field, if it can be told, and what was expected."""

    line: int
    field: str
    expected: str


class Sheet(NamedTuple):
    """A whole file: its columns as they are written, its rows and broken lines in their order."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row | Broken, ...]


def read(path: Path, *, encoding: str, delimiter: str) -> Sheet:
    """Read a file whole; raises InputError where nothing of it can be read: not found, empty, in another encoding.

    What a field may hold is for the contracts to say. Blank lines are no rows. A broken row that spans
    lines is given up at its first line, and reading goes on with the next.
    """
    lines = _lines(path, encoding)
    header: list[str] = []
    at = 0
    while at < len(lines) and not header:
        header, at = _one(path.name, lines, at, delimiter)
    columns = tuple(column.strip() for column in header)
    if not any(columns):
        raise InputError(path.name, "a line with the columns' names")
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise InputError(f"{path.name}:1", f"each column once; {twice[0]} stands there again")
    return Sheet(path.name, columns, tuple(_rows(lines, at, columns, delimiter)))


def _lines(path: Path, encoding: str) -> list[str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"a file that can be read ({error.strerror})") from None
    if not raw.strip():
        raise InputError(path.name, "a line with the columns' names; the file is empty")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and "16" not in encoding:
        raise InputError(path.name, f"text in {encoding}; it is UTF-16 (the mapping's `encoding` says how to read it)")
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{path.name}:{line}", f"text in {encoding} (the mapping's `encoding` says how to read it)") from None
    # not splitlines(): it would also break at form feeds and U+2028, which are no line's end to a CSV
    lines = [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if lines[-1] == "\n":
        lines.pop()
    return lines


def _one(name: str, lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    try:
        return _next(lines, at, delimiter)
    except csv.Error as error:
        raise InputError(f"{name}:{at + 1}", f"a line with the columns' names ({error})") from None


def _next(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The row that begins at a line, and the line after it."""
    following = (lines[n] for n in range(at, min(at + _MOST_LINES, len(lines))))
    reader = csv.reader(following, delimiter=delimiter, strict=True)
    row = next(reader)
    return (row if any(value.strip() for value in row) or len(row) > 1 else []), at + reader.line_num


def _rows(lines: Sequence[str], at: int, columns: Sequence[str], delimiter: str) -> Iterator[Row | Broken]:
    while at < len(lines):
        line = at + 1
        try:
            values, after = _next(lines, at, delimiter)
        except csv.Error as error:
            yield Broken(line, "", f"a row of CSV ({error})")
            at = line
            continue
        if values and len(values) != len(columns):
            yield Broken(line, "", f"{len(columns)} fields; this line has {len(values)}")
            at = line
            continue
        if values:
            yield Row(line, {column: value.strip() for column, value in zip(columns, values, strict=True) if column})
        at = after
