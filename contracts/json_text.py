"""Refuse JSON that two parsers may read differently: a key named twice, NaN, infinity.

The reader of the bodies takes the last of two equal keys, a partner's may take the first: what
the hub checked would then not be what the partner acts on.
"""

from datetime import date, datetime
from functools import cache
from json import JSONDecoder
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

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
    """Whether `data` surely says one thing only: it names no more keys than `body`, which was read from it, has fields.

    Then no key comes twice and none is unknown. Half the price of reading `data` again, which has to tell where this is False.
    """
    return data.translate(None, b" \t\n\r").count(b'":') == _fields(body)


def _fields(body: BaseModel) -> int:
    """How many keys a body was read from; below zero where that cannot be told."""
    named, values = body.__pydantic_fields_set__, body.__dict__
    count = len(named)
    for name in _holders(type(body)):
        value = values[name]
        if value is None or name not in named:
            continue
        for held in value if type(value) is tuple else (value,):
            if isinstance(held, BaseModel):
                count += _fields(held)
            elif type(held) not in _PLAIN:
                count -= _MANY
    return count


_PLAIN = frozenset({str, int, bool, type(None), date, datetime, AwareDatetime})
_MANY = 1_000_000_000


@cache
def _holders(body: type[BaseModel]) -> tuple[str, ...]:
    """The fields that may hold more than a plain value."""
    return tuple(name for name, field in body.model_fields.items() if not _is_plain(field.annotation))


def _is_plain(hint: Any) -> bool:  # noqa: ANN401 - any annotation
    if get_origin(hint) is Annotated:
        return _is_plain(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return True
    return hint in _PLAIN or (bool(get_args(hint)) and all(_is_plain(part) for part in get_args(hint) if part is not ...))


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
