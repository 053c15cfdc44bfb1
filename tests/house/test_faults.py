"""Every file of faults stands in the matrix of docs/faults.md, and the matrix names no other."""

import re
from pathlib import Path

from tests.support import tree

PAGE, FOLDER = Path("docs/faults.md"), Path("tests/faults")


def named(page: str) -> set[str]:
    """The files that the tables of a page name."""
    return {name for row in re.findall(r"^\|.*\|$", page, re.MULTILINE) for name in re.findall(r"`(test_[a-z0-9_]+)`", row)}


def test_every_fault_stands_in_the_matrix() -> None:
    page, files = named(tree.text(PAGE)), {path.stem for path in tree.files(str(FOLDER), ends=(".py",)) if path.stem.startswith("test_")}
    assert files == page, f"{PAGE}: add {', '.join(sorted(files - page)) or 'nothing'}; drop {', '.join(sorted(page - files)) or 'nothing'}"


def test_a_file_is_seen_in_a_table_only() -> None:
    assert named("`test_alone`\n\n| what | `test_one`, `test_two` | holds |\n") == {"test_one", "test_two"}
