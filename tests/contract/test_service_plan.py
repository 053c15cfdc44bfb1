"""A service plan that could never remind anybody is refused by the field that is wrong."""

import json
from typing import Any

import pytest

from contracts.base import SERVICE_PLAN_RECORDED
from contracts.contract import Invalid


def decoded(**fields: Any) -> Any:
    body = {"occurred_at": "2026-01-01T00:00:00Z", "id": "annual", "name": "Annual", **fields}
    return SERVICE_PLAN_RECORDED.decode(1, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        ({"months": None}, "", "months, distance_km or both"),
        ({"zone": "Europe/Atlantis"}, "zone", "a time zone of the IANA database, such as Europe/Berlin"),
        ({"zone": "../etc/passwd"}, "zone", "a time zone of the IANA database, such as Europe/Berlin"),
        ({"steps": [{"id": "a", "days": 0}, {"id": "a", "days": 1}]}, "steps", "each step has an id and a day of its own"),
        ({"steps": [{"id": "a", "days": 0}, {"id": "b", "days": 0}]}, "steps", "each step has an id and a day of its own"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_by_field(fields: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(Invalid) as refused:
        decoded(**fields)
    assert [(finding.path, finding.expected) for finding in refused.value.findings] == [(path, expected)]


def test_steps_stand_in_the_order_of_their_days() -> None:
    plan = decoded(steps=[{"id": "late", "days": 30}, {"id": "early", "days": -30}])
    assert [step.id for step in plan.steps] == ["early", "late"]


def test_a_plan_may_go_by_distance_alone() -> None:
    assert decoded(months=None, distance_km=15_000).months is None
