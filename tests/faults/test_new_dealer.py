"""A dealer that joins while the hub runs is heard without anybody touching the hub."""

import pytest

from hub.settings import Settings
from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sales
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

PROMISED_SECONDS = 30.0


def test_a_new_dealers_topic_is_read_within_the_promised_time(scene: Scene) -> None:
    as_shipped = Settings.model_fields["metadata_max_age_ms"].default
    consumer = scene.start("crm-sync", metadata_max_age_ms=as_shipped).until_ready()
    scene.start("relay")
    scene.send(sales(5))
    scene.until_folded(f"dealer.{DEALER}.events")
    topic = scene.add_dealer("new-99")
    scene.send(sales(5, "new-99"))
    scene.until_folded(topic, seconds=PROMISED_SECONDS)
    scene.until_relayed()
    assert_all_won(scene, 5, DEALER)
    assert_all_won(scene, 5, "new-99")
    assert consumer.is_ready()
