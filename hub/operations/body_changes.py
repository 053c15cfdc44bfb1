"""Tell how a mended body differs from the one that came, field by field, with what is personal masked where a person looks."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from contracts.acts import BodyChange
from hub.rules.masking import mask

_MOST = 100
_LONGEST = 10_000
"""Longer values are told by their size: whole they stand in the letter, and in the body that the act keeps."""
_NOWHERE: Any = object()

Steps: TypeAlias = tuple[str | int, ...]


class Difference(NamedTuple):
    """One field that differs; `before` and `after` in JSON, None where the field is not there."""

    path: str
    before: str | None
    after: str | None


class _Unlike(NamedTuple):
    steps: Steps
    before: Any
    after: Any


def changes(before: object, after: object) -> tuple[BodyChange, ...]:
    """All that differs, for the record; where it is more than a record lists, the whole body."""
    found = list(_unlike((), before, after))
    if len(found) > _MOST:
        found = [_Unlike((), before, after)]
    return tuple(BodyChange(path=_path(one.steps), before=_json(one.before), after=_json(one.after)) for one in found)


def differences(kept: Sequence[BodyChange]) -> list[Difference]:
    """What was kept, unmasked."""
    return [Difference(change.path, change.before, change.after) for change in kept]


def masked(kept: Sequence[BodyChange], wire: str | None) -> list[Difference]:
    """What was kept, as an operator may see it: each value as masking shows it in a body of that type."""
    return [Difference(*_masked(wire or "", change)) for change in kept]


def _unlike(steps: Steps, before: Any, after: Any) -> Iterator[_Unlike]:  # noqa: ANN401 - any JSON value
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _unlike((*steps, name), before.get(name, _NOWHERE), after.get(name, _NOWHERE))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _unlike((*steps, at), old, new)
    elif type(before) is not type(after) or before != after:
        yield _Unlike(steps, before, after)


def _path(steps: Steps) -> str:
    return ".".join(map(_readable, map(str, steps)))[:_LONGEST]


def _readable(name: str) -> str:
    """A name as it is, or as JSON writes it where a record could not hold it."""
    return name if name.isprintable() else json.dumps(name)[1:-1]


def _json(value: object) -> str | None:
    if value is _NOWHERE:
        return None
    text = json.dumps(value, ensure_ascii=False)
    if not text.isprintable():
        text = json.dumps(value)
    return text if len(text) <= _LONGEST else json.dumps(f"<JSON, {len(text)}>")


def _masked(wire: str, change: BodyChange) -> tuple[str, str | None, str | None]:
    """Put each value at its place in a body, and look at what masking leaves there."""
    path, shown = change.path, list[str | None]()
    for told in (change.before, change.after):
        if told is None:
            shown.append(None)
            continue
        steps = change.path.split(".") if change.path else []
        body: Any = json.loads(told)
        for step in reversed(steps):
            body = [body] if step.isdigit() else {step: body}
        path, value = _look(mask(wire, body), steps)
        shown.append(value)
    return path, shown[0], shown[1]


def _look(body: Any, steps: Sequence[str]) -> tuple[str, str]:  # noqa: ANN401 - any JSON value
    """Follow the only value there is; its path as masking names it."""
    named = []
    for step in steps:
        if isinstance(body, dict):
            ((name, body),) = body.items()
            named.append(name)
        elif isinstance(body, list):
            (body,) = body
            named.append(step)
        else:
            break  # masked as a whole
    return ".".join(named), json.dumps(body, ensure_ascii=False)
