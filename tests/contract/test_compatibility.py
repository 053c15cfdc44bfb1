"""Every kind of change is judged: who may still read what, and who deploys first."""

import json
from typing import Any

import jsoncompat
import pytest

from contracts import schema
from contracts.catalogue import LINEAGES
from hub.operations.compatibility import compare
from hub.operations.schema_change import Change, First, first_of

NOBODY, READERS, WRITERS, NEITHER = First.NOBODY, First.READERS, First.WRITERS, First.NEITHER


def record(required: tuple[str, ...] = ("a",), **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required)}


def nullable(part: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [part, {"type": "null"}]}


def array(items: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def tuple_(*places: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "array", "prefixItems": list(places), **more}


def defined(part: dict[str, Any], name: str = "Money") -> dict[str, Any]:
    return {**record(a={"$ref": f"#/$defs/{name}"}), "$defs": {name: part}}


INT: dict[str, Any] = {"type": "integer"}
STR: dict[str, Any] = {"type": "string"}
NUM: dict[str, Any] = {"type": "number"}
ABC = {"enum": ["a", "b", "c"], "type": "string"}
AB = {"enum": ["a", "b"], "type": "string"}
OPEN: tuple[str, ...] = ()
CLOSED = {"additionalProperties": False}

# name, old, new, path, whether it breaks, who is first; each is also judged the other way round
SYMMETRIC: list[tuple[str, dict[str, Any], dict[str, Any], str, First]] = [
    ("the type widened", record(a=INT), record(a=NUM), "a", READERS),
    ("a number's minimum loosened", record(a=INT | {"minimum": 5}), record(a=INT | {"minimum": 1}), "a", READERS),
    ("a number's minimum removed", record(a=INT | {"minimum": 5}), record(a=INT), "a", READERS),
    ("a number's maximum loosened", record(a=INT | {"maximum": 5}), record(a=INT | {"maximum": 9}), "a", READERS),
    ("an exclusive bound removed", record(a=INT | {"exclusiveMaximum": 5}), record(a=INT), "a", READERS),
    ("a length loosened", record(a=STR | {"maxLength": 5}), record(a=STR | {"maxLength": 9}), "a", READERS),
    ("a least length loosened", record(a=STR | {"minLength": 5}), record(a=STR | {"minLength": 0}), "a", READERS),
    ("a pattern removed", record(a=STR | {"pattern": "^x$"}), record(a=STR), "a", READERS),
    ("a format removed", record(a=STR | {"format": "date"}), record(a=STR), "a", READERS),
    ("a value of an enum added", record(a=AB), record(a=ABC), "a", READERS),
    ("an enum removed", record(a=AB), record(a=STR), "a", READERS),
    ("a constant widened", record(a={"const": "a", "type": "string"}), record(a=AB), "a", READERS),
    ("null allowed", record(a=INT), record(a=nullable(INT)), "a", READERS),
    ("a field becomes optional", record(a=INT), record(OPEN, a=INT), "a", READERS),
    ("a list's length loosened", record(a=array(INT, maxItems=3)), record(a=array(INT, maxItems=5)), "a", READERS),
    ("a list's items widened", record(a=array(INT)), record(a=array(NUM)), "a.[]", READERS),
    ("a list's items may repeat", record(a=array(INT, uniqueItems=True)), record(a=array(INT)), "a", READERS),
    ("a list's items may be anything", record(a=array(INT)), record(a={"type": "array"}), "a.[]", READERS),
    ("a tuple's place widened", record(a=tuple_(INT, STR)), record(a=tuple_(NUM, STR)), "a.0", READERS),
    ("a field of an object widened", record(a=record(("b",), b=INT)), record(a=record(("b",), b=NUM)), "a.b", READERS),
    ("a field of a definition widened", defined(record(("b",), b=INT)), defined(record(("b",), b=NUM)), "a.b", READERS),
    ("a definition replaces its like, wider", record(a=record(("b",), b=INT)), defined(record(("b",), b=NUM), "Other"), "a.b", READERS),
    ("a kind of value added", record(a=INT), record(a={"anyOf": [INT, STR]}), "a", READERS),
    ("a kind of value added to two", record(a={"anyOf": [INT, STR]}), record(a={"anyOf": [INT, STR, {"type": "boolean"}]}), "a", READERS),
    (
        "kinds of value listed by type",
        record(a={"type": ["integer", "null"]}),
        record(a={"type": ["integer", "string", "null"]}),
        "a",
        READERS,
    ),
    (
        "a map's values widened",
        record(a={"type": "object", "additionalProperties": INT}),
        record(a={"type": "object", "additionalProperties": NUM}),
        "a.*",
        READERS,
    ),
    ("other fields allowed", record(a=INT) | {"additionalProperties": False}, record(a=INT), "", READERS),
    ("a step of numbers removed", record(a=INT | {"multipleOf": 5}), record(a=INT), "a", READERS),
]
MIRROR = {READERS: WRITERS, WRITERS: READERS, NOBODY: NOBODY, NEITHER: NEITHER}

ONE_WAY: list[tuple[str, dict[str, Any], dict[str, Any], str, bool, First]] = [
    ("an optional field added", record(a=INT), record(a=INT, b=STR), "b", False, NOBODY),
    ("a required field added", record(a=INT), record(("a", "b"), a=INT, b=STR), "b", True, WRITERS),
    ("an optional field removed", record(a=INT, b=STR), record(a=INT), "b", False, NOBODY),
    ("a required field removed", record(("a", "b"), a=INT, b=STR), record(a=INT), "b", False, READERS),
    ("a required field renamed", record(a=INT), record(("b",), b=INT), "a", True, NEITHER),
    ("an optional field renamed", record(OPEN, a=INT), record(OPEN, b=INT), "a", True, NEITHER),
    ("the type changed", record(a=INT), record(a=STR), "a", True, NEITHER),
    ("the default changed", record(OPEN, a=INT | {"default": 1}), record(OPEN, a=INT | {"default": 2}), "a", True, NEITHER),
    ("a default of another type", record(OPEN, a={"default": 1}), record(OPEN, a={"default": True}), "a", True, NEITHER),
    ("the pattern changed", record(a=STR | {"pattern": "^x$"}), record(a=STR | {"pattern": "^y$"}), "a", True, NEITHER),
    ("the format changed", record(a=STR | {"format": "date"}), record(a=STR | {"format": "date-time"}), "a", True, NEITHER),
    ("a tuple's place added", record(a=tuple_(INT)), record(a=tuple_(INT, STR)), "a", True, NEITHER),
    ("an optional field added to a closed object", record(a=INT) | CLOSED, record(a=INT, b=INT) | CLOSED, "b", False, READERS),
    ("an unknown keyword", record(a=INT), record(a=INT | {"not": {"const": 3}}), "a", True, NEITHER),
    ("words only", record(a=INT | {"description": "x"}), record(a=INT | {"description": "y"}) | {"title": "z"}, "", False, NOBODY),
    ("a definition renamed", defined(record(("b",), b=INT)), defined(record(("b",), b=INT), "Cash"), "", False, NOBODY),
]  # fmt: skip


NO_OPINION = {
    "a pattern removed": "the other judge does not read patterns",
    "a format removed": "to the other judge a format is a comment, to our readers it is a rule",
}


def judge(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return compare(old, new)


@pytest.mark.parametrize(("name", "old", "new", "path", "first"), SYMMETRIC, ids=[case[0] for case in SYMMETRIC])
def test_what_widens_is_read_first_and_what_narrows_breaks(name: str, old: Any, new: Any, path: str, first: First) -> None:
    there, back = judge(old, new), judge(new, old)
    assert [(c.path, c.is_breaking, c.first) for c in there] == [(path, False, first)]
    assert [(c.path, c.is_breaking, c.first) for c in back] == [(path, True, MIRROR[first])]
    assert all(change.reason for change in there + back)


@pytest.mark.parametrize(("name", "old", "new", "path", "breaks", "first"), ONE_WAY, ids=[case[0] for case in ONE_WAY])
def test_each_change_has_its_verdict(name: str, old: Any, new: Any, path: str, breaks: bool, first: First) -> None:
    changes = judge(old, new)
    assert {change.path for change in changes} <= {path}
    assert any(change.is_breaking for change in changes) == breaks
    assert first_of(changes) == first
    assert bool(changes) == (name not in {"words only", "a definition renamed"})


@pytest.mark.parametrize(("name", "old", "new"), [(c[0], c[1], c[2]) for c in SYMMETRIC])
def test_another_judge_agrees(name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    for before, after in ((old, new), (new, old)):
        changes = judge(before, after)
        texts = json.dumps(before), json.dumps(after)
        if name not in NO_OPINION:
            assert jsoncompat.check_compat(*texts, "deserializer") == all(change.takes_old for change in changes)
            assert jsoncompat.check_compat(*texts, "serializer") == all(change.old_takes for change in changes)


def test_a_schema_is_compatible_with_itself() -> None:
    for lineage in LINEAGES:
        for document in schema.every(lineage):
            assert compare(document, document) == []


def test_a_schema_that_refers_to_itself_ends() -> None:
    def tree(value: dict[str, Any]) -> dict[str, Any]:
        node = record(("v",), v=value, children=array({"$ref": "#/$defs/Node"}))
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    assert [change.path for change in compare(tree(INT), tree(NUM))] == ["v"]


def test_wider_here_and_narrower_there_has_no_right_order() -> None:
    changes = compare(record(("a", "b"), a=INT, b=NUM), record(("a", "b"), a=NUM, b=INT))
    assert first_of(changes) == NEITHER
