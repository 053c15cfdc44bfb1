"""Conditions are typed: what cannot be asked is told with its path, and with what can."""

import json
from typing import Any

import pytest

from hub.rules.audience import DEEPEST, LONGEST, Unfit, conditions


@pytest.mark.parametrize(
    ("audience", "where", "path", "expected"),
    [
        ("customers", {"status": {"is": "activ"}}, "status.is", "'active'"),
        ("customers", {"contry": {"is": "DE"}}, "contry", "one of and, or, not, dealer"),
        ("customers", {"city": {"like": "B%"}}, "city.like", "one of known, is, in, contains, starts_with"),
        ("customers", {"city": "Berlin"}, "city", "a mapping of known, is"),
        ("customers", {"city": {}}, "city", "at least one of known, is"),
        ("customers", {"employees": {"at_least": "5"}}, "employees.at_least", "integer"),
        ("customers", {"employees": {"at_least": 2**63}}, "employees.at_least", "less than or equal to"),
        ("customers", {"revenue": {"at_least": 5}}, "revenue.at_least", "a mapping of minor, currency"),
        ("customers", {"birthday": {"before": "soon"}}, "birthday.before", "a day of the years"),
        ("customers", {"or": []}, "or", "at least 1 item"),
        ("customers", {"or": [{}, {"segments": {"has": "A B"}}]}, "or.1.segments.has", "1 to 40 of a-z"),
        ("customers", {"not": {"opportunities": {"exists": {"foo": 1}}}}, "not.opportunities.exists.foo", "one of and, or, not, status"),
        ("customers", {"name": {"is": "a\0b"}}, "name.is", "without control characters"),
        ("contacts", {"customer": {"kind": {"is": "robot"}}}, "customer.kind.is", "'person'"),
        ("prospects", {"segments": {"has": "fleet"}}, "segments", "lead_source"),
        ("prospects", [], "", "a mapping of and, or, not"),
    ],
)
def test_what_cannot_be_asked_is_named_with_its_path(audience: Any, where: object, path: str, expected: str) -> None:
    with pytest.raises(Unfit) as caught:
        conditions(audience, json.dumps(where))
    [fault] = caught.value.faults
    assert fault.path == path
    assert expected in fault.expected


@pytest.mark.parametrize("document", ['{"not":' * DEEPEST + "{}" + "}" * DEEPEST, '{"not": {}}' + " " * LONGEST])
def test_a_tree_is_bounded(document: str) -> None:
    with pytest.raises(Unfit, match="nested at most"):
        conditions("customers", document)


def test_no_conditions_choose_everybody() -> None:
    assert conditions("customers", None) == conditions("customers", "{}")
