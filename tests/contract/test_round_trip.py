"""A body that an edition allows is read back as it was written, and its schema agrees."""

import json
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contracts import schema
from contracts.catalogue import LINEAGES
from contracts.contract import Invalid, Lineage, wire_type
from contracts.envelope import Envelope, read, write

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cf"])
SLUG = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)
BY_FORMAT = {
    "date-time": st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat),
}
BY_PATTERN = {
    "^[A-Z]{3}$": st.from_regex(r"[A-Z]{3}", fullmatch=True),
    "^[A-Z]{2}$": st.from_regex(r"[A-Z]{2}", fullmatch=True),
    "^[A-Z]{2}(-[A-Z0-9]{1,10})?$": st.sampled_from(["DE", "DE-10", "GB-SW1A"]),
    "^[A-Z]{3}-[A-Z]{3}$": st.sampled_from(["USD-EUR", "JPY-EUR"]),
    "^[A-Z]{2}[A-Z2-9]{3}$": st.sampled_from(["DEHAM", "FRXX2"]),
    "^[A-HJ-NPR-Z0-9]{17}$": st.sampled_from(["WVWZZZ1JZXW000001", "1HGCM82633A004352"]),
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": st.sampled_from(["00:00", "18:30"]),
    "^([A-Z]{2}|[a-z0-9-]{1,40})$": st.sampled_from(["DE", "ber-01"]),
    "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$": st.sampled_from(["01-01", "12-25"]),
    "^[0-9a-f]{64}$": st.sampled_from(["0" * 64, "9f" * 32]),
    "^[a-f0-9]{64}$": st.sampled_from(["0" * 64, "9f" * 32]),
    "^[a-f0-9]{128}$": st.sampled_from(["0" * 128, "9f" * 64]),
}
AGREEING = frozenset(
    {
        "sales_model.recorded",
        "template.recorded",
        "tariff.recorded",
        "fuel_table.recorded",
        "freight.invoiced",
        "service_plan.recorded",
        "reminder_plan.recorded",
        "calendar.recorded",
        "campaign.prepared",
        "complaint_terms.recorded",
    }
)
"""Types whose fields must also agree with each other, or with calendars and zones, which no schema says."""


def bodies(root: dict[str, Any], node: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one return a kind
    """Bodies that a schema allows; any keyword that this does not know would make the tests below fail."""
    if "$ref" in node:
        return bodies(root, root["$defs"][node["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in node:
        return st.one_of(*(bodies(root, part) for part in node["anyOf"]))
    if "enum" in node or "const" in node:
        return st.sampled_from(node.get("enum") or [node["const"]])
    match node["type"]:
        case "object":
            parts = {name: bodies(root, part) for name, part in node["properties"].items()}
            needed = {name: part for name, part in parts.items() if name in node["required"]} if "required" in node else {}
            return st.fixed_dictionaries(needed, optional={name: part for name, part in parts.items() if name not in needed})
        case "array":
            return st.lists(bodies(root, node["items"]), min_size=node.get("minItems", 0), max_size=3)
        case "integer":
            return st.integers(node["minimum"], node["maximum"])
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return texts(node)


def texts(node: dict[str, Any]) -> st.SearchStrategy[str]:
    if "format" in node:
        return BY_FORMAT[node["format"]]
    if "{1,40}" in node["pattern"]:
        return SLUG
    if node["pattern"].startswith("^[A-Za-z0-9_+-]+(/"):
        return st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
    if "A-Za-z" in node["pattern"]:
        return st.sampled_from(["de", "pt-BR", "zh-Hans-CN"])
    if node["pattern"] in BY_PATTERN:
        return BY_PATTERN[node["pattern"]]
    return st.text(LETTERS, min_size=node.get("minLength", 0), max_size=min(node["maxLength"], 40))


@cache
def known(lineage: Lineage[Any], version: int) -> tuple[dict[str, Any], Any]:
    document = schema.every(lineage)[version - 1]
    return document, jsonschema_rs.validator_for(document, validate_formats=True)


EDITIONS = [(lineage, version) for lineage in LINEAGES for version in range(1, len(lineage.editions) + 1)]


@pytest.mark.parametrize(("lineage", "version"), EDITIONS, ids=repr)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])  # a tariff has many parts
@given(data=st.data())
def test_what_the_schema_allows_travels_and_arrives(lineage: Lineage[Any], version: int, data: st.DataObject) -> None:
    document, validator = known(lineage, version)
    value = data.draw(bodies(document, document))
    assert validator.is_valid(value)
    envelope = Envelope("e-1", "/test", wire_type(lineage.name, version), datetime(2026, 5, 4, tzinfo=UTC))
    found, wire_body = read(write(envelope), json.dumps(value).encode())
    assert found == envelope
    try:
        body = lineage.decode(version, wire_body)
    except Invalid as wrong:
        assume(lineage.name not in AGREEING)
        raise AssertionError(str(wrong)) from wrong
    again = body.model_dump_json(exclude_unset=True).encode()
    assert lineage.decode(len(lineage.editions), again) == body
    assert validator.is_valid(json.loads(again))
    assert lineage.ref(body)


@given(data=st.data(), edition=st.sampled_from(EDITIONS))
def test_what_the_edition_refuses_the_schema_refuses_too(data: st.DataObject, edition: tuple[Lineage[Any], int]) -> None:
    lineage, version = edition
    assume(lineage.name not in AGREEING)
    document, validator = known(lineage, version)
    value = data.draw(bodies(document, document))
    field = data.draw(st.sampled_from(sorted(document["properties"])))
    junk: st.SearchStrategy[Any] = st.sampled_from(
        [None, True, 0, -1, 2**63, "", " ", "a\0", "a\n", "1714557600", "2026-05-04", "x" * 301, [], {}, [None], 1.5]
    )
    value[field] = data.draw(junk)
    try:
        lineage.decode(version, json.dumps(value).encode())
    except Invalid:
        assert not validator.is_valid(value)
    else:
        assert validator.is_valid(value)
