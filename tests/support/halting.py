"""A partition that stands still because its log is not what it was, while everybody else's goes on."""

from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.processes import HubProcess
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
FOLDED = 30
OFFSET = 3 * FOLDED
"""Where folding goes on."""


def fold_some(scene: Scene) -> HubProcess:
    """A consumer that has folded all that the topic has; a relay runs too."""
    scene.start("relay")
    consumer = scene.start("crm-sync").until_ready()
    scene.send(sales(FOLDED))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    return consumer


def assert_halted(scene: Scene, consumer: HubProcess, reason: str) -> None:
    """This partition stands where it stood, loudly; everybody else's goes on."""
    scene.is_cut_short = True
    eventually(lambda: consumer.events("partition.halted"), 60)
    assert [halt["reason"] for halt in consumer.events("partition.halted")] == [reason]
    assert scene.next_offset(TOPIC) == OFFSET
    eventually(lambda: consumer.why_not_ready() == [reason])
    assert consumer.is_alive()
    assert consumer.metric("hub_partitions_halted", reason=reason) == 1
    other = scene.add_dealer("muc-02")
    scene.send(sales(5, "muc-02"))
    scene.until_folded(other)
    scene.until_relayed()
    assert_all_won(scene, 5, "muc-02")
    assert scene.next_offset(TOPIC) == OFFSET
    assert consumer.why_not_ready() == [reason]
