"""Tell what an event type is: its fields, its topics, its versions, an example."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contracts import schema
from contracts.catalogue import BY_NAME, LINEAGES, NewerVersion, lookup
from contracts.contract import Invalid, Lineage
from contracts.topics import CATALOGUE
from contracts.values import EXPECTED
from hub.errors import InputError

_RANGE = {"minimum": "≥", "maximum": "≤", "minLength": "length ≥", "maxLength": "length ≤", "minItems": "items ≥", "maxItems": "items ≤"}


class Field(NamedTuple):
    """One field of a body, by its path (`amount.currency`, `stages[].name`)."""

    path: str
    type: str
    required: bool
    range: str
    default: object


@dataclass(frozen=True, slots=True)
class Facts:
    """All there is to know of an event type."""

    wire: str
    description: str
    key: str
    topics: tuple[str, ...]
    versions: tuple[str, ...]
    fields: tuple[Field, ...]
    example: str


def types() -> list[Facts]:
    """Every event type of the catalogue, in its order."""
    return [_facts(lineage, len(lineage.editions)) for lineage in LINEAGES]


def show(name: str) -> Facts:
    """One event type, by name (`lead.received`) or wire type (`hub.lead.received.v1`); raises InputError."""
    return _facts(*find(name))


def find(name: str) -> tuple[Lineage[Any], int]:
    """The event type of a name or wire type with its version, the current one unless said; raises InputError."""
    lineage = BY_NAME.get(name)
    if lineage is not None:
        return lineage, len(lineage.editions)
    try:
        return lookup(name)
    except (Invalid, NewerVersion):
        near = sorted(known for known in BY_NAME if known.split(".")[0] == name.removeprefix("hub.").split(".")[0])
        raise InputError("TYPE", f"one of {', '.join(near)}" if near else "an event type, see `hub contracts list`", name) from None


def _facts(lineage: Lineage[Any], version: int) -> Facts:
    document = schema.every(lineage)[version - 1]
    folder = schema.examples(schema.HOME, lineage.name, version)
    return Facts(
        wire=str(document["title"]),
        description=str(document.get("description", "")),
        key=lineage.ref_field,
        topics=tuple(topic.name for topic in CATALOGUE if any(lineage is carried for carried in topic.types)),
        versions=tuple(f"v{at}" for at in range(1, len(lineage.editions) + 1)),
        fields=tuple(_fields(document, document, "")),
        example=_text(folder / "full.json"),
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _fields(root: Mapping[str, Any], node: Mapping[str, Any], path: str) -> Iterator[Field]:
    for name, declared in node.get("properties", {}).items():
        where = f"{path}{name}"
        shape, suffix = _shape(root, declared)
        kind = f"list of {_kind(shape)}" if suffix else _kind(shape)
        yield Field(where, kind, name in node.get("required", ()), _range(shape), declared.get("default"))
        yield from _fields(root, shape, f"{where}{suffix}.")


def _shape(root: Mapping[str, Any], declared: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The schema behind references, alternatives to null and lists."""
    for _ in range(20):  # a schema that refers to itself ends here
        if "$ref" in declared:
            declared = root["$defs"][str(declared["$ref"]).rsplit("/", 1)[1]]
        elif "anyOf" in declared:
            declared = next(part for part in declared["anyOf"] if part.get("type") != "null")
        else:
            break
    if declared.get("type") == "array" and isinstance(declared.get("items"), Mapping):
        return _shape(root, declared["items"])[0], "[]"
    return declared, ""


def _kind(shape: Mapping[str, Any]) -> str:
    return str(shape.get("format") or shape.get("title") or shape.get("type", "anything"))


def _range(shape: Mapping[str, Any]) -> str:
    said = [f"{sign} {shape[word]}" for word, sign in _RANGE.items() if word in shape]
    if "enum" in shape:
        said.append(" | ".join(map(str, shape["enum"])))
    if "const" in shape:
        said.append(f"{shape['const']} only")
    if "pattern" in shape:
        said.append(EXPECTED.get(shape["pattern"], shape["pattern"]))
    return ", ".join(said)
