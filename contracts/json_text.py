"""Refuse JSON that two parsers may read differently: a key named twice, NaN, infinity.

The reader of the bodies takes the last of two equal keys, a partner's may take the first: what
the hub checked would then not be what the partner acts on.
"""

from datetime import date, datetime
from json import JSONDecoder

from pydantic import BaseModel

from contracts.invalid import Finding, Invalid

_PATH_LENGTH = 200


class _Ambiguous(Exception):  # noqa: N818 - a signal within this module
    """Something was found; where, the second reading tells."""


class _Twice(str):
    """A key that its object names twice."""

    __slots__ = ()


def _count(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _Ambiguous


def _no_constant(name: str) -> None:
    raise _Ambiguous(name)


_DECODER = JSONDecoder(object_pairs_hook=_count, parse_constant=_no_constant)


def refuse_ambiguous(data: bytes, reason: str) -> None:
    """Raise Invalid with the field path where `data` says two things; `data` must be JSON that pydantic has read already.

    Pydantic's reading first is what bounds the depth and the length of numbers here.
    """
    try:
        _DECODER.decode(data.decode())
    except _Ambiguous as found:
        raise Invalid(reason, _where(data) if not found.args else Finding("", f"JSON, which has no {found}")) from None


def is_read_whole(data: bytes, body: BaseModel) -> bool:
    """Whether `data` surely says one thing only: it has no more quotes than the keys and strings have that `body` was read from.

    Then no key comes twice and none is unknown. A fraction of reading `data` again, which has to tell where this is False: where
    there is more, and where a string has a quote in it.
    """
    return data.count(b'"') == 2 * _quoted(body)


def _quoted(body: BaseModel) -> int:
    """How many keys and strings a body was surely read from; below zero where that cannot be told."""
    named, values = body.__pydantic_fields_set__, body.__dict__
    count = len(named)
    for name in named:
        kind = type(values[name])
        if kind in _QUOTED:
            count += 1
        elif kind not in _BARE:
            value = values[name]
            if isinstance(value, BaseModel):
                count += _quoted(value)
            elif kind is tuple:
                count += sum(map(_quoted_in, value))
            else:
                count -= _MANY
    return count


def _quoted_in(value: object) -> int:
    if isinstance(value, BaseModel):
        return _quoted(value)
    kind = type(value)
    return 1 if kind in _QUOTED else 0 if kind in _BARE else -_MANY


_QUOTED = frozenset({str, date, datetime})
_BARE = frozenset({int, bool, type(None)})
_MANY = 1_000_000_000


def _where(data: bytes) -> Finding:
    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        seen: dict[str, object] = {}
        for key, held in items:
            seen[key] = _Twice(key) if key in seen else held
        return seen

    path = _path(JSONDecoder(object_pairs_hook=pairs).decode(data.decode())) or []
    text = ".".join(path)
    return Finding(text if len(text) <= _PATH_LENGTH and text.isprintable() else "", "each field once")


def _path(node: object) -> list[str] | None:
    children: list[tuple[object, object]] = []
    if isinstance(node, dict):
        children = list(node.items())
    elif isinstance(node, list):
        children = list(enumerate(node))
    for step, child in children:
        if isinstance(child, _Twice):
            return [str(step)]
        below = _path(child)
        if below is not None:
            return [str(step), *below]
    return None
