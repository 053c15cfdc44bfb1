"""CloudEvents 1.0 on Kafka: both content modes are read, the binary one is written.

Kafka Protocol Binding for CloudEvents 1.0.2, sections 3.1 (headers), 3.2 (binary), 3.3 (structured).
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from contracts.contract import Finding, Invalid

HISTORICAL = "hubhistorical"
"""Extension: the event folds, but asks, reminds and tells nobody (imports of old data)."""

JSON = "application/json"
STRUCTURED = "application/cloudevents"
Headers = Iterable[tuple[str, bytes | None]]

_REQUIRED = ("id", "source", "type")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST = 500
_MOST_HEADERS = 100
_NONE: Mapping[str, str] = {}


class Envelope(NamedTuple):
    """The context attributes of one event; `extensions` holds what CloudEvents does not define."""

    id: str
    source: str
    type: str
    time: datetime | None = None
    subject: str | None = None
    extensions: Mapping[str, str] = _NONE

    @property
    def is_historical(self) -> bool:
        """Whether the event only records the past."""
        return self.extensions.get(HISTORICAL) == "true"


def read(headers: Headers, value: bytes | None) -> tuple[Envelope, bytes]:
    """Split a Kafka record into its envelope and its JSON body; raises Invalid (`envelope`) naming the attribute.

    Headers that are none of ours (no value, not UTF-8, unknown names) are passed over: a sender's
    tracing junk must not cost it its record.
    """
    found: dict[str, bytes] = {}
    content_type = ""
    for count, (name, raw) in enumerate(headers):
        if count == _MOST_HEADERS:
            raise Invalid("envelope", Finding("headers", f"at most {_MOST_HEADERS} headers"))
        if raw is None:
            continue
        if name[:3] == "ce_":
            found[name[3:]] = raw
        elif name == "content-type":
            content_type = raw.decode("utf-8", "replace").lower()
    if value is None:
        raise Invalid("envelope", Finding("value", "a body; the record's value is null"))
    if content_type.startswith(STRUCTURED):
        return _structured(value)
    if content_type and not content_type.startswith(JSON):
        raise Invalid("envelope", Finding("datacontenttype", f"{JSON}, as every contract is JSON"))
    attributes: dict[str, str] = {}
    for name, raw in found.items():
        try:
            attributes[name] = raw.decode()
        except UnicodeDecodeError:
            raise Invalid("envelope", Finding(name, "UTF-8")) from None
    return _envelope(attributes), value


def write(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The headers of a record in binary mode; its value is the JSON body."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.id.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("content-type", JSON.encode()),
    ]
    if envelope.time is not None:
        headers.append(("ce_time", envelope.time.isoformat().encode()))
    if envelope.subject is not None:
        headers.append(("ce_subject", envelope.subject.encode()))
    headers.extend((f"ce_{name}", text.encode()) for name, text in envelope.extensions.items())
    return headers


def _structured(value: bytes) -> tuple[Envelope, bytes]:
    try:
        event = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise Invalid("envelope", Finding("value", f"a CloudEvents JSON object ({error})")) from None
    if not isinstance(event, dict):
        raise Invalid("envelope", Finding("value", "a CloudEvents JSON object"))
    data = _data_of(event)
    attributes = {name: _text(name, got) for name, got in event.items() if name not in {"data", "data_base64"} and got is not None}
    content_type = attributes.get("datacontenttype", JSON)
    if not content_type.lower().startswith(JSON):
        raise Invalid("envelope", Finding("datacontenttype", f"{JSON}, as every contract is JSON"))
    return _envelope(attributes), data


def _data_of(event: dict[str, Any]) -> bytes:
    if "data" in event:
        return to_json(event["data"])
    if "data_base64" in event:
        try:
            return b64decode(event["data_base64"], validate=True)
        except (ValueError, TypeError):
            raise Invalid("envelope", Finding("data_base64", "base64 as in RFC 4648")) from None
    raise Invalid("envelope", Finding("data", "a body"))


def _text(name: str, got: object) -> str:
    if isinstance(got, bool):
        return "true" if got else "false"
    if isinstance(got, str | int):
        return str(got)
    raise Invalid("envelope", Finding(name, "a string, an integer or a boolean"))


def _envelope(attributes: dict[str, str]) -> Envelope:
    if attributes.pop("specversion", None) != "1.0":
        raise Invalid("envelope", Finding("specversion", "1.0"))
    for name, text in attributes.items():
        if len(text) > _LONGEST or _CONTROL.search(text):
            raise Invalid("envelope", Finding(name, f"at most {_LONGEST} characters, none of them a control character"))
    missing = [name for name in _REQUIRED if not attributes.get(name)]
    if missing:
        raise Invalid("envelope", *(Finding(name, "a non-empty string") for name in missing))
    attributes.pop("datacontenttype", None)
    said = attributes.pop("time", None)
    return Envelope(
        attributes.pop("id"),
        attributes.pop("source"),
        attributes.pop("type"),
        None if said is None else _time(said),
        attributes.pop("subject", None),
        attributes or _NONE,
    )


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or "T" not in text.upper():
        raise Invalid("envelope", Finding("time", "a timestamp as in RFC 3339, with its offset"))
    return time
