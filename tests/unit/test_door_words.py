"""What the words of the door tell of is a token, whichever of them is typed."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.door import app
from hub.operations import door
from hub.operations.partners import Outcome


@pytest.mark.parametrize("word", ["issue", "rotate", "revoke"])
def test_programs_are_told_of_a_token(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def did(*_: object, **__: Any) -> Outcome:
        return Outcome(("a token",))

    monkeypatch.setattr(door, word, did)
    told = json.loads(CliRunner().invoke(app, [word, "ber-01", "--dry-run", "--json"]).stdout)
    assert (told["user"], "token" in told, "password" in told) == ("dealer.ber-01", True, False)
