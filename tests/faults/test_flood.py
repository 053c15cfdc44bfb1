"""One dealer floods the hub with a hundred times what it usually says; the others' news comes through as soon as ever."""

from collections.abc import Callable

import pytest

from tests.support.pacing import Paced, p99
from tests.support.scene import Scene

FLOODER = "ber-flood"
OTHERS = tuple(f"calm-{number:02}" for number in range(40))
RATE, TIMES = 2, 100
ROUNDS, SECONDS = 15, 2.5
MOST = 1.2


@pytest.mark.alone
@pytest.mark.thorough  # turns of a few seconds, so that whatever else the machine does falls upon both alike
@pytest.mark.timeout(600)
def test_the_others_p99_stays_within_a_fifth(scene: Scene, record_property: Callable[[str, object], None]) -> None:
    for dealer in (FLOODER, *OTHERS):
        scene.add_dealer(dealer)
    for process in [scene.start(name) for name in ("crm-sync", "crm-sync", "relay", "clock")]:
        process.until_ready()
    paced, others = Paced(scene), dict.fromkeys(OTHERS, RATE)
    marks = [(f"calm-{turn}", f"flood-{turn}") for turn in range(ROUNDS + 1)]
    for calm, flood in marks:
        paced.speak({**others, FLOODER: RATE}, SECONDS, calm)
        paced.speak({**others, FLOODER: RATE * TIMES}, SECONDS, flood)
    for dealer in (FLOODER, *OTHERS):
        scene.until_folded(f"dealer.{dealer}.events")
    scene.until_relayed()
    found = paced.delays(others, [mark for pair in marks[1:] for mark in pair])  # the first pair warms everything up
    calm, flood = (p99([delay for pair in marks[1:] for delay in found[pair[turn]]]) for turn in (0, 1))
    ratio = flood / calm
    record_property("p99 in ms, calm and flood", f"{calm:.0f} and {flood:.0f}")
    record_property("ratio", f"{ratio:.2f}")
    assert ratio <= MOST, (calm, flood)
