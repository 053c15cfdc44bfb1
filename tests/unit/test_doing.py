"""An act is shown, agreed on and told: to people in sentences, to programs in one object."""

import json
from io import StringIO

import pytest
import typer

from hub.cli.doing import Deed, Manner, do
from hub.cli.printing import print_table
from hub.errors import InputError

AGREED = Manner(dry_run=False, yes=True, why="a test", as_json=False)


class _Person(StringIO):
    def isatty(self) -> bool:
        return True


def deed(acts: list[str], **changed: object) -> Deed:
    def act() -> list[str]:
        acts.append("acted")
        return ["a", "b"]

    whole = Deed({"things": [1, 2]}, lambda: typer.echo("two things"), "Do it?", act, lambda done: f"{len(done)} done.")
    return whole._replace(**changed)


def test_people_are_shown_what_it_comes_to_and_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    acts: list[str] = []
    assert do(deed(acts), AGREED) == ["a", "b"]
    assert (acts, capsys.readouterr().out) == (["acted"], "two things\n2 done.\n")


def test_programs_are_told_all_of_it_in_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    do(deed([]), AGREED._replace(as_json=True))
    assert json.loads(capsys.readouterr().out) == {"is_dry": False, "things": [1, 2], "done": ["a", "b"]}


@pytest.mark.parametrize("as_json", [False, True])
def test_a_dry_run_does_nothing_and_needs_no_reason(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    acts: list[str] = []
    assert do(deed(acts), Manner(dry_run=True, yes=False, why="", as_json=as_json)) is None
    assert acts == []
    told = capsys.readouterr().out
    assert (json.loads(told) == {"is_dry": True, "things": [1, 2], "done": []}) if as_json else (told == "two things\n")


def test_where_nothing_is_to_be_done_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert do(deed([], act=None), Manner(dry_run=False, yes=False, why="", as_json=True)) is None
    assert json.loads(capsys.readouterr().out)["done"] == []


@pytest.mark.parametrize(("manner", "named"), [(AGREED._replace(why=" "), "--why"), (AGREED._replace(yes=False), "--yes")])
def test_nothing_is_done_without_a_reason_or_an_answer(manner: Manner, named: str) -> None:
    acts: list[str] = []
    with pytest.raises(InputError, match=named):
        do(deed(acts), manner)
    assert acts == []


def test_who_is_asked_sees_what_it_comes_to_and_a_program_reads_none_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    acts: list[str] = []
    monkeypatch.setattr("sys.stdin", _Person("n\n"))
    with pytest.raises(typer.Abort):
        do(deed(acts, show=lambda: print_table(("what",), [("two things",)])), AGREED._replace(yes=False, as_json=True))
    shown = capsys.readouterr()
    assert (acts, shown.out.strip()) == ([], "")
    assert "two things" in shown.err.partition("Do it?")[0]
    assert "Do it?" in shown.err
