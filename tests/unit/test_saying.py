"""Whoever says something of a campaign and does not wait for what comes of it is told of nothing that was done."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import typer

from contracts.campaigns import CAMPAIGN_PAUSED, CampaignPaused
from hub.cli.saying import Saying, say
from hub.consumers.campaigns import campaigns
from hub.operations import campaigns as operation
from hub.operations import hearing
from hub.operations.hearing import CameTo, Said

PAUSED = CampaignPaused(occurred_at=datetime(2026, 5, 4, tzinfo=UTC), campaign="spring", who="mira", why="w")


@pytest.mark.parametrize(
    ("no_wait", "standing", "done", "exit_code"),
    [
        (True, "said", [], 0),
        (False, "done", ["campaign.paused done"], 0),
        (False, "waits", [], 1),
    ],
)
def test_programs_are_told_as_done_what_was_seen_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], standing: str, done: list[str], exit_code: int, *, no_wait: bool
) -> None:
    async def published(*_: Any) -> Said:
        return Said("o1", UUID(int=1), campaigns)

    async def heard(*_: Any) -> CameTo:
        return CameTo(standing)

    monkeypatch.setattr(operation, "say", published)
    monkeypatch.setattr(hearing, "hear", heard)
    how, ended = Saying(yes=True, why="a test", no_wait=no_wait, as_json=True), 0
    try:
        say(CAMPAIGN_PAUSED, PAUSED, "Pause it?", how, show=lambda: None)
    except typer.Exit as exit_:
        ended = exit_.exit_code
    told = json.loads(capsys.readouterr().out)
    assert (told["is_dry"], told["id"], told["standing"], told["done"], ended) == (False, "o1", standing, done, exit_code)
