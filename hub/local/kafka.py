"""Run a real Apache Kafka broker on loopback, from a wheel's Java and a cache of pinned jars."""

import base64
import os
import secrets
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGKILL

from hub.errors import HubError, InputError
from hub.local.child import PATIENCE_SECONDS, Child
from hub.local.folders import scratch, write_private
from hub.local.jars import digest_of_pinned, kafka_jars
from hub.local.java import argument_file, java_command, warm_options
from hub.local.kafka_properties import as_text, broker_properties
from hub.local.kafka_ready import wait_until_ready
from hub.local.ports import free_port

START_SECONDS = 60.0
REHEARSAL_SECONDS = 120.0
PORT_ATTEMPTS = 3


class Kafka:
    """One broker with its data in a folder; starting again on the same folder finds the same topics and users.

    The password is fixed when the folder is first used: a later start with another one is refused. An instance keeps its
    port over restarts. Properties add to, or replace, those of `broker_properties`.
    """

    def __init__(
        self,
        data: Path,
        *,
        password: str,
        user: str = "hub",
        port: int = 0,
        properties: Mapping[str, str] | None = None,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        if not (user + password).replace("-", "").replace("_", "").isalnum():
            raise InputError("password", "letters, digits, - and _ in user and password, as they stand in a JAAS line")
        self.data, self.user, self.password, self.port = data.absolute(), user, password, port
        self._is_port_given = bool(port)
        self._properties = dict(properties or {})
        self._on_progress = on_progress
        self._storage = self.data / "storage"
        self._configuration = self.data / "server.properties"
        self.log = self.data / "kafka.log"
        self._child = Child("Kafka", pid_file=self.data / "kafka.pid", log=self.log)

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The broker's process; 0 when it does not run."""
        return self._child.pid

    def client_config(self) -> dict[str, str]:
        """What a librdkafka client of the broker's own user needs."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.user,
            "sasl.password": self.password,
        }

    def start(self) -> None:
        """Start the broker and return when it answers its user; raises HubError with the end of its log when it does not."""
        jars = kafka_jars(self._on_progress)
        self._start(jars, warm_options(jars[0].parent, digest_of_pinned(), lambda options: self._rehearse(jars, options)))

    def stop(self, timeout: float = PATIENCE_SECONDS) -> None:
        """Let the broker close its logs and end; kill it when that takes longer than the timeout."""
        self._child.stop(patience=timeout)

    def kill(self) -> None:
        """End the broker as a power cut would (SIGKILL)."""
        self._child.stop(SIGKILL)

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def _start(self, jars: Sequence[Path], options: Sequence[str]) -> None:
        for _ in range(PORT_ATTEMPTS):
            self._configure()
            if not (self._storage / "meta.properties").exists():
                self._format(jars, options)
            written = self.log.stat().st_size if self.log.exists() else 0
            self._child.start([*java_command(jars, "kafka.Kafka", options), str(self._configuration)], env=os.environ)
            try:
                is_ready = wait_until_ready(self.port, self.client_config(), lambda: self._child.is_running, START_SECONDS)
            except BaseException:
                self.kill()
                raise
            if is_ready:
                return
            if b"Address already in use" not in self.log.read_bytes()[written:]:
                raise HubError(f"Kafka ended with code {self._child.exit_code} ({self.log}):\n{self._child.last_words()}")
            if not self._is_port_given:
                self.port = 0
        raise HubError(f"Kafka: its ports on 127.0.0.1 are taken ({self.log})")

    def _configure(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.port = self.port or free_port()
        properties = broker_properties(self._storage, self.port, free_port(), self.user, self.password, self._properties)
        write_private(self._configuration, as_text(properties))

    def _rehearse(self, jars: Sequence[Path], options: Sequence[str]) -> None:
        self._on_progress("preparing Kafka for quick starts (once)")
        with scratch() as folder:
            rehearsal = Kafka(folder, password=secrets.token_hex(8))
            rehearsal._configure()
            rehearsal._format(jars, ())  # so that the archive is the broker's, not the formatter's
            rehearsal._start(jars, options)
            rehearsal.stop(REHEARSAL_SECONDS)

    def _format(self, jars: Sequence[Path], options: Sequence[str]) -> None:
        cluster_id = "h" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]  # an id that begins with - would be an option
        credentials = f"SCRAM-SHA-512=[name={self.user},password={self.password}]"
        arguments = ["format", "--cluster-id", cluster_id, "--config", str(self._configuration), "--add-scram", credentials]
        java, *command = [*java_command(jars, "kafka.tools.StorageTool", options), *arguments]
        with tempfile.NamedTemporaryFile("w", suffix=".args") as file:  # 0600: the password stays out of the list of processes
            file.write(argument_file(command))
            file.flush()
            done = subprocess.run([java, f"@{file.name}"], capture_output=True, text=True, check=False)  # noqa: S603  # our own words
        if done.returncode:
            raise HubError(f"Kafka could not format {self._storage}:\n{done.stderr or done.stdout}")
