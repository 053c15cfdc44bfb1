"""A comparison finds every kind of difference, and passes over what is not this world's."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.world.compare import NOWHERE, ROW, Comparison, compare
from hub.world.truth import Dead, Truth, Waiting

MARK = "m1"
AT = datetime(2025, 1, 2, 3, tzinfo=UTC)
TOPIC = "dealer.ber-001.events"
TRUTH = Truth(
    {
        "customers": {("dealer:ber-001", "Km1-1"): {"name": "N", "birthday": date(1950, 1, 2), "segments": ["vip"], "received_at": AT}},
        "base_data": {("oem", "product/x@1900-01-01"): {"body": {"id": "x"}}},
        "leads": {},
    },
    (Dead(TOPIC, "Xm1-1", "schema"), Dead(TOPIC, None, "envelope")),
    {Waiting("dealer:ber-001", "Km1-1", "operator"): 2},
    MARK,
)
Rows = dict[str, list[dict[str, Any]]]


def stored() -> Rows:
    return {
        "customers": [
            {
                "principal": "dealer:ber-001",
                "ref": "Km1-1",
                "name": "N",
                "birthday": date(1950, 1, 2),
                "segments": '["vip"]',
                "received_at": AT,
                "row_version": 3,
            }
        ],
        "base_data": [{"principal": "oem", "ref": "product/x@1900-01-01", "body": {"id": "x"}}],
    }


def test_equal_rows_are_equal_whatever_else_their_columns_hold() -> None:
    comparison = compare(TRUTH, stored())
    assert comparison.is_equal
    assert comparison.compared == 5
    assert comparison.verdict == "all 5 values are as they must be"


def test_nothing_to_compare_is_not_equal() -> None:
    comparison = compare(Truth({}, (), {}, MARK), {})
    assert not comparison.is_equal
    assert comparison.verdict == "nothing to compare"


def test_an_empty_store_is_not_equal() -> None:
    assert not compare(TRUTH, {}).is_equal


def _change(column: str, value: object) -> Callable[[Rows], None]:
    return lambda rows: rows["customers"][0].update({column: value})


@pytest.mark.parametrize(
    ("spoil", "field", "got"),
    [
        (_change("name", "M"), "name", "M"),
        (_change("birthday", None), "birthday", None),
        (_change("segments", "[]"), "segments", []),
        (_change("received_at", AT.replace(hour=4)), "received_at", AT.replace(hour=4)),
        (lambda rows: rows["customers"][0].pop("name"), "name", NOWHERE),
        (lambda rows: rows["customers"].clear(), ROW, NOWHERE),
        (lambda rows: rows["customers"].append({"principal": "dealer:ham-001", "ref": "Km1-1"}), ROW, "a row"),
        (lambda rows: rows.update(leads=[{"principal": "dealer:ber-001", "ref": "Lm1-1"}]), ROW, "a row"),
    ],
)
def test_a_difference_is_found(spoil: Callable[[Rows], object], field: str, got: object) -> None:
    rows = stored()
    spoil(rows)
    comparison = compare(TRUTH, rows)
    assert not comparison.is_equal
    assert [(different.field, different.got) for different in comparison.shown] == [(field, got)]


def test_rows_of_another_world_are_passed_over() -> None:
    rows = stored()
    rows["customers"].append({"principal": "dealer:ber-001", "ref": "Km2-1"})
    rows["base_data"].append({"principal": "oem", "ref": "product/y@1900-01-01", "body": {}})
    assert compare(TRUTH, rows).is_equal


LETTERS: list[dict[str, Any]] = [{"topic": TOPIC, "key": "Xm1-1", "reason": "schema"}, {"topic": TOPIC, "key": None, "reason": "envelope"}]
WAITS: list[dict[str, Any]] = [{"principal": "dealer:ber-001", "key": "Km1-1", "hold": "operator"}] * 2
FOREIGN: list[dict[str, Any]] = [{"topic": TOPIC, "key": "Xm2-1", "reason": "schema"}, {"topic": TOPIC, "key": None, "reason": "envelope"}]


def with_records(dead: list[dict[str, Any]], waiting: list[dict[str, Any]]) -> Comparison:
    return compare(TRUTH, stored(), dead=dead, waiting=waiting)


def test_dead_letters_and_waiting_records_are_counted() -> None:
    assert with_records(LETTERS, WAITS).is_equal
    assert with_records([*LETTERS, *FOREIGN], WAITS).is_equal
    assert with_records(LETTERS[1:], WAITS).differing == {"dead_letters": 1}
    assert with_records(LETTERS[:1], WAITS).differing == {"dead_letters": 1}
    assert with_records([*LETTERS, LETTERS[0]], WAITS).differing == {"dead_letters": 1}
    assert with_records([LETTERS[0] | {"reason": "envelope"}, LETTERS[1]], WAITS).differing == {"dead_letters": 2}
    assert with_records(LETTERS, WAITS[:1]).differing == {"waiting": 1}


def test_only_the_first_differences_are_shown_and_all_are_counted() -> None:
    comparison = compare(TRUTH, {}, most_shown=1)
    assert len(comparison.shown) == 1
    assert comparison.differing.total() == 2
    assert comparison.verdict == "2 of 2 values differ (base_data 1, customers 1)"
