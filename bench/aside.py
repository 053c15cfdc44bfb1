"""What benchmarks that are run by themselves measured: in the file of results beside the others, each under its own name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.kept import APART, commit
from bench.machine import machine
from hub.errors import InputError


def beside(path: Path) -> dict[str, Any]:
    """What stands in the file of theirs, or nothing where there is none."""
    return {name: said for name, said in _read(path).items() if name in APART}


def keep(path: Path, name: str, found: Mapping[str, Any]) -> None:
    """Write what was measured, of which commit, when and on what; whatever else stands in the file stays."""
    whole = {**_read(path), name: {"commit": commit(), **found, "machine": machine()}}
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(whole, indent=2) + "\n")
    draft.replace(path)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError("--results", f"a file that this benchmark wrote; {path} is not")
    return found
