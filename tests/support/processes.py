"""Hub processes as an orchestrator sees them: start, probe, signal, read their logs."""

import itertools
import json
import os
import sys
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from hub.local.child import Child
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
STOP_SECONDS = 15.0


class HubProcess:
    """One `hub run NAME`; it ends with the test run, whatever ends that."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str], command: list[str]) -> None:
        self.name = name
        self.label = folder.name
        self._port: int | None = None
        self._log = folder / f"{folder.name}-{name}.log"
        self._environment, self._command = environment, command
        self._child = Child(name, pid_file=self._log.with_suffix(".pid"), log=self._log, death_signal=SIGKILL)

    def start(self) -> None:
        """Start it; see `is_ready` for when it works."""
        self._port = None
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._child.start(self._command, env=inherited | {"PYTHONPATH": str(ROOT)} | self._environment)

    @property
    def pid(self) -> int:
        """Its process number; 0 when it does not run."""
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    @property
    def exit_code(self) -> int | None:
        """What it ended with, negative for a signal; None while it runs."""
        return self._child.exit_code

    def terminate(self) -> int | None:
        """Ask it to end, as an orchestrator does; what it ended with (-9: it had to be killed)."""
        self._child.stop(SIGTERM, STOP_SECONDS)
        return self._child.exit_code

    def kill(self) -> None:
        """SIGKILL."""
        self._child.stop(SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP."""
        self._child.signal(SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._child.signal(SIGCONT)

    def is_frozen(self) -> bool:
        """Whether it was stopped by a signal."""
        state = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def log_text(self) -> str:
        """All that it wrote so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it logged under that name."""
        return [entry for line in self.log_text().splitlines() if (entry := _entry(line)).get("event") == name]

    def probe(self, path: str, patience: float = 10) -> tuple[int, str]:
        """Status and body of one of its probes; status 0 while nobody listens, or nobody answers in time."""
        if self._port is None and (started := self.events("process.started")):
            self._port = started[-1]["probes"]
        if self._port is None or not self.is_running:
            return 0, ""
        try:
            with urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=patience) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        return self.probe("/health/ready")[0] == 200

    def is_alive(self) -> bool:
        return self.probe("/health/live")[0] == 200

    def why_not_ready(self) -> list[str]:
        """What it says is missing; empty where it is ready or does not answer."""
        status, body = self.probe("/health/ready")
        return list(json.loads(body)["why"]) if status == 503 else []

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = (line for line in self.probe("/metrics")[1].splitlines() if line.startswith((f"{name} ", f"{name}{{")))
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(label in line for label in wanted))

    def until_ready(self) -> "HubProcess":
        """Wait for it; fails with its last words where it ended instead."""

        def is_ready() -> bool:
            if not self.is_running:
                raise RuntimeError(f"{self.name} ended with {self.exit_code}:\n{self._child.last_words()}")
            return self.is_ready()

        eventually(is_ready, START_SECONDS)
        return self


class Crew:
    """Starts hub processes that share servers, and ends them all."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.processes: list[HubProcess] = []
        self._folder, self._environment = folder, environment
        self._numbers = itertools.count()

    def start(self, name: str, *, at: str | None = None, build: str | None = None, **settings: object) -> HubProcess:
        """Start a process with settings of its own (`lanes=1`).

        `at` names a point of `crashing` where it comes to harm, `build` another build of the hub, such as `newer_build`.
        """
        told = {f"HUB_{key.upper()}": str(value) for key, value in settings.items()}
        words = ["hub", "run", name] if at is None else ["tests.support.crashing", name, at]
        words = ["-m", *words] if build is None else ["-m", f"tests.support.{build}", name]
        folder = self._folder / f"{next(self._numbers)}-{name}"
        folder.mkdir()
        process = HubProcess(name, folder, self._environment | told, [sys.executable, *words])
        self.processes.append(process)
        process.start()
        return process

    def logs(self) -> str:
        """All that all of them wrote."""
        return "\n".join(f"--- {process.name}\n{process.log_text()}" for process in self.processes)

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            process.thaw()
            process.kill()


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
