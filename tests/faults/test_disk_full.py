"""The disk on which the database lies is full: nothing more can be written, until somebody makes room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.local.folders import scratch
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.local.postgres_binaries import ordinary_user
from tests.faults.conftest import set_scene
from tests.support import stack
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.database import Database
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
BLOCK = 4096
SIZE = "64m"


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small one, in memory."""
    with scratch() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "hub", folder], capture_output=True, text=True, check=False)
        if mounted.returncode:
            pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
        place = folder / "tables"
        place.mkdir(mode=0o700)
        os.chown(place, *(ordinary_user() or (os.getuid(), os.getgid())))
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def on_a_small_disk(bare_kafka: Kafka, own_postgres: Postgres, disk: Path, tmp_path: Path) -> Iterator[Scene]:
    """The tables lie on the small disk; the log of the server does not, or it would end where it cannot write."""
    with Database(own_postgres.url()) as server, stack.fresh_database(own_postgres) as url:
        server.rows(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.rows(f'ALTER DATABASE "{url.rpartition("/")[2]}" SET TABLESPACE small')
        with set_scene(bare_kafka, url, tmp_path) as scene:
            yield scene


@pytest.mark.thorough
def test_a_full_disk_is_waited_for(on_a_small_disk: Scene, disk: Path) -> None:
    scene, records = on_a_small_disk, sales(200)
    hub = [scene.start("crm-sync"), scene.start("relay"), scene.start("clock")]
    for process in hub:
        process.until_ready()
    scene.send(records[:200])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    ballast = disk.parent / "ballast"
    _fill(ballast)
    scene.send(records[200:])
    eventually(lambda: any(entry["error"] == "DiskFullError" for entry in hub[0].events("database.away")), 60)
    eventually(lambda: "database" in hub[0].why_not_ready())
    assert all(process.is_alive() for process in hub)
    ballast.unlink()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    for process in hub:
        process.until_ready()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 200, DEALER)


def _fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(BLOCK))
        except OSError:
            return
