"""The database server has no room for another connection, and everybody's was just cut off."""

import asyncpg
import pytest

from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

TOPIC = f"dealer.{DEALER}.events"
Strangers = list["asyncpg.Connection[asyncpg.Record]"]


def test_too_many_connections_are_waited_for(own_database: Scene) -> None:
    scene, records = own_database, sales(40)
    hub = [scene.start("crm-sync"), scene.start("relay"), scene.start("clock")]
    for process in hub:
        process.until_ready()
    scene.send(records[:60])
    scene.until_folded(TOPIC)
    scene.until_relayed()
    strangers: Strangers = []
    scene.database.run(_crowd(scene.database.url, strangers))
    while scene.database.cut_off():
        scene.database.run(_crowd(scene.database.url, strangers))
    scene.send(records[60:])
    for process in hub:
        eventually(process.why_not_ready, 30)
        assert process.is_alive()
    eventually(lambda: any(entry["error"] == "TooManyConnectionsError" for entry in hub[0].events("database.away")))
    assert scene.next_offset(TOPIC) == 60
    scene.database.run(_leave(strangers))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    for process in hub:
        process.until_ready()
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 40, DEALER)


async def _crowd(url: str, strangers: Strangers) -> None:
    """Take every place that is left."""
    try:
        while True:
            strangers.append(await asyncpg.connect(url))
    except asyncpg.TooManyConnectionsError:
        return


async def _leave(strangers: Strangers) -> None:
    for stranger in strangers:
        await stranger.close()
