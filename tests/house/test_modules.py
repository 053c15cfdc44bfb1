"""Every module says what it is for, is short enough to be read at one sitting, and needs no banners."""

import ast
import re

import pytest

from tests.support import tree

MOST_LINES = 400
ROOMS = ("contracts", "hub", "bench", "tests")
_BANNER = re.compile(r"^\s*#\s*([-=#*~])\1{3,}", re.MULTILINE)
_EMPTY_WORDS = re.compile(r"(?:Manager|Service|Handler|Impl)$|^(?:Manager|Service|Handler)\b")
_EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def faults(name: str, source: str) -> list[str]:
    """What is wrong with a module."""
    module, found = ast.parse(source), []
    lines = source.count("\n")
    purpose = (ast.get_docstring(module) or "").strip().splitlines()
    if module.body and not purpose:
        found.append(f"{name}: begin it with one sentence that says what the module is for")
    elif purpose and not re.search(r"[.!?…]$", " ".join(purpose).split("\n\n")[0].strip()):
        found.append(f"{name}: end its purpose as a sentence ends")
    if lines > MOST_LINES:
        found.append(f"{name}: {lines} lines; at most {MOST_LINES}: split it where it says `and`")
    if _BANNER.search(source):
        found.append(f"{name}: remove the banner; what needs one wants a module of its own")
    if name.removesuffix(".py").split("/")[-1] in _EMPTY_NAMES:
        found.append(f"{name}: name the module for what it does")
    found += [
        f"{name}: name class {node.name} for what it is"
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef) and _EMPTY_WORDS.search(node.name)
    ]
    return found


def test_every_module_has_a_purpose_and_is_short() -> None:
    found = [fault for path in tree.files(*ROOMS, ends=(".py",)) for fault in faults(str(path), tree.text(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        ("hub/silent.py", "import os\n", "one sentence"),
        ("hub/half.py", '"""Do things"""\n', "as a sentence ends"),
        ("hub/long.py", '"""Go on."""\n' + "\n" * 400, "at most 400"),
        ("hub/loud.py", '"""Shout."""\n# ------ part two\n', "banner"),
        ("hub/utils.py", '"""Anything."""\n', "for what it does"),
        ("hub/vague.py", '"""Manage."""\nclass OrderManager: ...\n', "for what it is"),
    ],
)
def test_a_fault_is_seen(name: str, source: str, told: str) -> None:
    assert any(told in fault for fault in faults(name, source))


def test_a_good_module_passes() -> None:
    assert faults("hub/good.py", '"""Be good."""\n\nclass Good: ...\n') == []
    assert faults("hub/empty/__init__.py", "") == []
