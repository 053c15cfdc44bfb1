"""A state store restored from a backup: what is missing is read again, and comes to the same; whoever held a claim before holds none."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contracts.customers import CUSTOMER_RECORDED
from hub.consumers.crm_sync import crm_sync
from hub.local.kafka import Kafka
from hub.local.postgres import Postgres
from hub.state import steering
from hub.stream.failures import Fenced
from hub.stream.outcome import Outcome
from tests.support.checker import inbound, take
from tests.support.crm import Words
from tests.support.dealing import DEALER, said, sale, sales, sales_model
from tests.support.engine import CLUSTER, Engine, Log
from tests.support.log_reader import read_log
from tests.support.replaying import a_stage
from tests.support.scene import Scene
from tests.support.steering import Helm

TOPIC = f"dealer.{DEALER}.events"
PROCESSES = ("base-data", "crm-sync", "relay", "clock")


@pytest.fixture
def stage(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as scene:
        scene.add_dealer(DEALER)
        yield scene


def work(scene: Scene) -> None:
    """Let every process fold and tell all that was said, and end."""
    processes = [scene.start(name).until_ready() for name in PROCESSES]
    scene.until_folded("oem.base", "base-data")
    for topic in (TOPIC, "hub.acts"):
        scene.until_folded(topic)
    scene.until_relayed()
    for process in processes:
        process.terminate()


def copy(scene: Scene, server: Postgres, source: str, target: str) -> None:
    scene.database.close()  # a database is copied only while nobody looks at it
    server.create_database(target, source)


@pytest.mark.thorough
def test_after_a_restore_the_store_catches_up_with_the_log_and_equals_it(stage: Scene, postgres: Postgres) -> None:
    helm, name = Helm(stage), urlsplit(stage.database.url).path[1:]
    broken = said(CUSTOMER_RECORDED, {"customer": "C-1", "kind": "person", "name": 5}, id="broken")
    stage.send([sales_model(), *sales(10), broken])
    work(stage)
    copy(stage, postgres, name, f"{name}_backup")
    discarded = helm.types("dead-letters", "discard", "--reason", "schema", "--why", "a test", "--yes", "--no-wait")
    assert discarded.exit_code == 0, discarded.output
    stage.send([*sales(10, first=10), said(CUSTOMER_RECORDED, {"customer": "C-1", "kind": "person", "name": "Ada"}, id="later")])
    work(stage)
    truth = states(stage)
    assert len(truth["opportunities"]) == 20

    stage.database.close()
    postgres.drop_database(name)
    copy(stage, postgres, f"{name}_backup", name)
    helm.until_alone("base-data", "crm-sync")
    seen = helm.asks("recover")
    assert (seen["refused"], seen["ahead"], seen["lost"], seen["is_dry"], seen["done"]) == (None, [], [], True, [])
    again = {(row["consumer"], row["partition"]): row["records"] for row in seen["again"]}
    assert again["crm-sync", f"{TOPIC}[0]"] == 31
    assert again["crm-sync", "hub.acts[0]"] == stage.end_offset("hub.acts") - stage.next_offset("hub.acts")
    assert seen["said"]["hub.crm"] > 0
    before = epochs(stage)
    assert "--why" in str(helm.types("recover", "--yes").exception)
    assert epochs(stage) == before
    acted = helm.asks("recover", "--yes", "--why", "the disk died")
    assert (acted["is_dry"], acted["done"]) == (False, [f"{len(before)} partitions have new epochs"])
    assert stage.database.value("SELECT why FROM pauses WHERE consumer = 'courier'") == "recovered: the disk died"
    assert helm.types("resume", "courier", "--why", "nothing is behind").exit_code == 0
    assert min(epochs(stage)) > max(before) + 1_000_000
    work(stage)
    assert states(stage) == truth
    replayed = helm.types("replay", "crm-sync")
    assert replayed.exit_code == 0, replayed.output
    assert faults(stage) == []
    [act] = helm.asks("acts", "list", "--what", "store")
    assert (act["what"], act["why"], act["state"]) == ("store.recovered", "the disk died", "carried out")
    postgres.drop_database(f"{name}_backup")


def test_beside_a_process_at_work_nothing_is_recovered(stage: Scene) -> None:
    stage.start("crm-sync").until_ready()
    stage.send(sale("O-1"))
    stage.until_folded(TOPIC)
    before = epochs(stage)
    refused = Helm(stage).types("recover", "--yes", "--why", "a test")
    assert refused.exit_code == 1
    assert "processes are at work: 1 of crm-sync" in refused.output
    assert epochs(stage) == before


def test_a_store_ahead_of_the_log_is_refused_and_told_by_partition(stage: Scene) -> None:
    helm = Helm(stage)
    stage.send(sale("O-1"))
    consumer = stage.start("crm-sync").until_ready()
    stage.until_folded(TOPIC)
    consumer.terminate()
    stage.delete_topics(TOPIC)
    stage.make_topics(TOPIC)
    helm.until_alone("base-data", "crm-sync")
    refused = helm.types("recover", "--yes", "--why", "a test", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["ahead"] == [f"crm-sync {TOPIC}[0] (3, the log ends at 0)"]


async def test_whoever_claimed_after_the_backup_is_refused_although_the_epochs_went_back_with_it(database: str) -> None:
    """Without a jump the heir would be given the very epoch that the zombie holds."""
    partition, dealer = ("dealer.ber-001.events", 0), Words(Log())
    async with Engine(database, crm_sync, owner="zombie") as zombie, Engine(database, crm_sync, owner="heir") as heir:
        await heir.claim([partition])
        backup = await heir.db.fetchval("SELECT epoch FROM consumer_offsets")
        await zombie.claim([partition])
        await heir.db.execute("UPDATE consumer_offsets SET epoch = $1", backup)  # the restore
        assert await steering.jump(heir.db, CLUSTER, "ada") == 1
        await heir.claim([partition])
        record = dealer.recorded("C1", "Ada")
        with pytest.raises(Fenced):
            await zombie.apply([record])
        assert await heir.outcomes([record]) == [Outcome.HANDLED]


def states(scene: Scene) -> dict[str, list[dict[str, object]]]:
    """Every state, without how often it was saved, which batches decide."""
    return {
        table: [
            {field: value for field, value in row.items() if field != "row_version"}
            for row in scene.database.rows(f"SELECT * FROM {table} ORDER BY principal, ref")  # noqa: S608 - names of our own
        ]
        for table in ("base_data", "customers", "opportunities")
    }


def epochs(scene: Scene) -> list[int]:
    return [row["epoch"] for row in scene.database.rows("SELECT epoch FROM consumer_offsets ORDER BY 1")]


def faults(scene: Scene) -> list[str]:
    """What the checker finds of what came in; what left has been heard twice."""

    async def check() -> list[str]:
        log = await read_log(scene.reader_options(), scene.topics())
        async with Engine(scene.database.url, crm_sync) as engine:
            return [str(fault) for fault in inbound(crm_sync, log, await take(engine.db, crm_sync), 1_000_000)]

    return scene.database.run(check())
