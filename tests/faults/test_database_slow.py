"""Every statement takes five seconds: the hub is slow then, and neither dead nor wrong."""

import pytest

from hub.local.postgres import Postgres
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sale, sales
from tests.support.eventually import eventually
from tests.support.proxy import Proxy
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
DELAY = 5.0
PATIENCE = 15
"""Less than a batch takes, more than a statement that has to be prepared first."""


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_statements_of_five_seconds_cost_time_and_nothing_else(scene: Scene, postgres: Postgres) -> None:
    records, late = sales(10), sale("O-late")
    with Proxy(postgres.port) as proxy:
        through = scene.database.url.replace(f":{postgres.port}/", f":{proxy.port}/")
        slow = {"database_url": through, "stalled_seconds": PATIENCE, "idle_in_transaction_ms": 30_000}
        consumer = scene.start("crm-sync", lanes=1, **slow).until_ready()
        scene.start("relay")
        scene.send(records)
        scene.until_folded(TOPIC)
        proxy.delay = DELAY
        scene.send(late)
        end = scene.end_offset(TOPIC)

        answers: set[tuple[int, str]] = set()

        def is_folded() -> bool:
            answers.add(consumer.probe("/health/live"))
            return scene.next_offset(TOPIC) == end

        eventually(is_folded, 300)
        assert {status for status, _ in answers} == {200}, answers
        assert consumer.metric("hub_batch_retries_total") == 0
        proxy.delay = 0.0
        scene.until_relayed()
        consumer.until_ready()
        assert_once(scene, TOPIC, records + late)
        assert_all_won(scene, 11, DEALER)
        consumer.terminate()
