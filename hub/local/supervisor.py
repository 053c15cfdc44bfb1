"""Hold the servers and processes of one hub: start them in order, start again what ends, stop them in order."""

import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from signal import SIGKILL

from hub.errors import HubError
from hub.local.child import Child
from hub.local.folders import write_private
from hub.local.identity import Identity
from hub.local.kafka import Kafka
from hub.local.kept import Kept
from hub.local.logs import rotate
from hub.local.outside_ports import NAME, Outside
from hub.local.ports import free_port
from hub.local.postgres import Postgres
from hub.local.stack import ProcessState, Stack, stack_file

DATABASE = "hub"
READY_SECONDS = 180.0  # a machine that has other things to do starts a dozen processes slowly
HOPELESS_RESTARTS = 3  # before it was ever ready; later it is never given up


def hub_command(name: str) -> Sequence[str]:
    """How a process of the hub is run, or what stands in for the world outside of it."""
    if name == NAME:
        return [sys.executable, "-m", "hub.local.outside"]
    return [sys.executable, "-m", "hub", "run", name]


class Supervisor:
    """Everything that runs on one data folder. Whoever makes one owns the folder (`supervision.owned`)."""

    def __init__(self, data: Path, on_progress: Callable[[str], None], command: Callable[[str], Sequence[str]]) -> None:
        self.data, self._on_progress, self._command = data, on_progress, command
        passwords = _passwords(data)
        self._kafka = Kafka(data / "kafka", password=passwords["kafka"], on_progress=on_progress)
        self._postgres = Postgres(data / "postgres", password=passwords["postgres"])
        self._door_port, self._door_secret = free_port(), passwords["door"]
        self._outside = Outside(free_port(), free_port(), passwords["outside"])
        self._children: dict[str, Child] = {}
        self._probes: dict[str, int] = {}
        self._kept: list[Kept] = []
        self._is_ready = False

    @property
    def stack(self) -> Stack:
        """What runs now."""
        running = {
            "kafka": (self._kafka.bootstrap, self._kafka.log, self._kafka.pid),
            "postgres": (f"127.0.0.1:{self._postgres.port}", self._postgres.log, self._postgres.pid),
        } | {name: (f"127.0.0.1:{self._probes[name]}", child.log, child.pid) for name, child in self._children.items()}
        restarts = {kept.name: kept.restarts for kept in self._kept}
        return Stack(
            supervisor=str(Identity.of(os.getpid())),
            kafka_bootstrap=self._kafka.bootstrap,
            kafka_user=self._kafka.user,
            kafka_password=self._kafka.password,
            database_url=self._postgres.url(DATABASE),
            door_port=self._door_port,
            door_secret=self._door_secret,
            mail_port=self._outside.mail_port,
            outside_port=self._outside.http_port,
            outside_token=self._outside.token,
            letters=str(self.data / "letters"),
            processes=tuple(
                ProcessState(name, address, str(log), str(Identity.of(pid) or "") if pid else "", restarts.get(name, 0))
                for name, (address, log, pid) in running.items()
            ),
            is_ready=self._is_ready,
        )

    def start_servers(self) -> None:
        """Start both servers side by side, and make the hub's database."""
        self._on_progress("starting PostgreSQL and Kafka")
        with ThreadPoolExecutor(1) as pool:
            postgres = pool.submit(self._postgres.start)
            self._kafka.start()
            postgres.result()
        self._keep("kafka", self._kafka.start, lambda: bool(self._kafka.pid))
        self._keep("postgres", self._postgres.start, lambda: bool(self._postgres.pid))
        if not self._postgres.has_database(DATABASE):
            self._postgres.create_database(DATABASE)
        self.stack.write(self.data)

    def start_processes(self, names: Sequence[str]) -> None:
        """Start the hub's processes and wait until each is ready; raises HubError with the end of its log when one is not."""
        for folder in ("run", "logs"):
            (self.data / folder).mkdir(mode=0o700, exist_ok=True)
        for name in names:
            self._on_progress(f"starting {name}")
            self._start_process(name)
        self.stack.write(self.data)
        self._wait_until_ready()

    def announce(self) -> None:
        """Let others see that everything is ready."""
        self._is_ready = True
        self.stack.write(self.data)

    def check(self) -> None:
        """Start again what has ended and whose time has come, and keep the logs short."""
        started = [kept.name for kept in self._kept if kept.check()]
        if started:
            self.stack.write(self.data)
        rotate([self._kafka.log, self._postgres.log, *(self.data / "logs").glob("*.log")])

    def stop(self) -> None:
        """End the processes while their servers still answer, then Kafka, then PostgreSQL."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Child.stop, self._children.values()))
        self._kafka.stop()
        self._postgres.stop()
        stack_file(self.data).unlink(missing_ok=True)

    def kill(self) -> None:
        """End everything at once, for somebody who will not wait for `stop`; called inside it, so it does not wait either."""
        for pid in (*(child.pid for child in self._children.values()), self._kafka.pid, self._postgres.pid):
            if pid:
                os.kill(pid, SIGKILL)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        waiting = dict(self._children)
        while waiting:
            self.check()
            waiting = {name: child for name, child in waiting.items() if not _is_ready(self._probes[name])}
            for kept in self._kept:
                if child := waiting.get(kept.name):
                    if time.monotonic() > deadline:
                        raise HubError(f"{kept.name} was not ready after {READY_SECONDS:.0f} s ({child.log}):\n{child.last_words()}")
                    if kept.restarts >= HOPELESS_RESTARTS:
                        raise HubError(f"{kept.name} ended {kept.restarts} times before it was ready ({child.log}):\n{child.last_words()}")
            time.sleep(0.05)

    def _start_process(self, name: str) -> None:
        child = Child(name, pid_file=self.data / "run" / f"{name}.pid", log=self.data / "logs" / f"{name}.log")
        self._children[name], self._probes[name] = child, self._outside.http_port if name == NAME else free_port()
        probe = {"HUB_PROBE_HOST": "127.0.0.1", "HUB_PROBE_PORT": str(self._probes[name])}
        start = partial(child.start, self._command(name), env=os.environ | self.stack.environment() | probe)
        start()
        self._keep(name, start, lambda: child.is_running)

    def _keep(self, name: str, start: Callable[[], None], is_running: Callable[[], bool]) -> None:
        self._kept.append(Kept(name, start, is_running, self._on_progress))


def _passwords(data: Path) -> dict[str, str]:
    """Made when the folder is first used: the servers keep what they were told then, and links what signed them."""
    file = data / "passwords.json"
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    passwords = {name: secrets.token_urlsafe(24) for name in ("kafka", "postgres", "door", "outside")} | kept
    if passwords != kept:
        write_private(file, json.dumps(passwords))
    return passwords


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
