"""Whatever a sender writes into a body, the answer is a body or the path of its fault, at once."""

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import SALES_MODEL_RECORDED
from contracts.catalogue import LINEAGES, NewerVersion, lookup
from contracts.contract import Invalid, Lineage
from contracts.customers import CUSTOMER_RECORDED
from contracts.opportunities import OPPORTUNITY_OPENED

BODY: dict[str, Any] = {
    "occurred_at": "2026-05-04T09:30:00Z",
    "opportunity": "OPP-1",
    "stage": "p",
    "amount": {"minor": 1, "currency": "EUR"},
}
TEXT = json.dumps(BODY).encode()


def with_(**fields: object) -> bytes:
    return json.dumps(BODY | fields).encode()


def raw(old: bytes, new: bytes) -> bytes:
    assert old in TEXT
    return TEXT.replace(old, new)


def fault(data: bytes, lineage: Lineage[Any] = OPPORTUNITY_OPENED) -> str:
    """The path of the only fault."""
    began = perf_counter()
    with pytest.raises(Invalid) as caught:
        lineage.decode(1, data)
    assert perf_counter() - began < 3  # a loaded machine included; unloaded it is below 0.1
    [finding] = caught.value.findings
    assert finding.path.isprintable()
    assert 0 < len(finding.expected) < 500
    assert "pattern" not in finding.expected
    return finding.path


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (with_(opportunity="a\0b"), "opportunity"),
        (with_(opportunity=" a"), "opportunity"),
        (with_(opportunity="a\n"), "opportunity"),
        (with_(title="a\r\nb"), "title"),
        (with_(title="=?utf-8?q?=0D=0A?=\r\n"), "title"),
        (with_(title="a\u2028b"), "title"),
        (with_(title="a\u202eb"), "title"),
        (with_(title="a\x85b"), "title"),
        (with_(stage="p\n"), "stage"),
        (with_(stage="../../etc"), "stage"),
        (with_(stage="x" * 5_000_000), "stage"),
        (with_(title="x" * 5_000_000), "title"),
        (with_(stage=[0] * 1_000_000), "stage"),
        (raw(b'"minor": 1', b'"minor": 9223372036854775808'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": ' + b"9" * 4_000), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": 1e999'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": NaN'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": -Infinity'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": true'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": 1.0'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": "1"'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": 1, "minor": 2'), "amount.minor"),
        (raw(b'"minor": 1', b'"minor": 1, "m\\u0069nor": 2'), "amount.minor"),
        (raw(b'"stage"', b'"stage" : "q", "stage"'), "stage"),
        (raw(b'"stage"', b'"x": 1, "x": 2, "stage"'), "x"),
        (raw(b'"stage"', b'"x": [{}, {"y": 1, "y": 2}], "stage"'), "x.1.y"),
    ],
)
def test_the_fault_is_named_by_its_field(data: bytes, path: str) -> None:
    assert fault(data) == path


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-04T09:30:00",
        "1714557600",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "2026-05-04T24:00:00Z",
        "2026-05-04T09:30:60Z",
        "2026-05-04 09:30:00Z",
        "2026-05-04",
        "2026-02-30T00:00:00Z",
        "2026-05-04T09:30:00+24:00",
        "2199-12-31T23:59:59-01:00",
        "",
        1714557600,
        1e9,
        None,
    ],
)
def test_a_moment_is_of_rfc_3339_and_of_our_age(moment: object) -> None:
    assert fault(with_(occurred_at=moment)) == "occurred_at"


@pytest.mark.parametrize("day", ["1714521600", "2026-05-04T00:00:00Z", "2026-13-01", "1899-12-31", "2200-01-01", 20000, "05/04/2026"])
def test_a_day_is_a_day(day: object) -> None:
    assert fault(with_(expected_close=day)) == "expected_close"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xef\xbb\xbf" + TEXT,
        json.dumps(BODY).encode("utf-16"),
        json.dumps(BODY).encode("utf-16-le"),
        json.dumps(BODY).encode("utf-32-be"),
        TEXT + b"x",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        raw(b'"p"', b"[" * 100_000 + b"]" * 100_000),
        raw(b'"p"', b'"p", "x": ' + b"[" * 100_000 + b"]" * 100_000),
        raw(b"OPP-1", b"\\ud800"),
        raw(b"OPP-1", b"\xed\xa0\x80"),
        raw(b"OPP-1", b"\xe4"),
        raw(b'"minor": 1', b'"minor": ' + b"9" * 5_000),
        raw(b'"minor": 1', b'"minor": 1, "x": NaN'),
        raw(b'"stage"', b'"' + b"x" * 5_000_000 + b'": 1, "' + b"x" * 5_000_000 + b'": 2, "stage"'),
    ],
)
def test_what_is_no_json_has_no_field(data: bytes) -> None:
    assert fault(data) == ""


def test_a_long_list_stops_at_its_first_fault() -> None:
    body = {"occurred_at": "2026-05-04T09:30:00Z", "customer": "K-1", "name": "x"}
    assert fault(json.dumps(body | {"segments": [0] * 500_000}).encode(), CUSTOMER_RECORDED) == "segments.0"
    assert fault(json.dumps(body | {"segments": ["a"] * 500_000}).encode(), CUSTOMER_RECORDED) == "segments"


def test_a_rule_between_fields_has_a_path_too() -> None:
    stage = {"id": "a", "name": "A", "probability": 1}
    body = {"occurred_at": "2026-05-04T09:30:00Z", "id": "m", "name": "M", "stages": [stage | {"moves": ["b"]}]}
    assert fault(json.dumps(body).encode(), SALES_MODEL_RECORDED) == "stages"
    assert fault(json.dumps(body | {"stages": [stage, stage]}).encode(), SALES_MODEL_RECORDED) == "stages"


@pytest.mark.parametrize("title", ["{{7*7}}", "=HYPERLINK()", "'; drop", "<script>", "a@b.de", "O'Neil", "أحمد", "a" * 300])
def test_text_that_only_looks_dangerous_is_kept_as_it_is(title: str) -> None:
    assert OPPORTUNITY_OPENED.decode(1, with_(title=title)).title == title


@pytest.mark.parametrize(
    "moment", ["2026-05-04T09:30:00Z", "2026-05-04T09:30Z", "2026-05-04t09:30:00.123456789z", "2026-05-04T11:30:00+02:00"]
)
def test_moments_that_real_systems_write(moment: str) -> None:
    assert OPPORTUNITY_OPENED.decode(1, with_(occurred_at=moment)).occurred_at.isoformat()[:13] in {"2026-05-04T09", "2026-05-04T11"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted(BODY)) | st.text(), inner),
)


@given(JSON, st.sampled_from(LINEAGES))
def test_any_json_is_a_body_or_invalid(value: object, lineage: Lineage[Any]) -> None:
    try:
        lineage.decode(1, json.dumps(value).encode())
    except Invalid as wrong:
        assert wrong.findings  # noqa: PT017 - it need not be raised


@given(st.text(st.sampled_from('":\\ ,{}ab\n'), min_size=1), st.sampled_from([None, 1, "p", [], ['"'], {"minor": 2}]))
def test_a_key_that_comes_twice_is_found_whatever_its_neighbours_say(title: str, value: object) -> None:
    twice = with_(title=title).replace(b'"stage"', b'"stage": ' + json.dumps(value).encode() + b', "stage"')
    with pytest.raises(Invalid):
        OPPORTUNITY_OPENED.decode(1, twice)


@given(st.binary())
def test_any_bytes_are_a_body_or_invalid(data: bytes) -> None:
    with pytest.raises(Invalid):
        OPPORTUNITY_OPENED.decode(1, data)


@pytest.mark.parametrize(
    "wire", ["", "hub.lead.received", "hub.lead.received.v0", "hub.lead.received.v1\n", "hub.nothing.known.v1", "x" * 500]
)
def test_a_stranger_among_types_is_refused(wire: str) -> None:
    with pytest.raises(Invalid) as caught:
        lookup(wire)
    assert (caught.value.reason, caught.value.findings[0].path) == ("unknown_type", "type")


def test_a_version_from_the_future_is_no_fault_of_the_record() -> None:
    with pytest.raises(NewerVersion):
        lookup("hub.lead.received.v2")
