"""An operator decides from where a consumer goes on: never beside a process at work, and each move is recorded."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from hub.operations import offsets
from hub.operations.places import scope as scoped
from tests.support.aftermath import assert_all_won, assert_once
from tests.support.dealing import DEALER, sales
from tests.support.eventually import eventually
from tests.support.scene import Scene
from tests.support.steering import Helm

TOPIC = f"dealer.{DEALER}.events"


@pytest.fixture
def operator(scene: Scene) -> Helm:
    return Helm(scene)


def set_(operator: Helm, to: object, place: str = f"{TOPIC}:0", *more: str) -> dict[str, Any]:
    [told] = operator.asks("offsets", "set", "crm-sync", place, "--to", str(to), "--yes", "--why", "a test", *more)["partitions"]
    return dict(told)


def test_beside_a_process_at_work_nothing_is_set(scene: Scene, operator: Helm) -> None:
    scene.start("relay")
    scene.start("crm-sync").until_ready()
    scene.send(sales(5))
    scene.until_folded(TOPIC)
    told = operator.types("offsets", "set", "crm-sync", f"{TOPIC}:0", "--to", "earliest", "--yes", "--why", "a test")
    assert told.exit_code == 1
    assert "refused: 1 processes of crm-sync are at work, and it is neither paused nor halted" in told.stdout
    assert scene.next_offset(TOPIC) == 15
    assert not [act for act in operator.asks("acts", "list") if act["what"] == "offsets.set"]
    scene.until_relayed()


@pytest.mark.thorough
def test_what_is_read_again_falls_out_as_a_duplicate(scene: Scene, operator: Helm) -> None:
    records = sales(10)
    scene.start("relay")
    consumer = scene.start("crm-sync").until_ready()
    scene.send(records)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    consumer.terminate()
    operator.until_alone()
    foretold = operator.types("offsets", "set", "crm-sync", TOPIC, "--to", "earliest", "--dry-run").stdout
    assert "30 offsets are read again" in foretold
    assert scene.next_offset(TOPIC) == 30
    told = set_(operator, "earliest", TOPIC)
    assert (told["was"], told["becomes"], told["repeated"], told["skipped"], told["is_set"]) == (30, 0, 30, 0, True)
    again = scene.start("crm-sync").until_ready()
    scene.until_folded(TOPIC)
    eventually(lambda: again.metric("hub_records_total", outcome="duplicate") == 30)
    assert_once(scene, TOPIC, records)
    assert_all_won(scene, 10, DEALER)
    [act] = [act for act in operator.asks("acts", "list", "--what", "offsets") if act["what"] == "offsets.set"]
    assert (act["subject"], act["why"], act["effect"]) == ("crm-sync", "a test", [f"{TOPIC}[0] 30 → 0"])


@pytest.mark.thorough
def test_a_paused_partition_is_set_while_processes_run_and_goes_on_from_there(scene: Scene, operator: Helm) -> None:
    records = sales(10)
    scene.start("relay")
    processes = [scene.start("crm-sync").until_ready(), scene.start("crm-sync").until_ready()]
    scene.send(records)
    scene.until_folded(TOPIC)
    operator.pause(TOPIC)
    assert set_(operator, 12)["is_set"]
    assert scene.next_offset(TOPIC) == 12
    later = sales(5, first=10)
    scene.send(later)
    [shown] = operator.asks("offsets", "show", "crm-sync", "--topic", TOPIC)
    assert (shown["next_offset"], shown["log_end"], shown["lag"], shown["paused"], shown["halted"]) == (12, 45, 33, True, None)
    operator.resume(TOPIC)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    eventually(lambda: sum(process.metric("hub_records_total", outcome="duplicate") for process in processes) == 18)
    assert_once(scene, TOPIC, records + later)
    assert_all_won(scene, 15, DEALER)


@pytest.mark.thorough
def test_where_records_are_lost_for_good_a_halted_partition_goes_on_without_a_restart(scene: Scene, operator: Helm) -> None:
    scene.is_cut_short = True
    scene.start("relay")
    consumer = scene.start("crm-sync").until_ready()
    scene.send(sales(5))
    scene.until_folded(TOPIC)
    consumer.terminate()
    scene.send(sales(4, first=5))
    [deleted] = scene.admin.delete_records([TopicPartition(TOPIC, 0, 27)]).values()
    deleted.result(20)
    scene.send(sales(5, first=20))
    consumer = scene.start("crm-sync")
    eventually(lambda: operator.sees()["halted"], 40)
    told = set_(operator, "earliest")
    assert (told["was"], told["becomes"], told["skipped"], told["is_set"]) == (15, 27, 0, True)
    scene.until_folded(TOPIC)
    scene.until_relayed()
    eventually(consumer.is_ready)
    assert operator.sees()["halted"] == []
    assert_all_won(scene, 10, DEALER)


@pytest.mark.thorough
def test_a_topic_that_was_made_anew_is_read_from_its_beginning(scene: Scene, operator: Helm) -> None:
    scene.is_cut_short = True
    scene.start("relay")
    consumer = scene.start("crm-sync").until_ready()
    scene.send(sales(5))
    scene.until_folded(TOPIC)
    scene.until_relayed()
    consumer.terminate()
    scene.delete_topics(TOPIC)
    scene.make_topics(TOPIC)
    scene.send(sales(3, first=5))
    consumer = scene.start("crm-sync")
    eventually(lambda: operator.sees()["halted"], 40)
    set_(operator, "earliest")
    scene.until_folded(TOPIC)
    scene.until_relayed()
    eventually(consumer.is_ready)
    assert_all_won(scene, 8, DEALER)


@pytest.mark.thorough
def test_what_is_skipped_is_counted_and_nobody_folds_it(scene: Scene, operator: Helm) -> None:
    operator.until_alone()
    scene.start("relay")
    other = scene.add_dealer("muc-02")
    scene.send(sales(4))
    before = datetime.now(UTC)
    scene.send(sales(2, "muc-02"))
    foretold = operator.types("offsets", "set", "crm-sync", TOPIC, "--to", "latest", "--dry-run").stdout
    assert "12 offsets are skipped: nobody folds the records there" in foretold
    assert set_(operator, "latest", TOPIC)["skipped"] == 12
    assert set_(operator, before.isoformat(), other)["becomes"] == 0
    scene.start("crm-sync").until_ready()
    scene.send(sales(3, first=10))
    scene.until_folded(TOPIC)
    scene.until_folded(other)
    scene.until_relayed()
    assert_all_won(scene, 3, DEALER)
    assert scene.database.value('SELECT min("offset") FROM journal WHERE topic = $1', TOPIC) == 12


@pytest.mark.thorough
def test_who_claims_between_look_and_word_is_not_overruled(scene: Scene, operator: Helm) -> None:
    operator.until_alone()
    scene.start("relay")
    scene.send(sales(5))

    async def race() -> list[offsets.Change]:
        changes = await offsets.plan(operator.settings, scoped("crm-sync", TOPIC), "latest")
        assert [change.refused for change in changes] == [""]
        consumer = await asyncio.to_thread(scene.start, "crm-sync")
        await asyncio.to_thread(eventually, lambda: consumer.events("partitions.claimed"), 40)
        return await offsets.set_(operator.settings, changes, why="a test")

    [change] = scene.database.run(race())
    assert change.refused == "somebody claimed it since it was looked at: try again"
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert_all_won(scene, 5, DEALER)


def test_words_that_cannot_be_are_told_by_their_name(scene: Scene, operator: Helm) -> None:
    for words, told in (
        ((TOPIC, "--to", "31"), "--to: expected an offset of"),
        ((TOPIC, "--to", "yesterday"), "--to: expected an instant"),
        (("dealer.x.feed", "--to", "0"), "TOPIC[:PARTITION]: expected a topic that crm-sync reads"),
        (("dealer.nobody.events", "--to", "0"), "TOPIC[:PARTITION]: expected a partition on the broker"),
        ((TOPIC, "--to", "0"), "--why: expected a reason"),
    ):
        typed = ("offsets", "set", "crm-sync", *words)
        # who was killed before is of the group for a moment
        eventually(lambda: told in str(operator.types(*typed).exception))  # noqa: B023 - asked at once
