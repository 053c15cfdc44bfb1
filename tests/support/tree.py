"""The project's own files, for tests that look at the house itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_MADE = {"__pycache__", "node_modules", "results", "dist", "build"}
_HIDDEN_BUT_OURS = {".ci"}


def files(*tops: str, ends: tuple[str, ...] = ()) -> Iterator[Path]:
    """Every file of ours below these folders (or these files themselves), relative to the root; nothing that a tool made."""
    for top in tops:
        whole = ROOT / top
        found = [whole] if whole.is_file() else sorted(whole.rglob("*"))
        for path in found:
            inside = path.relative_to(ROOT)
            if path.is_file() and not _is_made(inside) and (not ends or path.name.endswith(ends)):
                yield inside


def _is_made(path: Path) -> bool:
    return any(step in _MADE or step.endswith(".egg-info") or (step[0] == "." and step not in _HIDDEN_BUT_OURS) for step in path.parts[:-1])


@cache
def text(path: Path) -> str:
    """A file's text, by its path from the root."""
    return (ROOT / path).read_text()


def modules(*tops: str) -> dict[Path, ast.Module]:
    """Every Python module below these folders, parsed."""
    return {path: _parsed(path) for path in files(*tops, ends=(".py",))}


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(text(path))


def pages() -> dict[Path, str]:
    """Every page that a person reads."""
    return {path: text(path) for path in files("README.md", "CHANGELOG.md", "docs", ends=(".md",)) if (ROOT / path).exists()}
