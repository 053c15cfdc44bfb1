"""Every command that a page, a manifest, the compose file or the Makefile names exists, with its options."""

import pytest
import typer
import typer.main

from hub.wiring import PROCESSES
from tests.support import command_line


def test_every_command_named_exists() -> None:
    found = sorted(
        {f"{where}: `hub {' '.join(words)}`: {told}" for where, words in command_line.named() if (told := command_line.fault(words))}
    )
    assert not found, "mend the page or build the command:\n" + "\n".join(found)


def test_every_process_named_exists() -> None:
    found = [
        f"{where}: `hub run {words[1]}`: no such process; there are {', '.join(PROCESSES)}"
        for where, words in command_line.named()
        if words[:1] == ["run"] and len(words) > 1 and words[1] not in {*PROCESSES, "NAME", "…", "--help"}
    ]
    assert not found, "\n".join(found)


def _planted() -> object:
    app, topics = typer.Typer(), typer.Typer()

    @topics.command()
    def apply(*, yes: bool = False) -> None: ...

    @topics.command("list")
    def list_(*, as_json: bool = typer.Option(default=False)) -> None: ...

    @app.command()
    def run(name: str) -> None: ...

    app.add_typer(topics, name="topics")
    return typer.main.get_command(app)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("Type `hub topics aply --yes`.", "no word 'aply'"),
        ("Type `hub topics apply --yess`.", "no option --yess"),
        ("Type `hub topics list|pan`.", "no word 'pan'"),
        ("```sh\n$ hub rum && hub topics list\n```\n", "no word 'rum'"),
        ("```\nHUB_LANES=1 x\n.venv/bin/hub topics list --jsn  # why\n```\n", "no option --jsn"),
    ],
)
def test_a_command_that_does_not_exist_is_seen(page: str, told: str) -> None:
    faults = [command_line.fault(words, _planted()) for words in command_line.in_page(page)]
    assert any(told in (fault or "") for fault in faults)


@pytest.mark.parametrize("page", ["`hub topics list|apply`", "`hub run NAME`", '`hub run relay --help "a b"`', "`hub topics …`"])
def test_a_command_that_exists_passes(page: str) -> None:
    (words,) = command_line.in_page(page)
    assert command_line.fault(words, _planted()) is None


def test_what_asks_is_answered_where_nobody_is() -> None:
    found = [f"{where}: add --yes to `hub {' '.join(words)}`" for where, words in command_line.deployed() if command_line.asks(words)]
    assert not found, "nobody can answer in a container:\n" + "\n".join(found)


def test_a_question_without_an_answer_is_seen() -> None:
    assert command_line.asks(["topics", "apply"], _planted())
    assert not command_line.asks(["topics", "apply", "--yes"], _planted())
    assert not command_line.asks(["run", "relay"], _planted())
