"""Tell one run of a process from a later one that was given the same number."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Identity:
    """A process, by its number and when it started."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Whoever has this number now; None if nobody, or only a dead one that its parent has not buried."""
        started = _started(pid)
        return cls(pid, started) if started else None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str()` wrote; None for anything else."""
        pid, _, started = text.strip().partition(" ")
        return cls(int(pid), started) if pid.isdigit() and started else None

    @classmethod
    def read(cls, pid_file: Path) -> Self | None:
        """Whom a pid file names; None where there is no such file."""
        try:
            return cls.parse(pid_file.read_text())
        except FileNotFoundError:
            return None

    def __str__(self) -> str:
        """As kept in a pid file."""
        return f"{self.pid} {self.started}"

    @property
    def is_running(self) -> bool:
        """Whether it is still this very process that has the number."""
        return _started(self.pid) == self.started

    def signal(self, what: signal.Signals) -> bool:
        """Signal the process if it still is this one; False when it has gone."""
        if not self.is_running:
            return False
        try:
            os.kill(self.pid, what)
        except ProcessLookupError:
            return False
        return True


def _started(pid: int) -> str:
    if sys.platform == "linux":
        try:
            # The name in brackets may contain anything, so count from the last bracket: state is field 3, start time field 22.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    command = ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  # a number is all that varies
    state, _, started = answer.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()
