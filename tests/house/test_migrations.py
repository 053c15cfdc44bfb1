"""Migrations stand in one line: each names the one before it, and no two have a number in common."""

import ast
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.support import tree

VERSIONS = Path("hub/state/migrations/versions")


def faults(files: Mapping[str, tuple[str | None, str | None]]) -> list[str]:
    """What breaks the line, given as file name → (revision, down_revision)."""
    counts = Counter(revision for revision, _ in files.values())
    wrong = [
        f"{name}: another migration is {revision} too: take the next number"
        for name, (revision, _) in files.items()
        if counts[revision] > 1
    ]
    wrong += [
        f"{name}: begin its name with its revision, {revision}"
        for name, (revision, _) in files.items()
        if not name.startswith(f"{revision}_")
    ]
    before = None
    for name, (revision, down) in sorted(files.items()):
        if down != before:
            wrong.append(f"{name}: down_revision {down} is not the one before it, {before}")
        before = revision
    return wrong


def named(source: str) -> tuple[str | None, str | None]:
    """The revision and the one before it, as a migration says."""
    found = {
        target.id: node.value.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return found.get("revision"), found.get("down_revision")


def test_migrations_stand_in_one_line() -> None:
    wrong = faults({path.name: named(tree.text(path)) for path in tree.files(str(VERSIONS), ends=(".py",))})
    assert not wrong, "\n".join(wrong)


def test_two_of_one_number_and_a_fork_are_seen() -> None:
    assert faults({"0001_a.py": ("0001", None), "0002_b.py": ("0002", "0001")}) == []
    twice = faults({"0001_a.py": ("0001", None), "0002_b.py": ("0002", "0001"), "0002_c.py": ("0002", "0001")})
    assert "0002_c.py: another migration is 0002 too: take the next number" in twice
    assert "0002_c.py: down_revision 0001 is not the one before it, 0002" in twice
    assert "begin its name with its revision" in faults({"0001_a.py": ("0002", None)})[0]
