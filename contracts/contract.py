"""What every message body is made of, and how one event type lives through its versions."""

import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from contracts.invalid import Finding, Invalid
from contracts.json_text import is_read_whole, refuse_ambiguous
from contracts.values import DAY_EXPECTED, EXPECTED, INSTANT_EXPECTED, EventId, Instant, Revision

__all__ = ["Contract", "Event", "Finding", "Invalid", "Lineage", "findings", "wire_type"]

_MOST_FINDINGS = 100
_PREAMBLE = re.compile(r"(?:Value error, |[A-Z]\w+ should (?:be|have) )")  # pydantic's sentences, where ours begin with "expected"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Contract(BaseModel):
    """A frozen message body. Unknown fields are ignored, so that a sender may be ahead of its reader."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        defer_build=True,
        cache_strings="keys",  # what a field says is seldom said again soon
        allow_inf_nan=False,
        ser_json_timedelta="iso8601",
    )


class Event(Contract):
    """Something that happened out there.

    `occurred_at` orders a subject's events unless its source counts `revision`s itself.
    `corrects` names the id of the event, of the same source and in the same topic, that this one takes the place of.
    """

    occurred_at: Instant
    revision: Revision | None = None
    corrects: EventId | None = None


E_co = TypeVar("E_co", bound=Event, covariant=True)


class Lineage(Generic[E_co]):
    """One event type through its versions: `editions[0]` is v1, the last one is current.

    `lifts[n]` turns a body of version n+1 into one of version n+2; lifts are pure and total.
    `kind` is the subject's kind, and the field of that name (or `ref`) holds its reference, which is the record's key.
    """

    __slots__ = ("editions", "kind", "lifts", "name", "pressing", "ref", "ref_field", "snapshot", "wire")

    def __init__(
        self,
        name: str,
        *editions: *tuple[*tuple[type[Event], ...], type[E_co]],
        kind: str,
        ref: str | None = None,
        lifts: Sequence[Callable[[Any], Event]] = (),
        snapshot: bool = False,
        pressing: bool = False,
    ) -> None:
        if len(lifts) != len(editions) - 1:
            raise TypeError(f"{name}: {len(editions)} editions need {len(editions) - 1} lifts, got {len(lifts)}")
        self.name, self.kind, self.editions, self.lifts = name, kind, editions, tuple(lifts)
        self.ref_field = ref or kind
        self.ref: Callable[[Event], str] = attrgetter(self.ref_field)
        self.wire = wire_type(name, len(editions))  # the CloudEvents type of the current edition, such as `hub.opportunity.lost.v1`
        self.snapshot = snapshot  # tells all of its subject, so it need not wait behind a dead letter
        self.pressing = pressing  # says no for somebody: it counts at once, whatever waits for an operator before it

    def __repr__(self) -> str:
        return f"<{self.wire}>"

    @property
    def body(self) -> type[E_co]:
        """The current edition."""
        return self.editions[-1]

    def decode(self, version: int, data: bytes) -> E_co:
        """Validate a JSON body of a version and lift it to the current one; raises Invalid (`schema`) with field paths."""
        try:
            body: Event = self.editions[version - 1].__pydantic_validator__.validate_json(data)  # what `model_validate_json` calls
        except ValidationError as error:
            if data[:2] in _MARKS or data[:3] in _MARKS or b"\0" in data[:4]:
                raise Invalid("schema", Finding("", "JSON in UTF-8 without a byte order mark")) from None
            raise Invalid("schema", *findings(error)) from None
        if not is_read_whole(data, body):
            refuse_ambiguous(data, "schema")
        if version <= len(self.lifts):
            for lift in self.lifts[version - 1 :]:
                body = lift(body)
        return body  # type: ignore[return-value] # of the current edition by now


def wire_type(name: str, version: int) -> str:
    """The CloudEvents type of one edition."""
    return f"hub.{name}.v{version}"


def findings(error: ValidationError) -> tuple[Finding, ...]:
    """Each fault that pydantic found, with its field path; input values are left out: they may be personal."""
    faults = error.errors(include_url=False, include_input=False)[:_MOST_FINDINGS]
    wholes = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    return tuple(
        Finding(".".join(str(step) for step in fault["loc"]), _expected(fault))
        for fault in faults
        if fault["type"] != "too_short" or fault["loc"] not in wholes  # pydantic counts the items without the faulty one
    )


def _expected(fault: ErrorDetails) -> str:
    if fault["type"].startswith("datetime_"):
        return INSTANT_EXPECTED
    if fault["type"].startswith("date_"):
        return DAY_EXPECTED
    if fault["type"] == "missing":
        return "a value: the field is required"
    told = _PREAMBLE.sub("", fault["msg"]).partition(", unable to")[0].partition(" after validation")[0]
    told = f"a value {told}" if told.startswith(("greater ", "less ")) else told
    return EXPECTED.get(fault.get("ctx", {}).get("pattern", ""), told)
