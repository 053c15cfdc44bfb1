"""A failover leaves the hub on a server that may only be read."""

import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"


def test_a_server_that_may_only_be_read_is_waited_for(own_database: Scene) -> None:
    scene, records = own_database, sales(40)
    consumer, relay = scene.start("crm-sync"), scene.start("relay")
    for process in (consumer, relay):
        process.until_ready()
    scene.send(records[:60])
    scene.until_folded(TOPIC)
    _may_only_be_read(scene, "on")
    scene.send(records[60:])
    eventually(lambda: "database" in consumer.why_not_ready(), 30)
    assert consumer.is_alive()
    assert scene.next_offset(TOPIC) == 60
    _may_only_be_read(scene, "off")
    scene.until_folded(TOPIC)
    scene.until_relayed()
    for process in (consumer, relay):
        process.until_ready()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 40, DEALER)


def _may_only_be_read(scene: Scene, is_so: str) -> None:
    """As a standby is, or is no longer, that takes the primary's place."""
    scene.database.rows(f"ALTER SYSTEM SET default_transaction_read_only = {is_so}")
    scene.database.rows("SELECT pg_reload_conf()")
    eventually(lambda: scene.database.value("SHOW default_transaction_read_only") == is_so)
    scene.database.cut_off()
