"""Judge what a change of a JSON Schema means for those who read and those who write.

A change has two questions: does the new reader take what old writers wrote (and the log keeps for ever),
and does the old reader take what new writers write? Readers ignore fields they do not know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.operations import keyword_changes
from hub.operations.schema_change import Change, narrower, other, same, wider

Schema = Mapping[str, Any]

_WORDS = frozenset({"title", "description", "examples", "$schema", "$id", "$comment", "deprecated", "$defs"})
_JUDGED = _WORDS | {
    *keyword_changes.LOWER,
    *keyword_changes.UPPER,
    "type",
    "enum",
    "const",
    "pattern",
    "format",
    "default",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "uniqueItems",
    "multipleOf",
    "anyOf",
    "oneOf",
    "$ref",
    "allOf",
}
_MISSING = object()


def compare(old: Schema, new: Schema) -> list[Change]:
    """Every change from one schema to another, each with its field path."""
    return list(_Comparison(old, new).of(old, new, ""))


@dataclass(slots=True)
class _Side:
    """One schema document, whose `$ref`s it resolves."""

    root: Schema

    def resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self.root
            for step in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
                found = found[step] if step else found
            schema = {**found, **{word: held for word, held in schema.items() if word != "$ref"}}
        if len(schema.get("allOf", ())) == 1:  # how a reference with words of its own is written
            return self.resolve({**schema["allOf"][0], **{word: held for word, held in schema.items() if word != "allOf"}})
        return schema

    def branches(self, schema: Schema) -> tuple[list[Schema], bool]:
        """The kinds of value that a schema allows, without null, and whether null is one."""
        parts = schema.get("anyOf") or schema.get("oneOf")
        if parts is None and isinstance(schema.get("type"), list):
            parts = [{**schema, "type": kind} for kind in schema["type"]]
        if parts is None:
            return ([], True) if schema.get("type") == "null" else ([schema], False)
        found = [branch for part in parts for branch in [self.resolve(part)] if branch.get("type") != "null"]
        return found, len(found) < len(parts)


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = _Side(old), _Side(new)
        self._under_way: set[tuple[str, str]] = set()

    def of(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        pair = str(old.get("$ref", "")), str(new.get("$ref", ""))
        if all(pair):
            if pair in self._under_way:
                return  # a schema that refers to itself: the outer comparison tells
            self._under_way.add(pair)
        old, new = self._old.resolve(old), self._new.resolve(new)
        yield from keyword_changes.default(old, new, path)
        olds, had_null = self._old.branches(old)
        news, has_null = self._new.branches(new)
        if has_null != had_null:
            yield (wider if has_null else narrower)(path, f"null {'may' if has_null else 'must no longer'} stand here")
        if len(olds) == len(news) == 1:
            yield from self._value(olds[0], news[0], path)
        else:
            yield from self._union(olds, news, path)
        self._under_way.discard(pair)

    def _union(self, olds: list[Schema], news: list[Schema], path: str) -> Iterator[Change]:
        """Pair each kind of value with the one most like it on the other side; what is left over came or went."""
        left = list(news)
        for one in olds:
            scored = [(sum(c.is_breaking for c in self._value(one, rival, path)), at) for at, rival in enumerate(left)]
            best = min(scored, default=None)
            if best is None or one.get("type") != left[best[1]].get("type"):
                yield narrower(path, f"a kind of value went: {_name(one)}")
                continue
            yield from self._value(one, left.pop(best[1]), path)
        for rival in left:
            yield wider(path, f"a kind of value came: {_name(rival)}")

    def _value(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        kinds = old.get("type"), new.get("type")
        if kinds[0] != kinds[1]:
            yield keyword_changes.type_change(*kinds, path)
            if {*kinds} != {"integer", "number"}:
                return
        yield from keyword_changes.limits(old, new, path)
        yield from keyword_changes.choices(old, new, path)
        yield from keyword_changes.notation(old, new, path)
        yield from self._fields(old, new, path)
        yield from self._items(old, new, path)
        for word in sorted((old.keys() | new.keys()) - _JUDGED):
            if old.get(word, _MISSING) != new.get(word, _MISSING):
                yield other(path, f"`{word}` changed, which nobody here can judge")
        if old.get("allOf") != new.get("allOf"):
            yield other(path, "`allOf` changed, which nobody here can judge")

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        had, has = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        gone, come = [name for name in had if name not in has], [name for name in has if name not in had]
        for name in list(gone):
            twin = next(
                (new_name for new_name in come if _bare(had[name]) == _bare(has[new_name]) and (name in needed) == (new_name in needs)),
                None,
            )
            if twin is not None and len(gone) == len(come):
                gone.remove(name)
                come.remove(twin)
                yield self._renamed(_join(path, name), twin, was_required=name in needed)
        for name in gone:
            yield self._gone(_join(path, name), new, was_required=name in needed)
        for name in come:
            yield self._come(_join(path, name), old, is_required=name in needs)
        for name in had:
            if name in has:
                yield from self.of(had[name], has[name], _join(path, name))
                if (name in needed) != (name in needs):
                    where = _join(path, name)
                    yield narrower(where, "must be there now") if name in needs else wider(where, "may be missing now")
        yield from self._others(old.get("additionalProperties", True), new.get("additionalProperties", True), path)

    @staticmethod
    def _renamed(path: str, twin: str, *, was_required: bool) -> Change:
        reason = f"renamed to `{twin}`, it seems: what old writers say under the old name is lost"
        return other(path, reason) if was_required else same(path, reason, keeps_meaning=False)

    @staticmethod
    def _gone(path: str, new: Schema, *, was_required: bool) -> Change:
        if new.get("additionalProperties", True) is False:
            return other(path, "removed, and refused from now on") if was_required else narrower(path, "removed, and refused from now on")
        return wider(path, "removed; old readers need it") if was_required else same(path, "removed; readers ignore it from now on")

    @staticmethod
    def _come(path: str, old: Schema, *, is_required: bool) -> Change:
        is_closed = old.get("additionalProperties", True) is False
        if is_required:
            return other(path, "added, must be there") if is_closed else narrower(path, "added, must be there: bodies in the log lack it")
        return wider(path, "added; old readers refuse it") if is_closed else same(path, "added, may be missing; old readers ignore it")

    def _others(self, old: Schema | bool, new: Schema | bool, path: str) -> Iterator[Change]:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self.of(old, new, _join(path, "*"))
        elif old != new:
            was_open, is_open = old is True, new is True
            if was_open or new is False:
                yield narrower(path, "fields beyond the named ones are refused or restricted now")
            elif is_open or old is False:
                yield wider(path, "fields beyond the named ones may be there now")

    def _items(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        had, has = old.get("prefixItems", []), new.get("prefixItems", [])
        for at, (one, rival) in enumerate(zip(had, has, strict=False)):
            yield from self.of(one, rival, _join(path, str(at)))
        if len(had) != len(has):
            yield other(path, f"{len(has)} places instead of {len(had)}")
        rest_old, rest_new = old.get("items", True), new.get("items", True)
        if isinstance(rest_old, dict) and isinstance(rest_new, dict):
            yield from self.of(rest_old, rest_new, _join(path, "[]"))
        elif rest_old != rest_new:
            is_wider = rest_new is True or rest_old is False
            yield (wider if is_wider else narrower)(_join(path, "[]"), f"anything {'may' if is_wider else 'must no longer'} stand here")


def _bare(schema: Schema) -> dict[str, Any]:
    return {word: held for word, held in schema.items() if word not in _WORDS}


def _name(schema: Schema) -> str:
    return str(schema.get("title") or schema.get("const") or schema.get("type") or "anything")


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
