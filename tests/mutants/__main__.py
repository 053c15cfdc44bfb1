"""`python -m tests.mutants`: take out one guard at a time, and see the test named for it fail."""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.mutants.guards import GUARDS, Guard

_PYTEST = (sys.executable, "-m", "pytest", "-q", "-rf", "--no-header", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile=ci")
"""Hypothesis' own profile that tries the same examples each time: what notices a guard must not be chance."""
_FAILED = re.compile(r"^FAILED .*? - (?P<why>(?:AssertionError|Failed|assert\b).*)$", re.MULTILINE)
"""A broken promise; any other error means that the edit broke the module."""

_TESTS_FAILED = 1
_PAGE = 180


class Verdict(NamedTuple):
    """Whether the test failed without its guard, and at what."""

    guard: Guard
    is_noticed: bool
    why: str


def main() -> int:
    """Print the table; 0 if every guard's test passes with it and fails without it."""
    options = argparse.ArgumentParser(prog="python -m tests.mutants", description=main.__doc__)
    options.add_argument("guards", nargs="*", metavar="GUARD", help=f"only these of {', '.join(guard.name for guard in GUARDS)}")
    names = options.parse_args().guards
    if unknown := set(names) - {guard.name for guard in GUARDS}:
        options.error(f"expected guards of the list, got {', '.join(sorted(unknown))}")
    chosen = [guard for guard in GUARDS if not names or guard.name in names]
    whole = subprocess.run([*_PYTEST, *{guard.noticed_by for guard in chosen}], capture_output=True, text=True, check=False)
    if whole.returncode:
        sys.stdout.write(whole.stdout + whole.stderr)
        sys.stdout.write("with every guard in place, these tests must pass\n")
        return 1
    console = Console(width=None if sys.stdout.isatty() else _PAGE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(_without, chosen)
        verdicts = list(track(found, "taking guards out", total=len(chosen), console=Console(stderr=True), transient=True))
    console.print(_table(verdicts))
    survived = [verdict.guard.name for verdict in verdicts if not verdict.is_noticed]
    console.print(f"nobody noticed: {', '.join(survived)}" if survived else f"{len(verdicts)} guards: each is missed by its test")
    return 1 if survived else 0


def _without(guard: Guard) -> Verdict:
    done = subprocess.run(
        [*_PYTEST, "-p", "tests.mutants.without", guard.noticed_by],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HUB_WITHOUT": guard.name, "COLUMNS": "240"},
    )
    failed = _FAILED.search(done.stdout)
    if done.returncode == _TESTS_FAILED and failed:
        return Verdict(guard, is_noticed=True, why=failed["why"])
    last = (done.stdout + done.stderr).strip().splitlines()[-1:]
    return Verdict(guard, is_noticed=False, why=last[0] if last else f"pytest ended with {done.returncode}")


def _table(verdicts: list[Verdict]) -> Table:
    table = Table("guard", "without it the hub …", "test", "verdict", "because")
    for guard, is_noticed, why in verdicts:
        test = guard.noticed_by.rpartition("::")[2].removeprefix("test_").replace("_", " ")
        table.add_row(guard.name, guard.without, test, "noticed" if is_noticed else "SURVIVED", why, style="" if is_noticed else "bold red")
    return table


if __name__ == "__main__":
    sys.exit(main())
