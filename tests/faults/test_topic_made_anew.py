"""A topic is deleted and made anew under the same name: the offset of the old one means nothing in it."""

import pytest

from tests.support.dealing import sales
from tests.support.halting import FOLDED, TOPIC, assert_halted, fold_some
from tests.support.scene import Scene

AGAIN = pytest.mark.parametrize(
    "sold", [pytest.param(1, marks=pytest.mark.thorough, id="shorter than it was"), pytest.param(2 * FOLDED, id="grown past the offset")]
)


@AGAIN
def test_a_topic_made_anew_halts_its_partition(scene: Scene, sold: int) -> None:
    fold_some(scene).terminate()
    _make_anew(scene, sold)
    consumer = scene.start("crm-sync")
    assert_halted(scene, consumer, "topic_recreated")


def test_a_topic_made_anew_under_a_running_consumer_halts_its_partition(scene: Scene) -> None:
    consumer = fold_some(scene)
    _make_anew(scene, 1)
    assert_halted(scene, consumer, "topic_recreated")


def _make_anew(scene: Scene, sold: int) -> None:
    scene.delete_topics(TOPIC)
    scene.make_topics(TOPIC)
    scene.send(sales(sold, first=FOLDED))
