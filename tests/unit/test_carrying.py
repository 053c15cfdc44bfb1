"""What consumers are to carry out is shown and agreed on like any other deed, and told to programs in the same shape."""

import json
from typing import Any
from uuid import UUID

import pytest
import typer

from hub.cli.carrying import Patience, Plan, carry_out
from hub.cli.doing import Manner
from hub.errors import InputError
from hub.operations import asked as operation
from hub.operations.asked import NOT_YET, Asked, CameTo

ONE, TWO = UUID(int=1), UUID(int=2)
AGREED = Manner(dry_run=False, yes=True, why="a test", as_json=True)
WAITS, LEAVES = Patience(no_wait=False, silence=1), Patience(no_wait=True, silence=1)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said of two things, of which one is not carried out yet."""

    async def hear(_url: str, asked: Asked, _silence: float, _on_progress: Any) -> list[CameTo]:
        return [CameTo(subject, act, words) for (subject, act, _), words in zip(asked.acts, ("taken", NOT_YET), strict=True)]

    monkeypatch.setattr(operation, "hear", hear)
    return []


def plan(said: list[str]) -> Plan:
    def ask() -> Asked:
        said.append("said")
        return Asked([(ONE, "a1", ONE), (TWO, "a2", TWO)])

    return Plan({"things": [1, 2]}, lambda: typer.echo("two things"), "Do it?", ask)


def test_programs_are_told_the_plan_what_became_of_each_and_what_was_done(said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        carry_out(plan(said), AGREED, WAITS)
    told = json.loads(capsys.readouterr().out)
    assert (ended.value.exit_code, said) == (1, ["said"])
    assert (told["is_dry"], told["things"], told["counts"], told["done"]) == (False, [1, 2], {"done": 1, NOT_YET: 1}, [str(ONE)])
    assert [(one["id"], one["effect"]) for one in told["acts"]] == [(str(ONE), "taken"), (str(TWO), NOT_YET)]


def test_who_does_not_wait_is_told_what_was_said(said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    carry_out(plan(said), AGREED, LEAVES)
    told = json.loads(capsys.readouterr().out)
    assert (told["acts"][0], told["done"]) == ({"id": str(ONE), "act": "a1"}, [])


@pytest.mark.parametrize("manner", [AGREED._replace(dry_run=True), AGREED])
def test_where_nothing_is_done_programs_are_told_in_the_same_shape(
    said: list[str], manner: Manner, capsys: pytest.CaptureFixture[str]
) -> None:
    carry_out(plan(said)._replace(ask=None) if not manner.dry_run else plan(said), manner, WAITS)
    assert json.loads(capsys.readouterr().out) == {"is_dry": manner.dry_run, "things": [1, 2], "acts": [], "counts": {}, "done": []}
    assert said == []


def test_where_nobody_can_be_asked_nothing_is_said_and_nothing_printed_for_programs(
    said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="--yes: expected it to be given where nobody can be asked"):
        carry_out(plan(said), AGREED._replace(yes=False), WAITS)
    shown = capsys.readouterr()
    assert (said, shown.out, shown.err) == ([], "", "two things\n")


def test_people_are_shown_what_somebody_has_to_look_at_first(said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        carry_out(plan(said), AGREED._replace(as_json=False), WAITS)
    shown = capsys.readouterr().out
    assert shown.startswith("two things\n")
    assert shown.index(NOT_YET) < shown.index("taken")
    assert "1 done, 1 not carried out yet." in shown
