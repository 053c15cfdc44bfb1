"""An audience as people write it: YAML with the audience, and the conditions under `where`."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from contracts.campaigns import Audience
from hub.errors import HubError, InputError
from hub.operations.yaml_places import Document, Place, documents, text_of, written
from hub.rules.audience import TREES, Unfit, Where, conditions

_MOST_FAULTS = 20


class Chosen(NamedTuple):
    """An audience and whom of it: the tree, and the same as the JSON that travels."""

    audience: Audience
    tree: Where
    document: str


def read(path: Path) -> Document:
    """A file's only document, a mapping; raises InputError with the line where it is none."""
    found = list(documents(text_of(path), path.name))
    if len(found) != 1 or not isinstance(found[0].value, dict):
        raise InputError(path.name, "one mapping (docs/campaigns.md shows one)")
    return found[0]


def audience(path: Path) -> Chosen:
    """The audience that a file chooses, alone or as part of a campaign; raises HubError with each fault's line and path."""
    document = read(path)
    chosen, faults = choose(document, path.name)
    if chosen is None:
        raise faulty(faults)
    return chosen


def choose(document: Document, name: str) -> tuple[Chosen | None, list[str]]:
    """What a document says under `audience` and `where`, or what is wrong with it, a line each."""
    faults = [fault(document, name, place, "each name once") for place, _ in document.repeated]
    of = document.value.get("audience")
    if of not in TREES:
        return None, [*faults, fault(document, name, ("audience",), f"one of {', '.join(TREES)}")]
    said = json.dumps(document.value.get("where") or {}, default=_text, ensure_ascii=False)
    try:
        tree = conditions(cast("Audience", of), said)
    except Unfit as error:
        return None, [*faults, *_told(document, name, error)]
    return (None, faults) if faults else (Chosen(cast("Audience", of), tree, said), [])


def fault(document: Document, name: str, place: Place, expected: str) -> str:
    """One fault as a person finds it: file, line, path, and what was expected."""
    return f"{name}:{document.line(place)}: {written(place)}: expected {expected}"


def faulty(faults: list[str]) -> HubError:
    """All faults of a file as one error."""
    more = [f"… and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
    return HubError("\n     ".join([*faults[:_MOST_FAULTS], *more]))


def place_of(path: str) -> Place:
    """A finding's path as a place of the document."""
    return tuple(int(step) if step.isdigit() else step for step in path.split(".") if step)


def _told(document: Document, name: str, error: Unfit) -> Iterator[str]:
    for path, expected in error.faults:
        yield fault(document, name, ("where", *place_of(path)), expected)


def _text(value: Any) -> str:  # noqa: ANN401 - any value that YAML knows and JSON does not
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
