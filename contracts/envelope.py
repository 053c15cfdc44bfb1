"""CloudEvents 1.0 on Kafka: both content modes are read, the binary one is written.

Kafka Protocol Binding for CloudEvents 1.0.2, sections 3.1 (headers), 3.2 (binary), 3.3 (structured).
"""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from contracts.invalid import Finding, Invalid
from contracts.json_text import refuse_ambiguous

HISTORICAL = "hubhistorical"
"""Extension: the event folds, but asks, reminds and tells nobody (imports of old data)."""

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
_FAMILY = "application/cloudevents"  # any event format, and the batches, which the binding leaves out
_PLAIN = frozenset({b"", b"application/json"})

Headers = Sequence[tuple[str, bytes | None]]

_ATTRIBUTES = frozenset({"id", "source", "type", "specversion", "time", "subject", "datacontenttype", "dataschema"})
_HEADERS = {f"ce_{name}": name for name in _ATTRIBUTES} | {"content-type": "content-type"}
_EXTENSION = re.compile(r"(?!data\Z)[a-z0-9]{1,40}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z")
_YEARS = range(1900, 2200)
_LONGEST = 500
_INT32 = (-(2**31), 2**31 - 1)
_MOST_HEADERS = 100
_NONE: Mapping[str, str] = {}
_ALIKE = ("ce_source", "ce_type", "ce_specversion", "content-type")
_OWN = frozenset({*_ALIKE, "ce_id", "ce_time", "ce_subject"})
_MOST_ALIKE = 10_000


class Envelope(NamedTuple):
    """The context attributes of one event; `extensions` holds what CloudEvents does not define, and `dataschema`."""

    id: str
    source: str
    type: str
    time: datetime | None = None
    subject: str | None = None
    extensions: Mapping[str, str] = _NONE

    @property
    def is_historical(self) -> bool:
        """Whether the event only records the past."""
        extensions = self.extensions
        return bool(extensions) and extensions.get(HISTORICAL) == "true"


def read(headers: Headers, value: bytes | None) -> tuple[Envelope, bytes]:
    """Split a Kafka record into its envelope and its JSON body; raises Invalid (`envelope`) naming the attribute.

    Headers that are none of ours (no value, names that no attribute can have) are passed over: a sender's
    tracing junk must not cost it its record. Names are compared as they are: the binding folds no case,
    and Kafka's own tools do not either. An attribute sent twice is refused, as each reader would take another one.
    """
    known = _quickly(headers)
    return _closely(headers, value) if known is None or value is None else (known, value)


def _closely(headers: Headers, value: bytes | None) -> tuple[Envelope, bytes]:
    found: dict[str, bytes] = {}
    for count, (name, raw) in enumerate(headers):
        if count == _MOST_HEADERS:
            raise Invalid("envelope", Finding("headers", f"at most {_MOST_HEADERS} headers"))
        if raw is None:
            continue
        attribute = _HEADERS.get(name) or _extension(name)
        if attribute is not None:
            if attribute in found:
                raise Invalid("envelope", Finding(attribute, "a single header"))
            found[attribute] = raw
    content_type = found.pop("content-type", b"")
    is_structured = content_type not in _PLAIN and _is_structured(content_type)
    if value is None:
        raise Invalid("envelope", Finding("value", "a body; the record's value is null"))
    if is_structured:
        return _structured(value)
    attributes: dict[str, str] = {}
    for name, raw in found.items():
        try:
            attributes[name] = raw.decode()
        except UnicodeDecodeError:
            raise Invalid("envelope", Finding(name, "UTF-8")) from None
    envelope = _envelope(attributes)
    _remember(headers, envelope)
    return envelope, value


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


Headed = Callable[[str, str | None], list[tuple[str, bytes]]]
"""What writes the headers of an event by its id and its subject."""


def writer(source: str, wire: str, time: datetime) -> Headed:
    """What writes the headers of many events of one source, type and time, given the id and the subject of each."""
    version, _, *alike = write(Envelope("", source, wire, time))

    def headers(event_id: str, subject: str | None) -> list[tuple[str, bytes]]:
        own = ("ce_id", event_id.encode())
        return [version, own, *alike] if subject is None else [version, own, *alike, ("ce_subject", subject.encode())]

    return headers


def _extension(header: str) -> str | None:
    return header[3:] if header[:3] == "ce_" and _EXTENSION.match(header, 3) else None


def _is_structured(content_type: bytes) -> bool:
    media_type = content_type.decode("utf-8", "replace").partition(";")[0].strip().lower()
    if media_type.startswith(f"{_FAMILY}-batch"):
        raise Invalid("envelope", Finding("content-type", f"{STRUCTURED}: one event per record, as Kafka has no batch mode"))
    if media_type.startswith(_FAMILY):
        if media_type not in {STRUCTURED, _FAMILY}:
            raise Invalid("envelope", Finding("content-type", f"{STRUCTURED}, as JSON is the only event format here"))
        return True
    _check_json(media_type)
    return False


def _check_json(media_type: str) -> None:
    if media_type != JSON:
        raise Invalid("envelope", Finding("datacontenttype", f"{JSON}, as every contract is JSON"))


def _structured(value: bytes) -> tuple[Envelope, bytes]:
    try:
        event = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise Invalid("envelope", Finding("value", f"a CloudEvents JSON object ({error})")) from None
    if not isinstance(event, dict):
        raise Invalid("envelope", Finding("value", "a CloudEvents JSON object"))
    refuse_ambiguous(value, "envelope")
    data = _data_of(event)
    attributes = {
        name: _text(name, got) for name, got in event.items() if got is not None and (name in _ATTRIBUTES or _EXTENSION.match(name))
    }
    _check_json(attributes.get("datacontenttype", JSON).partition(";")[0].strip().lower())
    return _envelope(attributes), data


def _data_of(event: dict[str, Any]) -> bytes:
    if "data" in event:
        if event.get("data_base64") is not None:
            raise Invalid("envelope", Finding("data_base64", "nothing, as there is `data`"))
        return to_json(event["data"])
    if "data_base64" in event:
        try:
            return b64decode(event["data_base64"], validate=True)
        except (ValueError, TypeError):
            raise Invalid("envelope", Finding("data_base64", "base64 as in RFC 4648")) from None
    raise Invalid("envelope", Finding("data", "a body"))


def _text(name: str, got: object) -> str:
    if isinstance(got, str):
        return got
    if name in _ATTRIBUTES:
        raise Invalid("envelope", Finding(name, "a string"))
    if isinstance(got, bool):
        return "true" if got else "false"
    if isinstance(got, int) and _INT32[0] <= got <= _INT32[1]:
        return str(got)
    raise Invalid("envelope", Finding(name, "a string, an integer of 32 bits or a boolean"))


def _envelope(attributes: dict[str, str]) -> Envelope:
    if attributes.pop("specversion", None) != "1.0":
        raise Invalid("envelope", Finding("specversion", "1.0"))
    for name, text in attributes.items():
        if len(text) > _LONGEST or (not text.isprintable() and _CONTROL.search(text)):
            raise Invalid("envelope", Finding(name, f"at most {_LONGEST} characters, none of them a control character"))
    event_id, source, wire = attributes.pop("id", ""), attributes.pop("source", ""), attributes.pop("type", "")
    if not (event_id and source and wire):
        named = (("id", event_id), ("source", source), ("type", wire))
        raise Invalid("envelope", *(Finding(name, "a non-empty string") for name, got in named if not got))
    attributes.pop("datacontenttype", None)
    said = attributes.pop("time", None)
    return Envelope(event_id, source, wire, None if said is None else _time(said), attributes.pop("subject", None), attributes or _NONE)


_seen: dict[tuple[bytes | None, ...], tuple[str, str]] = {}
"""Source and type by the headers that are alike in all that one source says of one type."""


def _quickly(headers: Headers) -> Envelope | None:
    """The envelope of an event like one that was read before: only id, time and subject are looked at. None for any other."""
    found = dict(headers)
    get = found.get
    alike = _seen.get((get("ce_source"), get("ce_type"), get("ce_specversion"), get("content-type")))
    if alike is None or len(found) != len(headers) or not found.keys() <= _OWN:
        return None
    said, about = get("ce_time"), get("ce_subject")
    event_id = _plain(get("ce_id") or b"")
    time, subject = None if said is None else _plain(said), None if about is None else _plain(about)
    if not event_id or (time is None) != (said is None) or (subject is None) != (about is None):
        return None
    source, wire = alike
    return Envelope(event_id, source, wire, None if time is None else _time(time), subject)


def _plain(raw: bytes) -> str | None:
    """What surely is text as an attribute may be; None where it has to be looked at closely."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if len(text) <= _LONGEST and text.isprintable() else None


def _remember(headers: Headers, envelope: Envelope) -> None:
    """Know the next one that is like this one; however many strangers come, and whatever they say, this takes no more memory than so."""
    found = dict(headers)
    if len(found) < len(headers) or len(found.get("content-type") or b"") > _LONGEST:  # nothing else bounds its parameters
        return
    if len(_seen) >= _MOST_ALIKE:
        _seen.clear()  # one sender of many names must not keep out the others for ever
    _seen[tuple(found.get(name) for name in _ALIKE)] = envelope.source, envelope.type


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text) if _TIME.match(text) else None
    except ValueError:
        time = None
    if time is None or time.year not in _YEARS:
        raise Invalid("envelope", Finding("time", "a timestamp as in RFC 3339 with its offset, of the years 1900 to 2199"))
    return time
