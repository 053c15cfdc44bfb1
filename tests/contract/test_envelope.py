"""The envelope reads what the Kafka binding of CloudEvents 1.0 allows, and refuses the rest by attribute."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope
from contracts.contract import Invalid
from contracts.envelope import Envelope, read, write

NOW = datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
BODY = b'{"message": "Good morning"}'
BINARY = [("ce_specversion", b"1.0"), ("ce_id", b"e-1"), ("ce_source", b"/dealers/ber-01"), ("ce_type", b"hub.lead.received.v1")]
STRUCTURED = [("content-type", b"application/cloudevents+json")]
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/dealers/ber-01",
    "type": "hub.lead.received.v1",
    "data": {"message": "Good morning"},
}


def structured(**more: object) -> bytes:
    return json.dumps(EVENT | more).encode()


def refused(headers: list[tuple[str, bytes | None]], value: bytes | None = BODY) -> str:
    """The attribute that is at fault."""
    began = perf_counter()
    with pytest.raises(Invalid) as caught:
        read(headers, value)
    assert perf_counter() - began < 3  # a loaded machine included; unloaded it is below 0.1
    assert caught.value.reason == "envelope"
    assert all(path.isprintable() and len(path) <= 200 for path, _ in caught.value.findings)
    return caught.value.findings[0].path


def test_binary_mode_takes_attributes_from_headers_and_the_value_as_it_is() -> None:
    envelope, body = read([*BINARY, ("ce_time", b"2026-05-04T09:30:00+02:00"), ("ce_subject", b"L-1"), ("ce_hubhistorical", b"true")], BODY)
    assert envelope == Envelope("e-1", "/dealers/ber-01", "hub.lead.received.v1", NOW, "L-1", {"hubhistorical": "true"})
    assert envelope.is_historical
    assert body is BODY


@pytest.mark.parametrize("media", ["", "application/json", "Application/JSON; charset=utf-8", "application/json ;charset=UTF-8"])
def test_json_is_the_content_type_of_binary_mode(media: str) -> None:
    assert read([*BINARY, ("content-type", media.encode())], BODY)[1] == BODY


@pytest.mark.parametrize(
    "media", ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8", "APPLICATION/CloudEvents+JSON"]
)
def test_structured_mode_ignores_the_headers_beside_the_content_type(media: str) -> None:
    envelope, body = read([("content-type", media.encode()), ("ce_id", b"\xff"), ("ce_source", b"another")], structured())
    assert (envelope.id, envelope.source) == ("e-1", "/dealers/ber-01")
    assert json.loads(body) == EVENT["data"]


def test_structured_mode_takes_base64() -> None:
    event = {name: held for name, held in EVENT.items() if name != "data"} | {"data_base64": b64encode(BODY).decode()}
    assert read(STRUCTURED, json.dumps(event).encode())[1] == BODY


@pytest.mark.parametrize(
    ("media", "path"),
    [
        ("application/cloudevents-batch+json", "content-type"),
        ("application/cloudevents+avro", "content-type"),
        ("application/cloudeventsfoo", "content-type"),
        ("text/xml", "datacontenttype"),
        ("application/json-seq", "datacontenttype"),
        ("application/jsonp", "datacontenttype"),
    ],
)
def test_other_content_types_are_refused(media: str, path: str) -> None:
    assert refused([*BINARY, ("content-type", media.encode())]) == path


def test_a_batch_is_told_that_kafka_has_none() -> None:
    with pytest.raises(Invalid, match="one event per record"):
        read([("content-type", b"application/cloudevents-batch+json")], b"[" + structured() + b"]")


def test_names_of_headers_fold_no_case() -> None:
    assert refused([(name.upper(), raw) for name, raw in BINARY]) == "specversion"


@pytest.mark.parametrize("attribute", ["id", "source", "type", "specversion"])
def test_required_attributes_are_named_when_they_are_missing_or_empty(attribute: str) -> None:
    others = [(name, raw) for name, raw in BINARY if name != f"ce_{attribute}"]
    assert refused([*others]) == attribute
    assert refused([*others, (f"ce_{attribute}", b"")]) == attribute
    assert refused([*others, (f"ce_{attribute}", None)]) == attribute
    assert refused([*STRUCTURED], structured(**{attribute: ""})) == attribute
    assert refused([*STRUCTURED], structured(**{attribute: None})) == attribute


@pytest.mark.parametrize("attribute", ["id", "source", "type", "specversion", "subject", "time", "content-type", "tracing"])
def test_an_attribute_is_sent_once(attribute: str) -> None:
    header = attribute if attribute == "content-type" else f"ce_{attribute}"
    others = [(name, raw) for name, raw in BINARY if name != header]
    assert refused([*others, (header, b"1.0"), (header, b"1.0")]) == attribute


@pytest.mark.parametrize("text", ["x" * 501, "a\0b", "a\r\nb", "a\u2028b", "a\x85b"])
@pytest.mark.parametrize("attribute", ["id", "source", "type", "subject", "tracing"])
def test_attributes_are_short_and_fit_a_line(attribute: str, text: str) -> None:
    others = [(name, raw) for name, raw in BINARY if name != f"ce_{attribute}"]
    assert refused([*others, (f"ce_{attribute}", text.encode())]) == attribute
    assert refused([*STRUCTURED], structured(**{attribute: text})) == attribute


@pytest.mark.parametrize(
    "own", [{"ce_id": b""}, {"ce_id": None}, {"ce_id": b"a\nb"}, {"ce_id": b"\xff"}, {"ce_time": b"today"}, {"ce_subject": b"x" * 501}]
)
def test_an_event_like_one_that_was_read_is_looked_at_as_closely(own: dict[str, bytes | None]) -> None:
    read(BINARY, BODY)
    (header,) = own
    assert refused(list((dict(BINARY) | own).items())) == header.removeprefix("ce_")


def test_an_event_like_one_that_was_read_keeps_what_is_its_own() -> None:
    read(BINARY, BODY)
    own = [*BINARY[:1], ("ce_id", b"e-2"), *BINARY[2:], ("ce_time", b"2026-05-04T09:30:00+02:00"), ("ce_subject", b"L-1")]
    assert read(own, BODY)[0] == Envelope("e-2", "/dealers/ber-01", "hub.lead.received.v1", NOW, "L-1")
    assert read([*own, ("ce_hubhistorical", b"true"), ("traceparent", b"\xff")], BODY)[0].is_historical
    assert refused([("ce_source", None), *(pair for pair in BINARY if pair[0] != "ce_source")]) == "source"


def test_attributes_are_utf_8() -> None:
    assert refused([*BINARY, ("ce_subject", b"\xff")]) == "subject"
    assert refused([*BINARY, ("ce_subject", b"\xed\xa0\x80")]) == "subject"


@pytest.mark.parametrize(
    "time",
    [
        "2026-05-04",
        "2026-05-04T09:30:00",
        "1714557600",
        "20260504T093000Z",
        "2026-W19-1T09:30:00Z",
        "2026-05-04 09:30:00Z",
        "2026-05-04T24:61:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-05-04T09:30:00+99:00",
        "2026-02-30T00:00:00Z",
        "x" * 400,
        "",
    ],
)
def test_times_are_of_rfc_3339(time: str) -> None:
    assert refused([*BINARY, ("ce_time", time.encode())]) == "time"


@pytest.mark.parametrize(
    "name", ["ce_", "ce_data", "ce_Trace", "ce_a-b", "ce_" + "x" * 5_000_000, "ce_\0", "traceparent", "CE_ID", "__TypeId__"]
)
def test_headers_that_are_no_attributes_are_passed_over(name: str) -> None:
    assert read([*BINARY, (name, b"\xff\0")], BODY)[0].extensions == {}
    assert read([*BINARY, ("tracestate", None)], BODY)[0].id == "e-1"


def test_there_are_at_most_a_hundred_headers() -> None:
    assert refused([("x", b"")] * 1_000_000) == "headers"


def test_a_record_without_a_value_is_refused() -> None:
    assert refused([*BINARY], None) == "value"
    assert refused([*STRUCTURED], None) == "value"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (b"", "value"),
        (b"[]", "value"),
        (b"null", "value"),
        (b"\xef\xbb\xbf" + structured(), "value"),
        (structured().decode().encode("utf-16"), "value"),
        (b"{" * 100_000, "value"),
        (b"[" * 100_000, "value"),
        (b'{"a":' * 100_000, "value"),
        (b'{"id":' + b"9" * 5_000 + b"}", "value"),
        (b'{"id": NaN}', "value"),
        (b'{"specversion":"1.0","id":"\\ud800"}', "value"),
        (structured(id=7), "id"),
        (structured(id=True), "id"),
        (structured(specversion=1.0), "specversion"),
        (structured(source={}), "source"),
        (structured(tracing=[1]), "tracing"),
        (structured(tracing=2**31), "tracing"),
        (structured(data_base64="e30="), "data_base64"),
        (structured(datacontenttype="text/xml"), "datacontenttype"),
        (structured()[:-1] + b', "id": "e-2"}', "id"),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"t"}', "data"),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"!"}', "data_base64"),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":7}', "data_base64"),
    ],
)
def test_structured_events_that_are_none(value: bytes, path: str) -> None:
    assert refused([*STRUCTURED], value) == path


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000_000, "Trace", "\u202e"])
def test_members_that_are_no_attributes_are_passed_over(name: str) -> None:
    assert read(STRUCTURED, structured(**{name: ["\0"]}))[0].extensions == {}


def test_what_is_remembered_of_senders_is_bounded_whatever_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "_seen", {})
    long = ("content-type", b"application/json; charset=" + b"x" * 1_000)
    assert read([*BINARY, long], BODY)[0].id == "e-1"
    assert not envelope._seen


def test_a_sender_of_many_names_does_not_keep_others_from_being_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "_seen", {})
    monkeypatch.setattr(envelope, "_MOST_ALIKE", 5)
    for number in range(12):
        read([*BINARY[:2], ("ce_source", b"/made/up/%d" % number), *BINARY[3:]], BODY)
        assert len(envelope._seen) <= 5
    read(BINARY, BODY)
    assert ("/dealers/ber-01", "hub.lead.received.v1") in envelope._seen.values()


LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=100)
ENVELOPES = st.builds(
    Envelope,
    LINE,
    LINE,
    LINE,
    st.none() | st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware by `timezones`
    st.none() | LINE,
    st.dictionaries(st.from_regex(r"ext[a-z0-9]{0,20}", fullmatch=True), LINE, max_size=3),
)


@given(ENVELOPES)
def test_what_is_written_is_read_again(envelope: Envelope) -> None:
    assert read(write(envelope), BODY) == (envelope, BODY)


@given(
    st.lists(st.tuples(st.text(max_size=8) | st.sampled_from([name for name, _ in BINARY]), st.none() | st.binary())),
    st.none() | st.binary(),
)
def test_anything_is_read_or_refused(headers: list[tuple[str, bytes | None]], value: bytes | None) -> None:
    for given_headers in (headers, [*STRUCTURED, *headers]):
        try:
            read(given_headers, value)
        except Invalid as wrong:
            assert wrong.findings  # noqa: PT017 - it need not be raised
