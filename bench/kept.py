"""What an earlier run left in the file of results: a run that was broken off loses nothing, and workloads can be run one by one."""

import json
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.plan import FULL, Plan
from bench.processes import ROOT
from bench.sheet import Note, Sheet
from hub.errors import InputError

APART = ("mail", "sms")
"""Benchmarks that are run by themselves stand in the file under these names, and go on standing there."""


def note(plan: Plan, workload: str) -> Note:
    """What is to be said of a workload that is measured now."""
    sizes = plan.sizes(workload)
    is_claim = plan.is_claim and sizes == FULL.sizes(workload)
    return Note(datetime.now(UTC).isoformat(timespec="seconds"), commit(), is_claim, sizes)


def written(sheet: Sheet) -> dict[str, Any]:
    """Everything that `kept` reads, as it stands in the file."""
    return {"workloads": {name: asdict(note) for name, note in sheet.notes.items()}, "measured": sheet.numbers}


def kept(path: Path) -> Sheet:
    """What stands in the file, or nothing where there is none."""
    sheet = Sheet()
    if not path.exists():
        return sheet
    try:
        found = json.loads(path.read_text())
        if found and not found.keys() - set(APART):
            return sheet
        sheet.setting = found["debezium_setting"]
        sheet.notes = {name: Note(**said) for name, said in found["workloads"].items()}
        for what, by_round in found["measured"].items():
            sheet.numbers[what] = {int(number): float(value) for number, value in by_round.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("--results", f"a file that this benchmark wrote; {path} is not, or of another time ({error!r})") from error
    return sheet


def commit() -> str:
    """The commit at hand, with a plus where files differ from it; empty outside of a repository."""
    try:
        said = subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()
