"""Compare base data that is to hold with what is stored: what is new, what would change, what is as it should be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from contracts.base import StaffPass
from contracts.base.v1 import BaseDatum
from hub.errors import HubError
from hub.operations.base_file import BY_KIND, ENVELOPE, OF_PEOPLE, Laid
from hub.rules.masking import mask, mask_reference
from hub.state.base_editions import StoredEdition


class Difference(NamedTuple):
    """One field that would change, as an operator may see it; None where it is not there."""

    path: str
    was: object
    becomes: object


class Step(NamedTuple):
    """One edition and what applying it would do; `told_at` is when the stored one was said."""

    what: Literal["new", "changed", "unchanged"]
    datum: BaseDatum
    differences: tuple[Difference, ...] = ()
    told_at: datetime | None = None

    @property
    def edition(self) -> str:
        """Which edition it is, as an operator may see it."""
        return _edition(self.datum)

    @property
    def name(self) -> object:
        """What it is called, as an operator may see it."""
        name = getattr(self.datum, "name", "")
        return _shown(self.datum.KIND, "name", name) if name else ""


def plan(laid: Iterable[Laid], stored: Iterable[StoredEdition], name: str = "file") -> list[Step]:
    """A step for each edition of a file; what the file does not name stays as it is.

    Raises HubError where a stored edition would be retired in place: what happened while it held would
    be judged anew. A new `effective_from` retires it from that day on. And where a pass would come back to
    life, as by a file from before it was revoked.
    """
    known = {(edition.kind, edition.id, edition.effective_from): edition for edition in stored}
    steps, faults = [], []
    for line, datum in laid:
        old = known.get((datum.KIND, datum.id, datum.effective_from))
        if old is None:
            steps.append(Step("new", datum))
            continue
        before = _as_stored(old)
        if fault := _fault(before, datum):
            faults.append(f"{name}:{line}: {_edition(datum)}: {fault}")
        differences = tuple(
            Difference(path, _shown(datum.KIND, path, was), _shown(datum.KIND, path, becomes))
            for path, was, becomes in _differences(told(before), told(datum))
        )
        steps.append(Step("changed" if differences else "unchanged", datum, differences, old.told_at))
    if faults:
        raise HubError("\n     ".join(faults))
    return steps


def _fault(was: BaseDatum, becomes: BaseDatum) -> str:
    """Why an edition may not stand in the place of the stored one, by field; empty where it may."""
    if becomes.retired and not was.retired:
        return "effective_from: expected the day from which it is retired, not one on which it was in use"
    if isinstance(was, StaffPass) and isinstance(becomes, StaffPass) and was.revoked_at is not None:
        ended = was.revoked_at
        if becomes.revoked_at is None or becomes.revoked_at > ended:
            return f"revoked_at: expected no later than {ended.isoformat()}, when it was revoked; hub staff issue makes another pass"
    return ""


def told(datum: BaseDatum) -> dict[str, Any]:
    """What an edition lays down, as JSON values."""
    return datum.model_dump(mode="json", exclude=set(ENVELOPE))


def _as_stored(edition: StoredEdition) -> BaseDatum:
    """The stored edition through today's contract: a field that came later stands at its default."""
    body = {**edition.body, "occurred_at": edition.told_at}
    datum = BY_KIND[edition.kind].body.model_validate(body, strict=False)
    assert isinstance(datum, BaseDatum)  # noqa: S101 - BY_KIND holds nothing else
    return datum


def as_data(stored: Sequence[StoredEdition]) -> list[BaseDatum]:
    """Stored editions as contracts."""
    return [_as_stored(edition) for edition in stored]


def _edition(datum: BaseDatum) -> str:
    """Its reference; a member of staff may be known by name."""
    ref = mask_reference(datum.id) if datum.KIND in OF_PEOPLE else datum.id
    return f"{datum.KIND}/{ref}@{datum.effective_from.isoformat()}"


def _shown(kind: str, field: str, value: object) -> object:
    """A field as an operator may see it; of kinds that tell of nobody all of it, or nobody could tell what a plan does."""
    if kind not in OF_PEOPLE:
        return value
    body = mask(BY_KIND[kind].wire, {field: value})
    assert isinstance(body, dict)  # noqa: S101 - as it was before
    return body[field]


def _differences(was: object, becomes: object, path: str = "") -> Iterator[Difference]:
    named = _by_id(was), _by_id(becomes)
    if named[0] and named[1]:
        yield from _differences(named[0], named[1], path)
        if was != becomes and list(named[0]) != list(named[1]):
            yield Difference(path, list(named[0]), list(named[1]))
    elif isinstance(was, Mapping) and isinstance(becomes, Mapping):
        for key in {**was, **becomes}:
            yield from _differences(was.get(key), becomes.get(key), f"{path}.{key}" if path else str(key))
    elif was != becomes:
        yield Difference(path, was, becomes)


def _by_id(values: object) -> dict[str, object]:
    """Things with ids by them, such as the stages of a sales model; nothing for any other list."""
    if not isinstance(values, list) or not all(isinstance(one, Mapping) and "id" in one for one in values):
        return {}
    return {str(one["id"]): one for one in values}
