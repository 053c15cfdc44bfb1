"""A record is shown with its shape and references, whoever wrote it and however broken it is."""

import json
from dataclasses import asdict

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope, write
from hub.errors import InputError
from hub.operations.record_view import view
from hub.operations.records import Place

EMAIL = "erika.mustermann@example.com"
WIRE = "hub.customer.recorded.v1"
STRUCTURED = ("content-type", b"application/cloudevents+json")
BODY = {"occurred_at": "2026-03-01T09:00:00Z", "customer": "C-1", "name": "Erika", "email": EMAIL}


def a_record(body: object, headers: list[tuple[str, bytes]] | None = None, key: bytes | None = b"C-1") -> Message:
    known: list[tuple[str, str | bytes | None]] = [*(write(Envelope("e-1", "/dms/ber", WIRE)) if headers is None else headers)]
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(
        topic="dealer.ber-01.events", partition=0, offset=7, key=key, value=value, headers=known, timestamp=(1, 1_700_000_000_000)
    )


def test_a_good_record_shows_its_references_and_hides_the_person() -> None:
    seen = view(a_record(BODY))
    assert (seen.key, seen.type, seen.problems) == ("C-1", WIRE, ())
    assert seen.headers["ce_id"] == "e-1"
    assert seen.body == {"occurred_at": "2026-03-01T09:00:00Z", "customer": "C-1", "name": "<text, 5>", "email": "<text, 28>"}


def test_unmasked_it_is_shown_as_it_is() -> None:
    assert view(a_record(BODY), is_masked=False).body == BODY


def test_a_stranger_s_header_shows_its_name_and_length_only() -> None:
    seen = view(a_record(BODY, [*write(Envelope("e-1", "/dms", WIRE)), ("x-user", EMAIL.encode()), (EMAIL, b"1")]))
    assert seen.headers["x-user"] == "<bytes, 28>"
    assert EMAIL not in seen.headers


def test_what_breaks_the_contract_is_told_by_path() -> None:
    seen = view(a_record({**BODY, "customer": 7}))
    assert [problem.split(":")[0] for problem in seen.problems] == ["customer"]


@pytest.mark.parametrize(
    "record",
    [
        a_record(EMAIL.encode()),
        a_record(b"\xff\xfe" + EMAIL.encode()),
        a_record({EMAIL: EMAIL}),
        a_record([EMAIL]),
        a_record(BODY, headers=[]),
        a_record(BODY, headers=[*write(Envelope("e-1", "/dms", "hub.customer.recorded.v9"))]),
        a_record(BODY, headers=[*write(Envelope(EMAIL, EMAIL, WIRE, subject=EMAIL))]),
        a_record(BODY, headers=[*write(Envelope("e-1", "/dms", f"hub.{EMAIL}"))]),
        a_record(BODY, headers=[*write(Envelope("e-1", "/dms", WIRE)), (f"ce_{EMAIL}", b"\xff")]),
        a_record(BODY, key=EMAIL.encode()),
        a_record(BODY, key=EMAIL.encode() + b"\xff"),
        a_record({"specversion": "1.0", EMAIL: [EMAIL]}, headers=[STRUCTURED]),
        a_record({"specversion": "1.0", "id": "1", "source": "s", "type": WIRE, "data": BODY}, headers=[STRUCTURED]),
    ],
)
def test_no_address_is_shown_however_the_record_is_broken(record: Message) -> None:
    assert EMAIL not in json.dumps(asdict(view(record)), default=str)


@given(value=st.binary(), key=st.none() | st.binary(), headers=st.lists(st.tuples(st.text(), st.binary())))
def test_any_bytes_can_be_looked_at(value: bytes, key: bytes | None, headers: list[tuple[str, bytes]]) -> None:
    for is_masked in (True, False):
        json.dumps(asdict(view(a_record(value, headers, key), is_masked=is_masked)), default=str)


def test_a_place_is_read_as_it_is_written() -> None:
    assert Place.parse("dealer.ber-01.events@0:42") == ("dealer.ber-01.events", 0, 42)
    assert str(Place("oem.crm", 1, 2)) == "oem.crm@1:2"


@pytest.mark.parametrize("text", ["oem.crm@", "oem.crm@1", "oem.crm@1:", "oem.crm@a:1", "@0:1", "oem.crm@0:-1", "oem.crm@0:1x"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="record: expected TOPIC@PARTITION:OFFSET"):
        Place.parse(text)
