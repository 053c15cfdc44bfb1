"""What `hub status` prints of whoever is no consumer: couriers that are held, and people who are still to be told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.cli.stack import _print_status
from hub.operations.status import Status

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALM = Status(NOW, "127.0.0.1:9092", [], 0, 0, None, 0, None, held=[], due=0, oldest_due=None, unknown=0, braked=0)


def printed(found: Status, capsys: pytest.CaptureFixture[str]) -> str:
    _print_status(found, None)
    return capsys.readouterr().out


def test_couriers_that_are_held_are_told_with_who_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    held = {"process": "courier", "topic": "", "who": "ada", "why": "recovered: last night", "since": NOW}
    told = printed(replace(CALM, held=[held]), capsys)
    assert "courier" in told
    assert "ada" in told
    assert "recovered: last night" in told


def test_people_who_are_still_to_be_told_are_counted_with_what_keeps_it_back(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(replace(CALM, due=1_200, oldest_due=NOW - timedelta(minutes=2), unknown=3, braked=1), capsys)
    assert "1,200 messages due, the oldest for 120 s" in told
    assert "3 unknown" in told
    assert "1 brake pulled" in told


def test_where_nothing_is_due_nothing_is_said_of_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert "People" not in printed(CALM, capsys)
