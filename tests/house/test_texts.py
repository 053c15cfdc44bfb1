"""No file names a package registry, somebody's home folder or a credential, and only the command line prints."""

import ast
import re
from pathlib import Path

import pytest

from tests.support import tree

EVERYWHERE = [
    "contracts",
    "hub",
    "tests",
    "bench",
    "deploy",
    "docs",
    ".ci",
    "requirements",
    "README.md",
    "CHANGELOG.md",
    "Makefile",
    "Dockerfile",
    "docker-compose.yml",
    "pyproject.toml",
]
MADE_BY_OTHERS = ("tests/contract/vendor",)
REGISTRIES = [  # in two pieces, so that this file does not name them
    f"{name}.{end}"
    for end, names in {
        "org": "pypi pythonhosted npmjs maven maven.apache proxy.golang anaconda",
        "io": "crates docker ghcr quay gcr",
        "com": "npmjs",
    }.items()
    for name in names.split()
]
_HOMES = re.compile(r"(?<![\w.])/(?:home/(?!hub\b)[a-z][\w-]*|Users/[A-Za-z][\w-]*|root|work" + r")/[\w.]")
_KEYS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\beyJ[\w-]{20,}\.[\w-]{20,}\.")
_ASSIGNED = re.compile(
    r"""(?i)(?:password|passwd|secret|token|api_?key)\w*["']?\s*[:=]\s*["']?(?![$<{*])([A-Za-z0-9+/_!@#%^-]{8,})["']?\s*(?:[,)\n#]|$)"""
)
_IN_URL = re.compile(r"[a-z+]+://[^\s:/@{<$'\"]+:(?![$<{*])([^\s@/{<$'\"]{4,})@")
_SPOKEN = {"password", "passwords"}


def hosts(text: str) -> list[str]:
    """The package registries that a text names."""
    return [host for host in REGISTRIES if re.search(rf"(?<![\w-]){re.escape(host)}\b|\.{re.escape(host)}\b", text)]


def homes(text: str) -> list[str]:
    """The folders of somebody's machine that a text names."""
    return [match[0] for match in _HOMES.finditer(text)]


def credentials(text: str, *, is_code: bool) -> list[str]:
    """What looks like a password or key; in code, only what stands in quotes can be one."""
    found = [match[0] for match in _KEYS.finditer(text)] + [match[1] for match in _IN_URL.finditer(text)]
    for match in _ASSIGNED.finditer(text):
        is_quoted = match[0].rstrip(" ,)\n#")[-1:] in {"'", '"'}
        if (is_quoted or not is_code) and match[1].lower() not in _SPOKEN and re.search(r"\d", match[1]):
            found.append(match[1])
    return found


def prints(module: ast.Module) -> list[int]:
    """The lines on which a module prints."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def sleeps(module: ast.Module) -> list[int]:
    """The lines on which a module sleeps by the clock: time.sleep, under whatever name."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if alias.name == "sleep"
    }
    found = []
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr="sleep")):
                found.append(node.lineno)
            case ast.Call(func=ast.Name(id=name)) if name in names:
                found.append(node.lineno)
    return found


def _texts() -> dict[Path, str]:
    tops = [top for top in EVERYWHERE if (tree.ROOT / top).exists()]
    paths = (path for path in tree.files(*tops) if not str(path).startswith(MADE_BY_OTHERS))
    return {path: (tree.ROOT / path).read_text(errors="replace") for path in paths}


def test_no_file_names_a_registry() -> None:
    found = [
        f"{path}: do not name {host}: where packages come from is the reader's affair"
        for path, text in _texts().items()
        for host in hosts(text)
    ]
    assert not found, "\n".join(found)


def test_no_file_names_somebody_s_folder() -> None:
    found = [f"{path}: do not name {home}: it is on one machine only" for path, text in _texts().items() for home in homes(text)]
    assert not found, "\n".join(found)


def test_no_file_holds_a_credential() -> None:
    found = [
        f"{path}: {word} looks like a credential: let it come from the environment or a Secret"
        for path, text in _texts().items()
        if path.parts[0] not in {"tests", "requirements"}  # tests invent passwords
        for word in credentials(text, is_code=path.suffix in {".py", ".toml"})
    ]
    assert not found, "\n".join(found)


def test_only_the_command_line_prints() -> None:
    modules = {path: module for path, module in tree.modules("hub", "contracts").items() if path.parts[:2] != ("hub", "cli")}
    found = [f"{path}:{line}: log, or return it for hub/cli to print" for path, module in modules.items() for line in prints(module)]
    assert not found, "\n".join(found)


def test_no_test_sleeps() -> None:
    found = [
        f"{path}:{line}: wait for what you expect (tests/support/eventually.py), not for time to pass"
        for path, module in tree.modules("tests").items()
        for line in sleeps(module)
        if path != Path("tests/support/eventually.py")  # looks again and again: somebody has to pause
    ]
    assert not found, "\n".join(found)


def test_a_registry_is_seen() -> None:
    assert hosts(f"pip install --index-url https://{REGISTRIES[0]}/simple") == [REGISTRIES[0]]
    assert hosts(f"from files.{REGISTRIES[1]} we take") == [REGISTRIES[1]]
    assert hosts("maven is a tool; an organ is not") == []


def test_a_folder_of_one_machine_is_seen() -> None:
    assert homes("see " + "/home" + "/anna/hub/notes") == ["/home" + "/anna/h"]
    assert homes("cd " + "/root" + "/hub") == ["/root" + "/h"]
    assert homes("the path deploy/home/work/x and https://a.example/root/x") == []


@pytest.mark.parametrize(
    "text",
    [
        'password = "hunter2hunter2"',
        "HUB_KAFKA_PASSWORD: s3cret-of-ours",
        "url: postgresql://hub:s3cret@db/hub",
        "-----BEGIN " + "PRIVATE KEY-----",
        "key AKIA" + "ABCDEFGHIJKLMNOP",
    ],
)
def test_a_credential_is_seen(text: str) -> None:
    assert credentials(text, is_code=False)


@pytest.mark.parametrize(
    "text", ["password: ${HUB_KAFKA_PASSWORD}", "password = generate(length=24)", "postgresql://hub@127.0.0.1/hub", "token: <yours>"]
)
def test_what_only_names_one_passes(text: str) -> None:
    assert not credentials(text, is_code=text.endswith(")"))


def test_a_print_and_a_sleep_are_seen() -> None:
    assert prints(ast.parse("x = 1\nprint(x)")) == [2]
    assert sleeps(ast.parse("import time\nfrom time import sleep as nap\ntime.sleep(1)\nnap(2)")) == [3, 4]
    assert sleeps(ast.parse("import asyncio\nasync def f(): await asyncio.sleep(0)")) == []
