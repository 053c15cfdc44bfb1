"""Every reason that a dead letter, a stopped partition or a probe gives is explained on a page, and no other is."""

import ast
import re
from pathlib import Path

from tests.support import tree

DELIVERY, OPERATIONS = Path("docs/delivery.md"), Path("docs/operations.md")
_REASON = re.compile(r"[a-z]+(?:_[a-z]+)*")
ARGUMENT = {"Invalid": 0, "Bad": 3, "halt": 1, "_on_halt": 1}
"""Function → which of its arguments is the reason."""


def reasons(source: str, *functions: str) -> set[str]:
    """The reasons that a module hands to these functions as they stand."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        place = ARGUMENT.get(name)
        if name in functions and place is not None and len(node.args) > place:
            argument = node.args[place]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and _REASON.fullmatch(argument.value):
                found.add(argument.value)
    return found


def returned(source: str, function: str) -> set[str]:
    """The reasons that a function returns as the first of several values."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            for answer in ast.walk(node):
                match answer:
                    case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=str(reason)), *_])):
                        found.add(reason)
                    case _:
                        pass
    return found


def told(page: str, heading: str) -> set[str]:
    """The words in code in the first column of the table under a heading."""
    section = re.split(r"^#+ ", page.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([a-z_]+)`", cell)}


def test_every_reason_of_a_dead_letter_is_explained() -> None:
    given = returned(tree.text(Path("hub/stream/settling.py")), "_reason")
    for path in tree.files("contracts", "hub/stream", ends=(".py",)):
        given |= reasons(tree.text(path), "Invalid", "Bad")
    page = told(tree.text(DELIVERY), "When something is wrong: dead letters")
    assert given == page, (
        f"{DELIVERY}: explain {', '.join(sorted(given - page)) or 'nothing more'}; drop {', '.join(sorted(page - given)) or 'nothing'}"
    )


def test_every_reason_why_a_partition_stops_is_explained() -> None:
    given = {reason for path in tree.files("hub/stream", ends=(".py",)) for reason in reasons(tree.text(path), "halt", "_on_halt")}
    page = told(tree.text(OPERATIONS), "A halted partition")
    assert given == page, (
        f"{OPERATIONS}: explain {', '.join(sorted(given - page)) or 'nothing more'}; drop {', '.join(sorted(page - given)) or 'nothing'}"
    )


def test_a_reason_is_seen_in_code_and_on_a_page() -> None:
    assert reasons('raise Invalid("too_old", 1)\nself.halt(p, "stuck", begin=1)\nhalt(p, reason)', "Invalid", "halt") == {
        "too_old",
        "stuck",
    }
    assert returned('def _reason():\n    if x:\n        return "bored", 1\n    return None', "_reason") == {"bored"}
    assert told("# Why\n\n| a | b |\n|---|---|\n| `one`, `two` | `x` |\n\n## Else\n| `three` | y |\n", "Why") == {"one", "two"}
