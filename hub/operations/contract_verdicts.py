"""Judge records that stand in a file, each with the field paths of its faults."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json, to_json

from contracts.catalogue import NewerVersion, lookup
from contracts.contract import Finding, Invalid
from contracts.envelope import STRUCTURED, read
from contracts.json_text import refuse_ambiguous
from hub.errors import InputError
from hub.operations.contract_facts import find

_HEADERS = [("content-type", STRUCTURED.encode())]


class Verdict(NamedTuple):
    """What the hub would say to one record; `place` is its number in the file, `key` the record key it needs."""

    place: int
    type: str
    id: str
    key: str
    reason: str
    faults: tuple[Finding, ...]

    @property
    def is_valid(self) -> bool:
        """Whether the record keeps its contract."""
        return not self.reason


def judge(path: Path, type_name: str | None = None) -> list[Verdict]:
    """Judge a file of CloudEvents in structured mode: one, a JSON array of them, or one a line.

    With `type_name` the records are bare bodies of that type. Raises InputError where there is nothing to read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), "a file that can be read", error.strerror) from None
    if not data.strip():
        raise InputError(str(path), "at least one record", "an empty file")
    if type_name is None:
        return [_event(place, record) for place, record in _records(data)]
    lineage, version = find(type_name)
    return [_body(place, record, f"hub.{lineage.name}.v{version}") for place, record in _records(data)]


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a file; what is not JSON as a whole is taken line by line."""
    try:
        whole = from_json(data)
    except ValueError:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].lstrip()[:1] == b"{" and lines[0].rstrip()[-1:] == b"}":
            yield from enumerate(lines, 1)
        else:
            yield 1, data
        return
    if not isinstance(whole, list):
        yield 1, data
        return
    try:
        refuse_ambiguous(data, "schema")
    except Invalid as wrong:  # its place within the array is the first step of the path
        raise InputError(wrong.findings[0].path or "(file)", wrong.findings[0].expected) from None
    yield from ((place, to_json(record)) for place, record in enumerate(whole, 1))


def _event(place: int, record: bytes) -> Verdict:
    wire = event_id = ""
    try:
        envelope, data = read(_HEADERS, record)
        wire, event_id = envelope.type, envelope.id
        lookup(wire)
    except Invalid as wrong:
        return Verdict(place, wire, event_id, "", wrong.reason, wrong.findings)
    except NewerVersion:
        return Verdict(place, wire, event_id, "", "newer_version", (Finding("type", "a version that this hub knows already"),))
    return _body(place, data, wire, event_id)


def _body(place: int, data: bytes, wire: str, event_id: str = "") -> Verdict:
    lineage, version = lookup(wire)
    try:
        body = lineage.decode(version, data)
    except Invalid as wrong:
        return Verdict(place, wire, event_id, "", wrong.reason, wrong.findings)
    return Verdict(place, wire, event_id, lineage.ref(body), "", ())
