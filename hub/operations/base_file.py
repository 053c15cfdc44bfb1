"""Base data as a file that people write: YAML, by kind a list of editions."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from contracts.base import LINEAGES, StaffPass
from contracts.base.v1 import BaseDatum, Staff
from contracts.contract import Lineage, findings
from contracts.values import Instant
from hub.errors import HubError
from hub.operations.yaml_places import Document, Place, documents, text_of, written

BY_KIND: dict[str, Lineage[Any]] = {lineage.body.KIND: lineage for lineage in LINEAGES}
ENVELOPE = frozenset({"occurred_at", "revision", "corrects"})
"""Fields of an event that are no part of what it lays down."""

OF_PEOPLE = frozenset({Staff.KIND, StaffPass.KIND})
"""The kinds that tell of people; nothing else that is laid down does."""

STARTER = Path(__file__).with_name("starter.yaml")
"""What a new hub begins with."""

_MOST_FAULTS = 20


class Laid(NamedTuple):
    """One edition as a file has it, and the line where it begins."""

    line: int
    datum: BaseDatum


class BaseFile(NamedTuple):
    """A file's editions; `laid_down` is when the OEM said so, None: when it is applied."""

    name: str
    editions: list[Laid]
    laid_down: datetime | None = None


class _Head(BaseModel):
    laid_down: Instant


def read(path: Path) -> BaseFile:
    """Read a file; raises InputError or HubError with every fault's line and field path."""
    return parse(text_of(path), path.name)


def parse(text: str, name: str) -> BaseFile:
    """The same, from the text."""
    reading = _Reading(name)
    for document in documents(text, name):
        reading.take(document)
    if reading.faults:
        more = [f"… and {len(reading.faults) - _MOST_FAULTS} more"] if len(reading.faults) > _MOST_FAULTS else []
        raise HubError("\n     ".join([*reading.faults[:_MOST_FAULTS], *more]))
    return BaseFile(name, reading.editions, reading.laid_down)


def write(data: Iterable[BaseDatum]) -> str:
    """The file that lays these editions down; defaults are left out."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for datum in data:
        entry = {"id": datum.id} | datum.model_dump(exclude=set(ENVELOPE), exclude_defaults=True)
        by_kind.setdefault(datum.KIND, []).append(entry)
    ordered = {kind: by_kind[kind] for kind in BY_KIND if kind in by_kind}
    return str(yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=120)) if ordered else ""


class _Reading:
    """What has been read of one file: its editions, and every fault with its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.editions: list[Laid] = []
        self.faults: list[str] = []
        self.laid_down: datetime | None = None
        self._first: dict[str, int] = {}

    def take(self, document: Document) -> None:
        """Read one document."""
        for place, line in document.repeated:
            self._fault(line, place, "each name once")
        if document.value is None:
            return
        if not isinstance(document.value, dict):
            self._fault(document.line(()), (), f"a mapping of {', '.join(BY_KIND)}")
            return
        for key, said in document.value.items():
            line = document.line((key,))
            if key == "laid_down":
                self._take_moment(said, line)
            elif key not in BY_KIND:
                self._fault(line, (str(key),), f"one of {', '.join(BY_KIND)}")
            elif not isinstance(said, list):
                self._fault(line, (key,), "a list of editions")
            else:
                for at, entry in enumerate(said):
                    self._take_edition(document, key, entry, (key, at))

    def _take_moment(self, said: object, line: int) -> None:
        text = said.isoformat() if isinstance(said, datetime) else said
        try:
            self.laid_down = _Head.model_validate_json(json.dumps({"laid_down": text}, default=str)).laid_down
        except ValidationError as error:
            self._fault(line, ("laid_down",), findings(error)[0].expected)

    def _take_edition(self, document: Document, kind: str, entry: object, at: Place) -> None:
        if not isinstance(entry, dict):
            self._fault(document.line(at), at, f"the fields of a {kind}")
            return
        try:
            datum = BY_KIND[kind].body.model_validate_json(json.dumps({**entry, "occurred_at": "1900-01-01T00:00:00Z"}, default=str))
        except ValidationError as error:
            fields = BY_KIND[kind].body.model_fields.keys() - ENVELOPE
            for key in (key for key in entry if key not in fields):
                self._fault(document.line((*at, key)), (*at, str(key)), f"one of {', '.join(sorted(fields))}")
            for finding in findings(error):
                place = (*at, *(int(step) if step.isdigit() else step for step in finding.path.split(".") if step))
                self._fault(document.line(place), place, finding.expected)
            return
        known = datum.model_dump(mode="json", exclude=set(ENVELOPE))
        for stranger in _strangers(entry, known):
            place = (*at, *stranger)
            self._fault(document.line(place), place, f"one of {', '.join(known)}" if len(stranger) == 1 else "a field that is known there")
        line = document.line(at)
        if datum.edition in self._first:
            self._fault(line, at, f"each edition once; line {self._first[datum.edition]} has {datum.edition} too")
        self._first.setdefault(datum.edition, line)
        self.editions.append(Laid(line, datum))

    def _fault(self, line: int, place: Place, expected: str) -> None:
        self.faults.append(f"{self.name}:{line}: {written(place)}: expected {expected}")


def _strangers(said: object, known: object) -> Iterator[Place]:
    """The places in what a person wrote that the contract passed over: a typing error, surely."""
    if isinstance(said, dict) and isinstance(known, dict):
        for key, value in said.items():
            if key not in known:
                yield (str(key),)
            else:
                yield from ((key, *place) for place in _strangers(value, known[key]))
    elif isinstance(said, list) and isinstance(known, list):
        for at, (one, other) in enumerate(zip(said, known, strict=False)):
            yield from ((at, *place) for place in _strangers(one, other))
