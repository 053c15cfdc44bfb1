"""Calendars as the OEM lays them down, in tests."""

from datetime import UTC, datetime
from typing import Any

from contracts.base import Calendar, Dealer

SAID = datetime(2026, 1, 1, tzinfo=UTC)
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
SHOP = ({"days": WORKDAYS, "opens": "08:00", "closes": "18:00"}, {"days": ("sat",), "opens": "09:00", "closes": "13:00"})
GERMANY = (
    {"name": "New Year", "month_day": "01-01"},
    {"name": "Good Friday", "easter": -2},
    {"name": "Easter Monday", "easter": 1},
    {"name": "Boxing Day", "month_day": "12-26"},
    {"name": "Christmas", "month_day": "12-25"},
)


def calendar(ref: str, **fields: Any) -> Calendar:
    """One edition."""
    return Calendar.model_validate({"occurred_at": SAID, "id": ref, "name": ref, **fields}, strict=False)


def dealer(ref: str, country: str | None = "DE") -> Dealer:
    """A dealer who is somewhere."""
    return Dealer(occurred_at=SAID, id=ref, name=ref, country=country)
