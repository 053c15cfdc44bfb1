"""Judge the keywords of one value: its default, type, range, choices and notation."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.operations.schema_change import Change, narrower, other, same, wider

Schema = Mapping[str, Any]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_MISSING = object()


def default(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Whether a body without the field means something else."""
    was, now = old.get("default", _MISSING), new.get("default", _MISSING)
    if was is _MISSING or now is _MISSING or (was == now and type(was) is type(now)):
        return
    yield same(path, f"the default changed from {was!r} to {now!r}: a body without it means something else", keeps_meaning=False)


def type_change(was: object, now: object, path: str) -> Change:
    """A type that became another one."""
    if (was, now) == ("integer", "number") or now is None:
        return wider(path, f"the type widened from {was} to {now or 'anything'}")
    if (was, now) == ("number", "integer") or was is None:
        return narrower(path, f"the type narrowed from {was or 'anything'} to {now}")
    return other(path, f"the type changed from {was} to {now}")


def limits(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Ranges and lengths."""
    for words, looser in ((LOWER, -1), (UPPER, 1)):
        for word in words:
            was, now = old.get(word), new.get(word)
            if was == now:
                continue
            is_looser = now is None or (was is not None and (now - was) * looser > 0)
            said = "none" if was is None else was, "none" if now is None else now
            yield (wider if is_looser else narrower)(
                path, f"the range is {'looser' if is_looser else 'tighter'}: {word} {said[0]} → {said[1]}"
            )


def choices(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Enumerations and constants."""
    was = old.get("enum", [old["const"]] if "const" in old else None)
    now = new.get("enum", [new["const"]] if "const" in new else None)
    if was is None and now is None:
        return
    if was is None or now is None:
        yield (
            wider(path, "any value may stand here, no longer those named")
            if now is None
            else narrower(path, f"only {now} may stand here now")
        )
        return
    gone, come = [value for value in was if value not in now], [value for value in now if value not in was]
    if gone:
        yield narrower(path, f"values removed: {', '.join(map(str, gone))}")
    if come:
        yield wider(path, f"values added: {', '.join(map(str, come))}")


def notation(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """How a value must be written."""
    for word in ("pattern", "format", "multipleOf", "uniqueItems"):
        was, now = old.get(word) or None, new.get(word) or None
        if was == now:
            continue
        if was is None or now is None:
            yield wider(path, f"{word} no longer asked for") if now is None else narrower(path, f"{word} is asked for: {now}")
        else:
            yield other(path, f"{word} changed from {was} to {now}: which one allows more, nobody here can judge")
