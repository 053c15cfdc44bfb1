"""A campaign's file says what is wrong with it by line and path, all of it at once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.campaigns import CampaignPrepared
from hub.errors import HubError
from hub.operations.campaign_file import plan

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
GOOD = """campaign: spring
title: Spring
audience: customers
channels: [email]
template: spring
purpose: news
expires_at: 2026-06-01T00:00:00Z
"""


def read(tmp_path: Path, text: str) -> CampaignPrepared:
    path = tmp_path / "spring.yaml"
    path.write_text(text)
    return plan(path, who="mira", why="test", now=NOW)


def test_a_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    made = read(tmp_path, GOOD + "pace: {per_hour: 60, opens: 9:30, closes: 18:00}\nwhere: {birthday: {after: 1990-01-01}}\n")
    assert (made.campaign, made.who, made.reach, made.grantee, made.nature) == ("spring", "mira", "first", "oem", "marketing")
    assert (made.per_hour, made.opens, made.closes, made.zone) == (60, "09:30", "18:00", "UTC")
    assert made.conditions == '{"birthday": {"after": "1990-01-01"}}'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("channels: [email]", "channels: [fax]"), ["spring.yaml:4: channels[0]: expected 'email', 'sms' or 'post'"]),
        (("title: Spring\n", ""), ["spring.yaml:1: title: expected a value: the field is required"]),
        (
            ("purpose: news", "porpoise: news"),
            ["spring.yaml:6: porpoise: expected one of campaign", "spring.yaml:1: purpose: expected a value"],
        ),
        (("expires_at: 2026-06-01T00:00:00Z", "expires_at: soon"), ["spring.yaml:7: expires_at: expected a moment"]),
        (("2026-06-01", "2026-05-01"), ["spring.yaml:7: expires_at: expected a moment to come"]),
        (
            ("expires_at", "pace: {per_day: 5, opens: 25:00}\nexpires_at"),
            ["spring.yaml:7: pace.per_day: expected one of per_hour", "spring.yaml:7: pace.opens: expected a time of day"],
        ),
        (("expires_at", "pace: {opens: 18:00, closes: 09:00}\nexpires_at"), ["spring.yaml:7: pace.closes: expected a time of day after"]),
        (
            ("expires_at", "where: {city: Ulm, name: {}}\nexpires_at"),
            ["spring.yaml:7: where.name: expected at least one", "spring.yaml:7: where.city: expected a mapping of"],
        ),
        (("expires_at", "pace: {zone: Berlin}\nexpires_at"), ["spring.yaml:7: pace.zone: expected"]),
        (("audience: customers", "audience: all"), ["spring.yaml:3: audience: expected one of customers"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, change: tuple[str, str], told: list[str]) -> None:
    with pytest.raises(HubError) as caught:
        read(tmp_path, GOOD.replace(*change, 1))
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert len(lines) == len(told), lines
    assert all(line.startswith(wanted) for line, wanted in zip(lines, told, strict=True)), lines
