"""Two versions of a contract are at work together while a deployment rolls over the hub: nothing is lost, nothing dies, order holds."""

from collections.abc import Iterator

import pytest

from contracts.opportunities import OPPORTUNITY_WON
from tests.support.aftermath import assert_all_won
from tests.support.dealing import DEALER, Record, said, sales
from tests.support.eventually import eventually
from tests.support.newer_build import deployed
from tests.support.scene import Scene

pytestmark = pytest.mark.thorough

DEALERS = (DEALER, "muc-02", "ham-03", "cgn-04")
COUNT = 30
WON, NEWER = b"hub.opportunity.won.v1", "newer_build"


@pytest.fixture(autouse=True)
def knows_both() -> Iterator[None]:
    """The checker, which comes last, judges as the newer build does."""
    with deployed():
        yield


def in_version_2(record: Record) -> Record:
    """The same event as its sender words it once it is ahead; what is no win stays as it is."""
    headers = dict(record.headers)
    if headers["ce_type"] != WON:
        return record
    ref, event_id = (record.key or b"").decode(), (headers["ce_id"] or b"").decode()
    dealer = record.topic.split(".")[1]
    at = f"2026-03-02T12:{event_id.rpartition('-')[2]:0>2}:00+00:00"
    body = {"opportunity": ref, "occurred_at": at, "closing": {"stage": "engaging"}}
    return said(OPPORTUNITY_WON, body, id=event_id, dealer=dealer, version=2)


def spoken(number: int, dealer: str) -> list[Record]:
    """One chapter of a dealer's story: every second chapter's wins are in version 2."""
    chapter = sales(COUNT, dealer, first=number * COUNT)
    return [in_version_2(record) for record in chapter] if number % 2 else chapter


def versions_waiting(scene: Scene) -> int:
    return sum(row["hold"] == "version" for row in scene.waiting())


def test_a_deployment_rolls_over_while_both_versions_flow(scene: Scene) -> None:
    topics = [f"dealer.{DEALER}.events", *(scene.add_dealer(dealer) for dealer in DEALERS[1:])]

    def speak(number: int) -> None:
        for dealer in DEALERS:
            scene.send(spoken(number, dealer))

    def until_folded() -> None:
        for topic in topics:
            scene.until_folded(topic)

    old = [scene.start("crm-sync", batch_records=20) for _ in range(2)]
    for name in ("relay", "clock"):
        scene.start(name)
    for process in old:
        process.until_ready()
    speak(0)
    speak(1)
    until_folded()
    assert versions_waiting(scene) == COUNT * len(DEALERS), "an older process lets what it does not know wait"
    assert not scene.dead()
    first = scene.start("crm-sync", build=NEWER, batch_records=20).until_ready()
    eventually(lambda: versions_waiting(scene) == 0, 30)
    speak(2)
    speak(3)
    old[0].terminate()
    speak(4)
    speak(5)
    until_folded()
    assert versions_waiting(scene), "the last of the older build had no share in it"
    old[1].terminate()  # nobody of the newer build starts after this
    eventually(lambda: versions_waiting(scene) == 0, 30)
    speak(6)
    second = scene.start("crm-sync", build=NEWER, batch_records=20)
    speak(7)
    second.until_ready()
    until_folded()
    scene.until_relayed()
    assert first.is_ready()
    assert second.is_ready()
    assert not scene.dead()
    assert not scene.waiting()
    for dealer in DEALERS:
        assert_all_won(scene, 8 * COUNT, dealer)
    kept = scene.database.value("SELECT count(*) FROM journal WHERE topic LIKE 'dealer.%'")
    assert kept == 8 * 3 * COUNT * len(DEALERS)


def test_a_deployment_taken_back_stops_what_only_the_newer_build_can_fold_and_loses_nothing(scene: Scene) -> None:
    topic, other = f"dealer.{DEALER}.events", scene.add_dealer(DEALERS[1])
    opened, moved, *wins = ([in_version_2(record) for record in sales(COUNT)][n * COUNT : (n + 1) * COUNT] for n in range(3))
    scene.start("relay")
    newer = scene.start("crm-sync", build=NEWER).until_ready()
    scene.send([*opened, *wins[0]])
    scene.until_folded(topic)
    newer.terminate()
    older = scene.start("crm-sync").until_ready()
    scene.send([*moved, *sales(COUNT, DEALERS[1])])  # late news of subjects whose history has a version that this build does not know
    scene.until_folded(other)
    eventually(lambda: older.why_not_ready() == ["unknown_error"], 30)
    assert scene.next_offset(topic) == 2 * COUNT
    assert older.is_alive()
    scene.start("crm-sync", build=NEWER)
    older.terminate()
    scene.until_folded(topic)
    scene.until_relayed()
    assert not scene.dead()
    assert_all_won(scene, COUNT, DEALER)
    assert_all_won(scene, COUNT, DEALERS[1])
