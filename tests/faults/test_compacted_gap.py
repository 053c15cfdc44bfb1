"""Compaction took records that nobody had read yet: offsets that hold no record."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from contracts.base import COMPETITOR_RECORDED
from tests.faults.conftest import set_scene
from tests.support.dealing import MODEL_KEY, Record, said, sales_model
from tests.support.eventually import eventually
from tests.support.kafka_clients import configure, settings_of
from tests.support.scene import Scene
from tests.support.stack import NewKafka

pytestmark = pytest.mark.thorough


@pytest.fixture
def quick_cleaner(new_kafka: NewKafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    """A broker that compacts as soon as it can."""
    kafka = new_kafka(properties={"log.cleaner.backoff.ms": "100", "log.cleaner.min.cleanable.ratio": "0.01"})
    with set_scene(kafka, database, tmp_path) as ready:
        yield ready


def test_a_compacted_gap_is_counted_and_passed(quick_cleaner: Scene) -> None:
    scene = quick_cleaner
    settings = {"segment_ms": "100", "min_cleanable_dirty_ratio": "0.01", "max_compaction_lag_ms": "100"}
    configure(settings_of(scene.kafka), "oem.base", **settings)
    model = sales_model()
    first = {"id": "northwind", "name": "Northwind"}
    scene.send([said(COMPETITOR_RECORDED, first, id="first", topic="oem.base", source="/oem", key="competitor/northwind@1900-01-01")])

    def edition(number: int) -> Record:
        headers = tuple((name, f"edition-{number}".encode() if name == "ce_id" else value) for name, value in model.headers)
        return model._replace(headers=headers)

    scene.send([edition(number) for number in range(50)])
    sent = 50  # of the same key, behind one of another: compaction leaves a gap between

    def has_gap() -> bool:
        nonlocal sent
        scene.send([edition(sent)])
        sent += 1
        offsets = [message.offset() or 0 for message in scene.read("oem.base")]
        return any(after - before > 1 for before, after in pairwise(offsets))

    eventually(has_gap, 30)
    consumer = scene.start("base-data").until_ready()
    scene.until_folded("oem.base", "base-data")
    left = len(scene.read("oem.base"))
    journalled = scene.database.value("SELECT count(*) FROM journal WHERE topic = 'oem.base' AND event_id <> 'model-1'")
    holes = scene.database.value("SELECT sum(holes) FROM consumer_offsets WHERE topic = 'oem.base'")
    assert left <= journalled < sent
    assert holes + journalled == scene.next_offset("oem.base", "base-data")
    assert consumer.metric("hub_holes_total") == holes
    assert scene.database.value("SELECT count(*) FROM base_data WHERE ref = $1", MODEL_KEY) == 1
    assert not scene.dead()
