"""A text opened in a person's editor stays between that person and the command."""

from pathlib import Path

import pytest

from hub.cli.editor import edited
from hub.errors import HubError, InputError


@pytest.fixture(autouse=True)
def _no_visual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)


def test_what_was_left_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/b/c/")
    assert edited("a\nb", "body.json") == "a\nc"


def test_the_folder_is_closed_to_others_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "seen"
    monkeypatch.setenv("EDITOR", f"sh -c 'stat -c %a $(dirname $0) >{note}; dirname $0 >>{note}; cp $0 $0~'")
    assert edited("a", "body.json") == "a"
    mode, folder = note.read_text().split()
    assert mode == "700"
    assert not Path(folder).exists()


@pytest.mark.parametrize("editor", ["false", "rm", "truncate -s 0", "sh -c 'echo x >$0; exit 3'", r"sh -c 'printf \\377 >$0'"])
def test_nothing_comes_back_where_the_editor_failed_or_left_nothing(monkeypatch: pytest.MonkeyPatch, editor: str) -> None:
    monkeypatch.setenv("EDITOR", editor)
    assert edited("a", "body.json") is None


def test_an_editor_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "no-such-editor")
    with pytest.raises(HubError, match="no-such-editor"):
        edited("a", "body.json")
    monkeypatch.setenv("EDITOR", "sh -c 'x")
    with pytest.raises(InputError, match="quotes closed"):
        edited("a", "body.json")
