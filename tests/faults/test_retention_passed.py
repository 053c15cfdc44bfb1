"""Retention took records before they were folded."""

import pytest
from confluent_kafka import TopicPartition

from tests.support.dealing import sales
from tests.support.halting import FOLDED, OFFSET, TOPIC, assert_halted, fold_some
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough


def test_records_that_retention_took_before_they_were_folded_are_missed_aloud(scene: Scene) -> None:
    fold_some(scene).terminate()
    scene.send(sales(10, first=FOLDED))
    [deleted] = scene.admin.delete_records([TopicPartition(TOPIC, 0, OFFSET + 12)]).values()
    deleted.result(20)
    consumer = scene.start("crm-sync")
    assert_halted(scene, consumer, "records_lost")
    [halt] = consumer.events("partition.halted")
    assert (halt["next_offset"], halt["begin"], halt["end"]) == (OFFSET, OFFSET + 12, OFFSET + 30)
