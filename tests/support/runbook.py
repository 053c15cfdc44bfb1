"""The runbook as a test reads it: every command on docs/operations.md, in the order of the page, with what stands for its placeholders."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support import command_line, deployments, tree

PAGE = Path("docs/operations.md")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_SQL = re.compile(r"(?:SELECT|INSERT|UPDATE|DELETE|DROP|CREATE|ALTER|GRANT|REVOKE) ")
_BLANK = re.compile(r"\b[A-Z]{2,}\b|…")
_TOOLS = ("hub", "kubectl", "sql")
_KUBECTL = {
    "get": {"--namespace"},
    "logs": {"--namespace", "--all-containers"},
    "delete": {"--namespace", "--ignore-not-found"},
    "apply": {"--kustomize"},
    "rollout": {"--namespace"},
    "scale": {"--namespace", "--replicas"},
}
"""The verbs of kubectl that the page needs, and their options."""


PLACEHOLDERS = {
    "CONSUMER": "consumer",
    "FILE": "file",
    "KIND/REF": "awaited",
    "REASON": "reason",
    "TOPIC": "topic",
    "TOPIC:PARTITION": "halted",
    "TOPIC@PARTITION:OFFSET": "record",
    "TYPE": "type",
    "CAMPAIGN": "campaign",
    "OF": "braked",
    "dead-letters ID": "letter",
    "deliveries ID": "delivery",
    "outbox ID": "aside",
    "partners ID": "dealer",
    "waiting ID": "wait",
    "0f6b2c1e": "act",
    "hub.acts@0:7": "act's record",
    "…": "why",
}
"""What stands for a word of the page, by that word or by it after the first one: a fact of the scene."""


class Command(NamedTuple):
    """One command: the section that names it, its tool, and its words; an SQL statement is one word."""

    section: str
    tool: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.tool, *self.words))


def commands(page: str) -> Iterator[Command]:
    """Every command of a page, in its order; the mere mention of a word, such as `hub topics`, is none."""
    for title, text in _sections(page):
        at = 0
        for fence in _FENCE.finditer(text):
            yield from _in_spans(title, text[at : fence.start()])
            yield from _in_a_fence(title, fence[2], fence[3])
            at = fence.end()
        yield from _in_spans(title, text[at:])


def _sections(page: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"^#+ (.+)$", page, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def _in_spans(section: str, text: str) -> Iterator[Command]:
    for span in _SPAN.findall(text):
        tool, _, rest = span.strip().partition(" ")
        if tool in {"hub", "kubectl"} and rest:
            yield from _of_a_line(section, span)
        elif _SQL.match(span):
            yield Command(section, "sql", (span,))


def _in_a_fence(section: str, language: str, text: str) -> Iterator[Command]:
    if language == "sql":
        yield from (Command(section, "sql", (statement.strip(),)) for statement in text.split(";") if statement.strip())
    elif language in {"sh", "bash", "console"}:
        for line in text.splitlines():
            if line.strip():
                yield from _of_a_line(section, line.strip())


def _of_a_line(section: str, line: str) -> Iterator[Command]:
    tool, *words = command_line.split(line)
    if tool != "hub" or not is_a_mention(words):
        yield Command(section, tool, tuple(words))


def is_a_mention(words: list[str]) -> bool:
    """Whether these words name a command without what it needs, as in a sentence about it."""
    command, rest = command_line.root(), list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0] not in command.commands:
            return not rest
        command = command.commands[rest.pop(0)]
    try:
        command.make_context("hub", rest, resilient_parsing=False)
    except Exception as error:  # noqa: BLE001 - typer's own copy of click has no public name for it
        return type(error).__name__ == "MissingParameter"
    return False


def filled(command: Command, facts: Mapping[str, Callable[[], str]]) -> list[str]:
    """A command's words, with what the scene puts for each placeholder."""
    return [facts[name]() if name else word for word, name in _named(command)]


def lacks(command: Command) -> str | None:
    """A placeholder of this command for which nothing is laid down; None where there is none."""
    return next((word for word, name in _named(command) if name is not None and name not in PLACEHOLDERS.values()), None)


def _named(command: Command) -> Iterator[tuple[str, str | None]]:
    """Each word with the name of the fact that takes its place; None where it stands for itself."""
    before = ""
    for word in command.words:
        known = PLACEHOLDERS.get(f"{command.words[0]} {word}") or PLACEHOLDERS.get(word)
        if before == "--why":
            yield word, "why"
        elif known:
            yield word, known
        elif before != "--set" and _BLANK.search(word):
            yield word, word
        else:
            yield word, None
        before = word


def faults_of_kubectl(command: Command) -> list[str]:
    """What a command for a cluster names that the manifests do not have; there is no cluster to try it on."""
    words = list(command.words)
    options = [word for word in words if word.startswith("--")]
    namespace = words[words.index("--namespace") + 1] if "--namespace" in words else None
    plain = [word for at, word in enumerate(words) if not word.startswith("--") and (at == 0 or words[at - 1] not in _VALUED)]
    verb = plain[0] if plain else ""
    found = [f"{verb}: no verb that is known here"] if verb not in _KUBECTL else []
    found += [f"{verb} has no option {option}" for option in options if option not in _KUBECTL.get(verb, set())]
    manifests = list(deployments.manifests("base"))
    if namespace and namespace not in {document["metadata"]["name"] for document in manifests if document["kind"] == "Namespace"}:
        found.append(f"no namespace {namespace}")
    there = {(document["kind"].lower(), document["metadata"]["name"]) for document in manifests}
    for at, word in enumerate(plain):
        kind, slash, name = word.partition("/")
        if kind in {"deployment", "job"} and (slash or plain[at + 1 :]) and (kind, name or plain[at + 1]) not in there:
            found.append(f"no {kind} {name or plain[at + 1]}")
    if "--kustomize" in words and not (tree.ROOT / words[words.index("--kustomize") + 1] / "kustomization.yaml").exists():
        found.append(f"no kustomization {words[words.index('--kustomize') + 1]}")
    return found


_VALUED = {"--namespace", "--replicas", "--kustomize"}


def unknown(command: Command) -> bool:
    """Whether no test knows how to try it."""
    return command.tool not in _TOOLS
