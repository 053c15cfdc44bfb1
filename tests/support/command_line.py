"""The words of `hub …` as the command line knows them, and as files name them."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support import deployments, kustomize, tree

_END = re.compile(r" {3,}|&&|\|\||[;>#&·]| \| |\$\(|\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```(?:[a-z]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_IN_A_SPAN = re.compile(r"(?:[\w./]*/)?hub(?= )(.*)")
_INDENTED = re.compile(r"^ {4}hub (.+)$", re.MULTILINE)
_IN_A_SHELL = re.compile(r"^\s*(?:[$%@-] )?\s*(?:[\w${}()./]*/)?hub (.+)$", re.MULTILINE)


@cache
def root() -> Any:
    """The whole command line, as click sees it."""
    import typer.main

    from hub.cli import mount

    return typer.main.get_command(mount())


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that a person can type, with its words."""
    command = command or root()
    if not hasattr(command, "commands"):
        yield " ".join(words), command
        return
    for word, inner in command.commands.items():
        yield from commands(inner, (*words, word))


def named() -> Iterator[tuple[str, list[str]]]:
    """Every command of ours that a page, a manifest, the compose file or the Makefile names, with where."""
    for path, page in tree.pages().items():
        yield from ((str(path), words) for words in in_page(page))
    for path in map(Path, ("Makefile", "Dockerfile", ".ci/run")):
        if (tree.ROOT / path).exists():
            yield from ((str(path), split(found)) for found in _IN_A_SHELL.findall(tree.text(path)))
    yield from deployed()


def deployed() -> Iterator[tuple[str, list[str]]]:
    """Every command of ours that the compose file and the manifests run, with where."""
    if (tree.ROOT / deployments.COMPOSE).exists():
        for service in deployments.services().values():
            yield str(deployments.COMPOSE), deployments.service_words(service)
    for name in deployments.KUSTOMIZATIONS:
        for document in deployments.manifests(name):
            for container in kustomize.containers(document):
                yield f"deploy/k8s/{name}: {document['metadata']['name']}", deployments.container_words(container)


def in_page(page: str) -> Iterator[list[str]]:
    """Every command of ours that a Markdown page names in code."""
    for block in _FENCE.findall(page):
        if "hub " in block and not _is_yaml(block):
            yield from map(split, _IN_A_SHELL.findall(block))
    page = _FENCE.sub("", page)
    yield from map(split, _INDENTED.findall(page))
    for span in _SPAN.findall(page):
        match = _IN_A_SPAN.fullmatch(span.strip())
        if match:
            yield split(match[1])


def fault(words: list[str], command: Any = None) -> str | None:
    """What the command line does not know of these words; placeholders in capitals or with … stand for anything."""
    command, rest = command or root(), list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0] in {"…", "..."}:
            return None
        word = rest.pop(0)
        if word.startswith("-"):
            return None if word in {"--help", "--version"} else f"no option {word}"
        if "|" in word:
            return next((told for one in word.split("|") if (told := fault([one, *rest], command))), None)
        if word.isupper():
            return None
        if word not in command.commands:
            return f"no word {word!r}, but {', '.join(sorted(command.commands))}"
        command = command.commands[word]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    asked = (word.strip("[]").partition("=")[0] for word in rest)
    unknown = [word for word in asked if re.match(r"--?[a-z]", word) and word not in known]
    return f"no option {', '.join(unknown)}" if unknown else None


def asks(words: list[str], command: Any = None) -> bool:
    """Whether a command would ask somebody before it acts: it knows --yes, and is not given it."""
    command, rest = command or root(), list(words)
    while hasattr(command, "commands") and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    return any("--yes" in parameter.opts for parameter in command.params) and not {"--yes", "-y"} & set(rest)


def split(line: str) -> list[str]:
    line = _END.split(line.replace("\\n", " "))[0].strip()
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _is_yaml(block: str) -> bool:
    try:
        return isinstance(yaml.safe_load(block), dict)
    except yaml.YAMLError:
        return False
