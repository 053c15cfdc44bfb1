"""Masking shows references and business values, and nothing that tells of a person."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import LINEAGES
from hub.operations.deliveries import masked
from hub.rules.masking import HARMLESS_IN, PERSONAL, mask, mask_path, mask_reference
from hub.state.delivery_desk import Delivery

EMAIL = "erika.mustermann@example.com"

CUSTOMER = {
    "occurred_at": "2026-03-01T09:00:00+01:00",
    "customer": "C-4711",
    "customer_kind": "person",
    "name": "Erika Mustermann",
    "email": EMAIL,
    "phone": "+49 170 1234567",
    "address": {"street": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
    "birthday": "1970-05-04",
    "revenue": {"minor": 1250000, "currency": "EUR"},
    "segments": ["fleet", "vip"],
    "owner": "Max Verkäufer",
    "note": "likes red",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_references_and_business_values_stay() -> None:
    masked: Any = mask("hub.customer.recorded.v1", CUSTOMER)
    assert masked["customer"] == "C-4711"
    assert masked["occurred_at"] == CUSTOMER["occurred_at"]
    assert masked["revenue"] == CUSTOMER["revenue"]
    assert masked["segments"] == ["fleet", "vip"]
    assert masked["customer_kind"] == "person"


def test_what_tells_of_a_person_is_gone() -> None:
    text = json.dumps(mask("hub.customer.recorded.v1", CUSTOMER), ensure_ascii=False)
    for personal in ("Erika", EMAIL, "1234567", "Hauptstr", "10115", "Berlin", "1970", "Verkäufer", "likes red"):
        assert personal not in text


@pytest.mark.parametrize("field", ["customer", "status", "segments", "occurred_at", "revenue"])
def test_a_harmless_field_with_a_personal_value_is_masked(field: str) -> None:
    for value in (EMAIL, [EMAIL], {"minor": EMAIL}, {EMAIL: 1}, "Erika Mustermann"):
        text = json.dumps(mask("hub.customer.recorded.v1", {**CUSTOMER, field: value}))
        assert "example.com" not in text
        assert "Erika" not in text


def test_unknown_fields_hide_their_names_too() -> None:
    masked = mask("hub.customer.recorded.v1", {"customer": "C-1", EMAIL: 1, "Telefon": 491701234567})
    assert masked == {"customer": "C-1", "<unknown 2>": "<number>", "<unknown 3>": "<number>"}


@pytest.mark.parametrize("wire", ["hub.customer.recorded.v999", "hub.nothing.known.v1", "", "customer.recorded"])
@given(body=JSON)
def test_of_an_unknown_type_only_the_shape_is_shown(wire: str, body: object) -> None:
    masked = mask(wire, body)
    assert _leaves(masked) <= {"<yes or no>", "<number>", None} | {leaf for leaf in _leaves(masked) if str(leaf).startswith("<text, ")}
    assert type(masked) is type(body) or isinstance(masked, str)


@given(body=JSON, wire=st.sampled_from([lineage.wire for lineage in LINEAGES]))
def test_whatever_the_body_no_address_is_shown(wire: str, body: object) -> None:
    fields = {name: [EMAIL, body, {EMAIL: EMAIL}] for name in LINEAGES[0].body.model_fields}
    for planted in (EMAIL, [body, EMAIL], {"name": EMAIL, "subject": EMAIL, "expected": EMAIL, **fields}):
        assert EMAIL not in json.dumps(mask(wire, planted))


def test_base_data_keeps_its_names() -> None:
    masked = mask("hub.product.recorded.v1", {"id": "p-1", "name": "Model S estate", "effective_from": "2026-01-01", "retired": False})
    assert masked == {"id": "p-1", "name": "Model S estate", "effective_from": "2026-01-01", "retired": False}
    staff: Any = mask("hub.staff.recorded.v1", {"id": "s-1", "name": "Max Verkäufer", "manager": "Eva"})
    assert (staff["id"], staff["name"], staff["manager"]) == ("s-1", "<text, 13>", "<text, 3>")


def test_an_address_in_the_hubs_own_prose_is_masked() -> None:
    rejected = {
        "subject": "ber-01/C-4711000012",
        "faults": [{"path": "email", "expected": "an address"}, {"path": "x", "expected": f"not {EMAIL}"}],
    }
    masked: Any = mask("hub.record.rejected.v1", rejected)
    assert masked["subject"] == "ber-01/C-4711000012"
    assert masked["faults"][0] == {"path": "email", "expected": "an address"}
    assert masked["faults"][1]["expected"].startswith("<text")


@pytest.mark.parametrize("key", ["C-4711", "dealer/ber-01@1900-01-01", "ber-01/L-9", "WVWZZZ1JZXW000001"])
def test_a_key_is_shown(key: str) -> None:
    assert mask_reference(key) == key


@pytest.mark.parametrize("key", [EMAIL, "Erika Mustermann", "+491701234567", "a@2026-01-01.example"])
def test_a_key_that_is_no_reference_is_masked(key: str) -> None:
    assert mask_reference(key).startswith("<text")


@pytest.mark.parametrize("key", [None, ""])
def test_a_key_that_is_not_there_stays_away(key: str | None) -> None:
    assert mask_reference(key) == key


def test_a_path_is_shown_unless_it_may_name_somebody() -> None:
    assert [mask_path(path) for path in ("", "(body)", "lines.0.net.minor")] == ["", "(body)", "lines.0.net.minor"]
    assert mask_path(f"fields.{EMAIL}").startswith("<text")


def test_every_name_in_the_lists_is_a_field_of_some_contract() -> None:
    known = _field_names()
    assert known >= PERSONAL
    for lineage, fields in HARMLESS_IN.items():
        assert lineage in {known.name for known in LINEAGES}
        assert known >= fields


def _field_names() -> set[str]:
    schemas = json.dumps([edition.model_json_schema() for lineage in LINEAGES for edition in lineage.editions])
    return set(_property_names(json.loads(schemas)))


def _property_names(node: object) -> list[str]:
    if isinstance(node, list):
        return [name for part in node for name in _property_names(part)]
    if isinstance(node, dict):
        own = list(node["properties"]) if isinstance(node.get("properties"), dict) else []
        return own + [name for part in node.values() for name in _property_names(part)]
    return []


def _leaves(node: object) -> set[object]:
    if isinstance(node, list):
        return {leaf for part in node for leaf in _leaves(part)}
    if isinstance(node, dict):
        return {leaf for part in node.values() for leaf in _leaves(part)}
    return {node}


def test_a_delivery_shows_whom_it_is_for_only_where_that_looks_like_a_reference() -> None:
    about = {"person": EMAIL, "dedupe_key": f"service/{EMAIL}", "address": EMAIL, "channel": "email", "fields": {"name": "Erika"}}
    one = Delivery(**{**dict.fromkeys(Delivery._fields), **about})
    assert EMAIL not in str(masked(one))
    assert masked(one._replace(person="C-4711")).person == "C-4711"
