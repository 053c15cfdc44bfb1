"""The database server is not there yet when the processes start."""

import pytest

from hub.local.postgres import Postgres
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


def test_processes_wait_for_a_database_that_comes_late(own_database: Scene, own_postgres: Postgres) -> None:
    scene, records = own_database, sales(5)
    scene.send(records)
    own_postgres.stop()
    hub = [scene.start(name) for name in ("crm-sync", "relay", "clock")]
    for process in hub:
        eventually(process.why_not_ready, 40)
        assert process.is_alive()
    own_postgres.start()
    for process in hub:
        process.until_ready()
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 5, DEALER)
