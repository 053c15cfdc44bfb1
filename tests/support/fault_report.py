"""Write what a whole run of the faults came to: when, on what, from which seed, and each fault's verdict and duration."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.driver import SEED

_WORDS = {"passed": "holds", "failed": "DOES NOT HOLD", "skipped": "skipped", "error": "DOES NOT HOLD"}


@dataclass
class Verdict:
    """What became of one test, and how many seconds it took with all that had to be started for it."""

    outcome: str = "passed"
    seconds: float = 0.0
    measured: list[str] = field(default_factory=list)


class FaultReport:
    """A plugin of pytest that writes the file when the run is over."""

    def __init__(self, path: Path) -> None:
        self._path, self._began = path, datetime.now(UTC)
        self._verdicts: dict[str, Verdict] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Each test reports three times: setup, call and teardown; the worst counts."""
        verdict = self._verdicts.setdefault(report.nodeid, Verdict())
        verdict.seconds += report.duration
        verdict.measured += [f"{name}: {value}" for name, value in report.user_properties if report.when == "call"]
        if report.outcome != "passed":
            verdict.outcome = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Write what is known by now, also of a run that was interrupted; what measures runs after the rest, and adds to its page."""
        before = self._path.read_text() + "\n" if self._path.exists() else "# The last full run of the faults\n\n"
        self._path.write_text(before + section(self._verdicts, self._began, SEED, machine()))


def section(verdicts: Mapping[str, Verdict], began: datetime, seed: int, on: str) -> str:
    """What one run came to, a row a test, those of a file side by side."""
    bad = [name for name, verdict in verdicts.items() if verdict.outcome != "passed"]
    total = sum(verdict.seconds for verdict in verdicts.values())
    head = [
        f"{began:%Y-%m-%d %H:%M} UTC, seed {seed} (`HUB_SEED={seed} make faults` repeats it), {on}.",
        f"{len(verdicts)} tests, {total / 60:.1f} minutes of them all; " + (f"{len(bad)} did not hold." if bad else "all held."),
        "",
        "| file | what must hold | verdict | seconds | measured |",
        "|---|---|---|---:|---|",
    ]
    return "\n".join([*head, *(_row(name, verdict) for name, verdict in sorted(verdicts.items()))]) + "\n"


def _row(name: str, verdict: Verdict) -> str:
    file, _, test = name.partition("::")
    case = test.partition("[")[2].removesuffix("]").replace("|", "\\|")
    promise = test.partition("[")[0].removeprefix("test_").replace("_", " ")
    cells: Sequence[str] = (
        f"`{Path(file).name}`",
        f"{promise} ({case})" if case else promise,
        _WORDS.get(verdict.outcome, verdict.outcome),
        f"{verdict.seconds:.1f}",
        "; ".join(verdict.measured).replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """What it ran on: as much as a reader needs to judge durations."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, Python {platform.python_version()}"
