"""Every command that a page, a manifest, the compose file or the Makefile names exists, with its options."""

import ast

import pytest
import typer
import typer.main

from hub.wiring import PROCESSES
from tests.support import command_line, tree


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


def asking(sources: dict[str, str]) -> list[str]:
    """Modules of the command line that ask by themselves: what is asked, done and told has one shape."""
    return sorted(name for name, source in sources.items() if name not in _ASKS and "agreed(" in source)


_ASKS = {"acting.py", "doing.py"}


def test_no_command_asks_by_itself_whether_to_act() -> None:
    sources = {path.name: tree.text(path) for path in tree.files("hub/cli", ends=(".py",))}
    assert not asking(sources), "let hub/cli/doing.py (or carrying.py, saying.py) ask: programs are told of every act in one shape"
    assert asking({"acting.py": "def agreed(", "other.py": "if agreed(question, yes=yes):"}) == ["other.py"]


def _planted() -> object:
    app, topics = typer.Typer(), typer.Typer()

    @topics.command()
    def apply(*, yes: bool = False) -> None: ...

    @topics.command("list")
    def list_(*, as_json: bool = typer.Option(False, "--json")) -> None: ...

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


WITHOUT_JSON = {
    "demo": "a show for people",
    "up": "a process",
    "down": "ends a process",
    "run": "a process, whose log is JSON",
    "migrate": "its exit code says all there is",
    "mail misbehave": "a toy of the hub on this machine",
    "sms misbehave": "a toy of the hub on this machine",
    "sms answer": "a toy of the hub on this machine",
    "import mapping": "prints YAML, to be changed and given back",
    "base export": "prints YAML, to be changed and given back",
}


def _without_json(command: object = None) -> set[str]:
    return {words for words, one in command_line.commands(command) if not any("--json" in parameter.opts for parameter in one.params)}


def test_whatever_prints_a_result_prints_it_for_programs() -> None:
    found = sorted(_without_json() - WITHOUT_JSON.keys())
    assert not found, f"give it `as_json: AsJson` and `hub.cli.doing`, or name it in WITHOUT_JSON with its reason: {', '.join(found)}"


def test_what_has_no_json_by_nature_has_none() -> None:
    gone = sorted(WITHOUT_JSON.keys() - _without_json())
    assert not gone, f"take out of WITHOUT_JSON what has --json, or is no command any more: {', '.join(gone)}"


def test_a_command_without_json_is_seen() -> None:
    assert _without_json(_planted()) == {"topics apply", "run"}


def questions(source: str) -> list[int]:
    """The lines on which somebody is asked on standard output, where a program reads."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"confirm", "prompt"}
        and not any(word.arg == "err" for word in node.keywords)
    ]


def test_nobody_is_asked_where_a_program_reads() -> None:
    found = [f"{path}:{line}" for path in tree.files("hub/cli", ends=(".py",)) for line in questions(tree.text(path))]
    assert not found, f"ask by hub.cli.acting.agreed, or with err=True: {', '.join(found)}"


def test_a_question_on_standard_output_is_seen() -> None:
    assert questions("typer.confirm('x')\ntyper.confirm('y', err=True)\ntyper.prompt('z')") == [1, 3]


def test_what_asks_is_answered_where_nobody_is() -> None:
    found = [f"{where}: add --yes to `hub {' '.join(words)}`" for where, words in command_line.deployed() if command_line.asks(words)]
    assert not found, "nobody can answer in a container:\n" + "\n".join(found)


def test_a_question_without_an_answer_is_seen() -> None:
    assert command_line.asks(["topics", "apply"], _planted())
    assert not command_line.asks(["topics", "apply", "--yes"], _planted())
    assert not command_line.asks(["run", "relay"], _planted())


def cut_in_silence(source: str) -> list[str]:
    """Commands that take a limit and do not say where a list was cut by it."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any(".command" in ast.unparse(one) for one in node.decorator_list)
        and {one.arg for one in (*node.args.args, *node.args.kwonlyargs)} & {"most", "limit"}
        and "print_more(" not in ast.unparse(node)
    ]


def test_every_list_says_where_it_was_cut() -> None:
    found = [f"{path}: {name}" for path in tree.files("hub/cli", ends=(".py",)) for name in cut_in_silence(tree.text(path))]
    assert not found, f"call hub.cli.printing.print_more: {', '.join(found)}"


def test_a_list_that_is_cut_in_silence_is_seen() -> None:
    head = "@app.command('list')\ndef list_(most: Most = 5) -> None:\n    print_table(rows)\n"
    assert cut_in_silence(head) == ["list_"]
    assert cut_in_silence(head + "    print_more(len(rows), most)\n") == []
