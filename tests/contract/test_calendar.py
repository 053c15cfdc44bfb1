"""A calendar that could not be followed is refused by the field that is wrong."""

import json
from typing import Any

import pytest

from contracts.base import CALENDAR_RECORDED
from contracts.contract import Invalid


def decoded(**fields: Any) -> Any:
    body = {"occurred_at": "2026-01-01T00:00:00Z", "id": "DE", "name": "Germany", **fields}
    return CALENDAR_RECORDED.decode(1, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        ({"id": "De"}, "id", "a country code of ISO 3166-1, such as DE, or a dealer's id"),
        ({"holidays": [{"name": "May Day", "month_day": "5-1"}]}, "holidays.0.month_day", "a day of each year, such as 12-25"),
        ({"holidays": [{"name": "Leap", "month_day": "02-30"}]}, "holidays.0.month_day", "a day of each year, such as 12-25"),
        ({"holidays": [{"name": "May Day"}]}, "holidays.0", "one of day, month_day and easter"),
        ({"holidays": [{"name": "May", "day": "2026-05-01", "easter": 1}]}, "holidays.0", "one of day, month_day and easter"),
        (
            {"business_hours": [{"days": ["mon"], "opens": "18:00", "closes": "08:00"}]},
            "business_hours.0",
            "a time to close after the time to open",
        ),
        ({"quiet_hours": [{"begins": "08:00", "ends": "08:00"}]}, "quiet_hours", "quiet hours that leave some time of the week"),
        (
            {"quiet_hours": [{"begins": "20:00", "ends": "08:00"}, {"begins": "08:00", "ends": "20:00"}]},
            "quiet_hours",
            "quiet hours that leave some time of the week",
        ),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_by_field(fields: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(Invalid) as refused:
        decoded(**fields)
    assert [(finding.path, finding.expected) for finding in refused.value.findings] == [(path, expected)]


def test_a_shop_may_close_at_midnight() -> None:
    assert decoded(business_hours=[{"days": ["sat"], "opens": "18:00", "closes": "00:00"}]).business_hours[0].closes == "00:00"
