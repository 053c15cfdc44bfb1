"""Turn a record into what a person may see of it: personal data masked unless told otherwise."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Message
from pydantic_core import from_json

from contracts import catalogue, envelope
from contracts.contract import Invalid
from hub.rules.masking import mask, mask_reference, shape

_KNOWN_HEADERS = frozenset(
    {"content-type", *(f"ce_{name}" for name in ("specversion", "id", "source", "type", "time", "subject", envelope.HISTORICAL))}
)


@dataclass(frozen=True, slots=True)
class View:
    """One record as a person sees it; `problems` says where it breaks its envelope or contract."""

    topic: str
    partition: int
    offset: int
    time: datetime
    key: str | None
    type: str
    headers: dict[str, str]
    body: object
    problems: tuple[str, ...] = ()


def view(message: Message, *, is_masked: bool = True) -> View:
    """What a person sees of a record."""
    headers = headers_of(message)
    wire, body, problems = _decoded(headers, message.value(), is_masked)
    return View(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
        _key(message.key(), is_masked),
        wire,
        {(mask_reference(name) if is_masked else name): _header(name, raw, is_masked) for name, raw in headers},
        body,
        problems,
    )


def _decoded(headers: list[tuple[str, bytes | None]], value: bytes | None, is_masked: bool) -> tuple[str, object, tuple[str, ...]]:
    try:
        found, data = envelope.read(headers, value)
        body = from_json(data, allow_inf_nan=False)
    except Invalid as broken:
        return "", _opaque(value, is_masked), _problems(broken, is_masked)
    except ValueError as broken:
        return mask_reference(found.type) if is_masked else found.type, _opaque(value, is_masked), (f"body: JSON ({broken})",)
    problems: tuple[str, ...] = ()
    try:
        lineage, version = catalogue.lookup(found.type)
        lineage.decode(version, data)
    except catalogue.NewerVersion:
        problems = ("type: a version that this hub does not know yet",)
    except Invalid as broken:
        problems = _problems(broken, is_masked)
    return mask_reference(found.type) if is_masked else found.type, mask(found.type, body) if is_masked else body, problems


def _problems(broken: Invalid, is_masked: bool) -> tuple[str, ...]:
    """Where it breaks: the path is the sender's own word where the sender made the name up."""
    paths = [finding.path or "body" for finding in broken.findings]
    return tuple(
        f"{mask_reference(path) if is_masked else path}: {finding.expected}" for path, finding in zip(paths, broken.findings, strict=True)
    )


def _opaque(value: bytes | None, is_masked: bool) -> object:
    if value is None:
        return None
    return shape(value) if is_masked else value.decode("utf-8", "backslashreplace")


def _key(raw: bytes | None, is_masked: bool) -> str | None:
    if raw is None:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return shape(raw) if is_masked else raw.decode("utf-8", "backslashreplace")
    return mask_reference(text) if is_masked else text


def _header(name: str, raw: bytes | None, is_masked: bool) -> str:
    if raw is None:
        return "null"
    if not is_masked:
        return raw.decode("utf-8", "backslashreplace")
    return mask_reference(raw.decode("utf-8", "replace")) if name in _KNOWN_HEADERS else shape(raw)


def headers_of(message: Message) -> list[tuple[str, bytes | None]]:
    """A message's headers in their order, as bytes."""
    headers: Any = message.headers() or []
    return [(name, raw.encode() if isinstance(raw, str) else raw) for name, raw in headers]
