"""A difference names every field that was changed, and shows no more of a person than a masked body does."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.operations.body_changes import changes, differences, masked
from hub.rules.masking import mask

WIRE = "hub.customer.recorded.v1"
BEFORE = {"customer": "C1", "name": 7, "address": {"city": "Bonn"}, "segments": ["a", "b"], "revenue": {"minor": 1, "currency": "EUR"}}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


def test_each_field_is_named_with_what_was_made_of_it() -> None:
    after: dict[str, Any] = {**BEFORE, "name": "Ada", "address": {"city": "Bonn", "country": "DE"}, "segments": ["a", "c"]}
    del after["revenue"]
    assert [tuple(one) for one in differences(changes(BEFORE, after))] == [
        ("name", "7", '"Ada"'),
        ("address.country", None, '"DE"'),
        ("segments.1", '"b"', '"c"'),
        ("revenue", '{"minor": 1, "currency": "EUR"}', None),
    ]


def test_true_is_not_one() -> None:
    assert [one.path for one in changes({"a": 1}, {"a": True})] == ["a"]


def test_more_than_a_record_lists_is_the_whole_body() -> None:
    (one,) = changes({f"f{n}": 1 for n in range(101)}, {f"f{n}": 2 for n in range(101)})
    assert one.path == ""


def test_a_value_too_long_for_a_record_is_told_by_its_size() -> None:
    (one,) = changes({"note": "x" * 20_000}, {"note": "y"})
    assert (one.before, one.after) == ('"<JSON, 20002>"', '"y"')


def test_a_body_that_could_not_be_read_is_changed_as_a_whole() -> None:
    assert [tuple(one) for one in differences(changes('{"customer": ', {"customer": "C1"}))] == [
        ("", json.dumps('{"customer": '), '{"customer": "C1"}')
    ]


def test_names_and_values_that_no_record_can_hold_are_told_as_json_writes_them() -> None:
    (one,) = changes({"a\x00": "\ud800"}, {})
    assert (one.path, one.before) == ("a\\u0000", '"\\ud800"')


def test_what_is_personal_is_masked_as_in_a_body() -> None:
    after = {**BEFORE, "customer": "C2", "name": "Ada", "address": {"city": "Köln"}, "odd": "Ada's cat"}
    shown = masked(changes(BEFORE, after), WIRE)
    assert [tuple(one) for one in shown] == [
        ("customer", '"C1"', '"C2"'),
        ("name", '"<number>"', '"<text, 3>"'),
        ("address.city", '"<text, 4>"', '"<text, 4>"'),
        ("<unknown 1>", None, '"<text, 9>"'),
    ]
    assert all("Ada" not in json.dumps(one) for one in masked(changes(BEFORE, after), "hub.unknown.type.v1"))


@given(VALUES, VALUES)
def test_there_is_a_difference_exactly_where_bodies_differ(before: Any, after: Any) -> None:
    assert bool(changes(before, after)) == (json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True))


@given(st.dictionaries(st.sampled_from(["name", "note", "email", "x.y", "0"]), VALUES, max_size=4))
def test_nothing_is_shown_that_masking_hides(after: dict[str, Any]) -> None:
    shown = json.dumps([one.after for one in masked(changes({}, after), WIRE)])
    hidden = json.dumps(mask(WIRE, after))
    for text in (value for value in after.values() if isinstance(value, str) and len(value) == 3 and value.isalpha()):
        assert text in hidden or text not in shown
