"""Keep one child process: start it, end it, and know it again after the parent has died."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from hub.errors import HubError
from hub.local.folders import write_private
from hub.local.identity import Identity

PATIENCE_SECONDS = 30.0
LAUNCHER = str(Path(__file__).with_name("launch.py"))


class Child:
    """A program that runs as a child of this process, in a session of its own so that Ctrl-C is ours to pass on.

    On Linux the kernel ends it when we end, however we end. Elsewhere its pid file lets the next start find what was left.
    """

    def __init__(self, name: str, *, pid_file: Path, log: Path, death_signal: Signals = SIGTERM) -> None:
        self.name, self.log = name, log
        self._pid_file = pid_file
        self._death_signal = death_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], *, env: Mapping[str, str], user: tuple[int, int] | None = None) -> None:
        """Start the command; raises HubError when an earlier run of it still lives."""
        if (earlier := Identity.read(self._pid_file)) and earlier.is_running:
            raise HubError(f"{self.name} already runs as process {earlier.pid} ({self._pid_file})")
        self._process = _spawner().submit(self._spawn, command, env, user).result()
        if identity := Identity.of(self._process.pid):
            write_private(self._pid_file, str(identity))

    @property
    def pid(self) -> int:
        """Its process number; 0 when it does not run."""
        return self._process.pid if self._process and self.is_running else 0

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """What it ended with, negative for a signal; None while it runs or before it did."""
        return self._process.poll() if self._process else None

    def signal(self, what: Signals) -> None:
        """Send a signal, unless it has ended."""
        if self._process:
            self._process.send_signal(what)  # Popen knows whether the number is still its child's

    def stop(self, how: Signals = SIGTERM, patience: float = PATIENCE_SECONDS) -> bool:
        """Ask it to end and wait; kill it when it does not. False when it had to be killed."""
        if not self._process:
            return True
        self.signal(how)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.signal(SIGKILL)
            self._process.wait()
            return False
        finally:
            self._pid_file.unlink(missing_ok=True)
        return True

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for an error that has to say why."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def _spawn(self, command: Sequence[str], env: Mapping[str, str], user: tuple[int, int] | None) -> subprocess.Popen[bytes]:
        become = f"{user[0]}:{user[1]}" if user else ""
        tie = [sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), self._death_signal.name, become]
        # Appending, so that cutting the file short leaves no hole; private, as an error may quote a person's data.
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            return subprocess.Popen(  # noqa: S603  # the commands are this package's own
                [*tie, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(env), cwd="/", start_new_session=True
            )


def end_orphan(pid_file: Path, how: Signals = SIGTERM, patience: float = PATIENCE_SECONDS) -> int:
    """End what a dead parent left running, if the pid file proves it ours; its number, or 0 when there was nothing."""
    orphan = Identity.read(pid_file)
    if not orphan or not orphan.signal(how):
        pid_file.unlink(missing_ok=True)
        return 0
    deadline = time.monotonic() + patience
    while orphan.is_running:  # not our child, so nobody tells us
        if time.monotonic() > deadline:
            orphan.signal(SIGKILL)
        time.sleep(0.05)
    pid_file.unlink(missing_ok=True)
    return orphan.pid


@cache
def _spawner() -> ThreadPoolExecutor:
    """The kernel's "parent ended" means the thread that forked: one thread forks all children and lives as long as we do."""
    return ThreadPoolExecutor(1, thread_name_prefix="children")
