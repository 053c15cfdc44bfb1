"""The broker lost records that it had acknowledged: the store is ahead of the log."""

import pytest

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.halting import FOLDED, OFFSET, TOPIC, fold_some
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough


def test_a_log_that_ends_before_what_was_folded_halts_its_partition(scene: Scene) -> None:
    fold_some(scene).terminate()
    scene.is_cut_short = True
    scene.database.rows("UPDATE consumer_offsets SET next_offset = next_offset + 5 WHERE topic = $1", TOPIC)  # as if it had held five more
    consumer = scene.start("crm-sync")
    eventually(lambda: consumer.why_not_ready() == ["offset_beyond_end"], 60)
    scene.send(sales(5, first=FOLDED))
    [halt] = consumer.events("partition.halted")
    assert (halt["next_offset"], halt["end"]) == (OFFSET + 5, OFFSET)
    assert scene.next_offset(TOPIC) == OFFSET + 5
    assert_all_won(scene, FOLDED, DEALER)
