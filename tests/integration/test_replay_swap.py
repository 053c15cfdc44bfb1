"""A state that was folded again is put live where it differs, by hand: what changes, what stays, who hears of it, and the way back."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from pydantic import SecretStr

from hub.errors import HubError, InputError
from hub.local.kafka import Kafka
from hub.operations.replay_swap import Swapped, swap, swap_back
from hub.state.connect import connect
from hub.state.exchange import Exchange
from hub.stream.failures import Fenced
from hub.wiring import kafka_options
from tests.support.crm import base_data
from tests.support.engine import Log
from tests.support.replaying import TOPIC, Live, a_life, a_live_hub, a_stage, rows
from tests.support.scene import Scene

STORES = ("customers", "contacts", "leads", "opportunities")
LEDGERS = ("waiting", "dead_letters", "timers", "journal", "corrections")
WHY = "edited by hand"


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        yield stage


@pytest.fixture
async def live(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    async with a_live_hub(scene, monkeypatch) as hub:
        yield hub


async def swapped(live: Live, consumer: str = "crm-sync", **how: Any) -> Swapped:
    live.publish()
    try:
        return await swap(live.settings, consumer, kafka_options(live.settings), why=WHY, **how)
    finally:
        live.crm.epochs.clear()  # its partitions are claimed anew, as any process would


async def swapped_back(live: Live, **how: Any) -> Swapped:
    live.publish()
    try:
        return await swap_back(live.settings, "crm-sync", kafka_options(live.settings), why=WHY, **how)
    finally:
        live.crm.epochs.clear()


async def picture(live: Live, *tables: str) -> dict[str, list[dict[str, Any]]]:
    return {table: await live.crm.rows(table) for table in (*STORES, *LEDGERS, "base_data", "consumer_offsets", *tables)}


def one(table: str) -> str:
    return f"ctid = (SELECT ctid FROM {table} ORDER BY ref LIMIT 1)"  # noqa: S608 - a test's own words


PLANTED = (
    ("opportunities", "UPDATE opportunities SET wins = wins + 1 WHERE {one}", (1, 0, 0)),
    ("customers", "UPDATE customers SET name = 'Mallory' WHERE {one}", (1, 0, 0)),
    ("contacts", "DELETE FROM contacts WHERE {one}", (0, 1, 0)),
    ("complaints", "DELETE FROM complaints WHERE {one}", (0, 1, 0)),
    ("leads", "UPDATE leads SET ref = 'L-planted' WHERE {one}", (0, 1, 1)),
    ("waiting", "DELETE FROM waiting WHERE id = (SELECT id FROM waiting WHERE consumer = 'crm-sync' ORDER BY id LIMIT 1)", (0, 1, 0)),
    ("dead_letters", "UPDATE dead_letters SET reason = 'x' WHERE id = (SELECT min(id::text)::uuid FROM dead_letters)", (1, 0, 0)),
    ("corrections", "DELETE FROM corrections WHERE event = (SELECT min(event::text)::uuid FROM corrections)", (0, 1, 0)),
    (
        "journal",
        "UPDATE journal SET revision = 77 WHERE event = (SELECT min(event::text)::uuid FROM journal WHERE store = 'leads')",
        (1, 0, 0),
    ),
    ("timers", "INSERT INTO timers SELECT 'crm-sync', 'leads', principal, ref, now() FROM leads ORDER BY ref LIMIT 1", (0, 0, 1)),
)


async def planted(live: Live) -> None:
    for table, plant, _ in PLANTED:
        assert await live.crm.db.execute(plant.replace("{one}", one(table) if "{one}" in plant else "")) in {
            "UPDATE 1",
            "DELETE 1",
            "INSERT 0 1",
        }, table


def without_version(found: dict[str, list[dict[str, Any]]], table: str) -> list[dict[str, Any]]:
    moments = {"row_version", "since", "until", "recorded_at", "headers", "timestamp"}
    return [{name: value for name, value in row.items() if name not in moments} for row in found[table]]


async def test_what_was_planted_is_swapped_away_and_nothing_else_is_touched(live: Live) -> None:
    await a_life(live)
    right = await picture(live, "outbox", "act_effects")
    await planted(live)
    wrong = await picture(live)
    done = await swapped(live)
    assert {each.table: (each.changed, each.came, each.went) for each in done.tables} == {table: counts for table, _, counts in PLANTED}
    assert (done.as_json()["is_dry"], len(done.as_json()["done"])) == (False, len(PLANTED) + 1)
    now = await picture(live, "outbox", "act_effects")
    for table in (*STORES, *LEDGERS, "base_data"):
        assert without_version(now, table) == without_version(right, table), table
    for row in (*now["consumer_offsets"], *right["consumer_offsets"]):
        row.pop("epoch")  # moved on, so that nobody goes on with what he looked at before
    for table in ("consumer_offsets", "outbox", "act_effects", "base_data"):
        assert now[table] == right[table], f"{table}: the processes' own"
    for table in STORES:
        told = {(row["principal"], row["ref"]): row["row_version"] for row in right[table]}
        versions = {(row["principal"], row["ref"]): row["row_version"] for row in now[table]}
        changed = {key for key, version in versions.items() if version != told[key]}
        assert len(changed) == 1, table
        assert all(versions[key] > told[key] for key in changed), "a revision that was told went back"
    assert (await live.replay()).is_equal
    saved = await live.crm.rows("swapped_crm_sync.customers")
    assert [row["name"] for row in saved] == [row["name"] for row in wrong["customers"]]
    assert await live.schemas() == {"public", "swapped_crm_sync"}


@pytest.mark.thorough
async def test_the_way_back_folds_on_what_was_live(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada"), live.dealer.recorded("C2", "Bo"), live.dealer.recorded("C3", "Cy")])
    await live.crm.db.execute("UPDATE customers SET note = 'planted' WHERE ref IN ('C1', 'C2'); DELETE FROM customers WHERE ref = 'C3'")
    assert (await swapped(live)).rows == 3
    await live.crm.apply([live.dealer.changed("C2", phone="7"), live.dealer.recorded("C4", "Di")])
    told = {row["ref"]: row["row_version"] for row in await live.crm.rows("customers")}
    dry = await swapped_back(live, dry_run=True)
    assert (dry.rows, dry.is_dry, dry.as_json()["done"]) == (3, True, [])
    assert {row["note"] for row in await live.crm.rows("customers")} == {None}, "a dry run changes nothing"
    done = await swapped_back(live)
    assert [(each.table, each.changed, each.went) for each in done.tables if each.rows] == [("customers", 2, 1)]
    now = {row["ref"]: row for row in await live.crm.rows("customers")}
    assert {ref: (row["phone"], row["note"]) for ref, row in now.items()} == {
        "C1": (None, "planted"),
        "C2": ("7", "planted"),
        "C4": (None, None),
    }
    assert all(now[ref]["row_version"] == told[ref] + 1 for ref in ("C1", "C2")), "it goes on from what was told"
    forth = await swapped_back(live)
    assert forth.rows == 3, "the way back has a way back"
    assert (await live.replay()).is_equal


async def test_a_row_that_comes_back_is_never_told_under_an_earlier_revision(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    for hour in range(1, 6):
        await live.crm.apply([live.dealer.changed("C1", hour, phone=str(hour))])
    ((before,),) = [[row["row_version"] for row in await live.crm.rows("customers")]]
    await live.crm.db.execute("DELETE FROM customers")
    done = await swapped(live, tells=True)
    assert done.told == 1
    ((after,),) = [[row["row_version"] for row in await live.crm.rows("customers")]]
    assert after > before == 6


async def test_others_hear_of_what_a_swap_changes_where_that_is_wished(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada"), live.dealer.recorded("C2", "Bo")])
    await live.relay()
    await live.crm.db.execute("UPDATE customers SET name = 'Mallory' WHERE ref = 'C2'")
    done = await swapped(live, tells=True)
    assert done.told == 1
    log = Log()
    (told,) = await live.crm.relay(log)
    body = json.loads(told.value or b"")
    (row,) = (row for row in await live.crm.rows("customers") if row["ref"] == "C2")
    assert (told.topic, body["subject"], body["revision"]) == ("hub.crm", "ber-001/C2", row["row_version"])


async def test_base_data_that_comes_back_ends_waits(live: Live) -> None:
    await live.lay(base_data(live.log))
    await live.crm.db.execute("DELETE FROM base_data WHERE kind = 'sales_model'")
    await live.crm.apply([live.dealer.opened("O1")])
    assert len(await live.crm.rows("waiting")) == 1
    with pytest.raises(HubError, match="base_data differs, and by it the states were judged: hub replay base-data --swap first"):
        await swapped(live)
    assert (await swapped(live, "base-data")).rows == 1
    came = "SELECT count(*) FROM waiting w JOIN awaited a ON a.kind = w.kind AND a.ref = w.awaited_ref WHERE a.came_at > w.since"
    assert await live.crm.db.fetchval(came) == 1, "the clock finds those who wait for it"


async def test_nothing_is_swapped_where_nothing_differs_or_nothing_is_known(live: Live) -> None:
    with pytest.raises(HubError, match="nothing to compare"):
        await swapped(live)
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    assert (await swapped(live)).rows == 0
    with pytest.raises(HubError, match="no schema swapped_crm_sync that a swap left"):
        await swapped_back(live)
    with pytest.raises(InputError, match="--why"):
        await swap(live.settings, "crm-sync", kafka_options(live.settings), why=" ")
    assert live.scene.end_offset("hub.acts") == 0, "nothing was done, and nothing is said to have been"


async def test_a_log_that_begins_later_is_swapped_in_part_or_not_at_all(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada"), live.dealer.recorded("C2", "Bo")])
    live.publish()
    live.scene.admin.delete_records([TopicPartition(TOPIC, 0, 1)])[TopicPartition(TOPIC, 0, 1)].result(10)
    await live.crm.db.execute("UPDATE customers SET name = 'Mallory'")
    with pytest.raises(HubError, match=r"ber-001.events: the log begins later .* 1 subjects .* --partly leaves these"):
        await swapped(live)
    done = await swapped(live, partly=True)
    assert [(each.table, each.changed) for each in done.tables if each.rows] == [("customers", 1)]
    assert [row["name"] for row in await live.crm.rows("customers")] == ["Mallory", "Bo"]


async def test_a_consumer_that_was_set_back_is_swapped_when_it_has_read_again(live: Live) -> None:
    records = [live.dealer.recorded("C1", "Ada"), live.dealer.changed("C1", phone="7"), live.dealer.recorded("C2", "Bo")]
    await live.crm.apply(records)
    await live.crm.db.execute("UPDATE consumer_offsets SET next_offset = 1; UPDATE customers SET note = 'planted'")
    with pytest.raises(HubError, match="crm-sync was set back, and has yet to read again what it knows of 2 subjects"):
        await swapped(live)
    assert rows(await live.replay())["customers"] == (0, 0, 0, 2), "set apart, as the replay ends before what is known of them"
    await live.crm.apply(records[1:])
    assert (await swapped(live)).rows == 2
    assert [(row["phone"], row["note"]) for row in await live.crm.rows("customers")] == [("7", None), (None, None)]


async def test_whoever_was_at_work_is_refused_after_a_swap_and_claims_anew(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    await live.crm.db.execute("UPDATE customers SET note = 'planted'")
    epochs = dict(live.crm.epochs)
    assert (await swapped(live)).rows == 1
    changed = live.dealer.changed("C1", phone="7")
    live.crm.epochs = epochs
    with pytest.raises(Fenced):
        await live.crm.apply([changed])
    live.crm.epochs.clear()
    await live.crm.apply([changed])
    assert [(row["phone"], row["note"]) for row in await live.crm.rows("customers")] == [("7", None)]


async def test_two_swaps_at_once_exclude_each_other(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    other = await connect(live.crm.url, name="another swap")
    await Exchange(other, "", "", "crm-sync", "").alone()
    with pytest.raises(HubError, match="another swap of crm-sync is under way"):
        await swapped(live)
    await other.close()
    assert (await swapped(live)).rows == 0


async def test_a_role_that_does_not_own_the_tables_is_told_so(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    await live.crm.db.execute("DROP ROLE IF EXISTS hub_swapper")
    await live.crm.db.execute("CREATE ROLE hub_swapper LOGIN PASSWORD 'invented'")
    await live.crm.db.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO hub_swapper")
    url = SecretStr(f"postgresql://hub_swapper:invented@{live.crm.url.rpartition('@')[2]}")
    live.settings = live.settings.model_copy(update={"database_url": url})
    with pytest.raises(HubError, match="may not make a schema: replay as the owner"):
        await swapped(live)


@pytest.mark.thorough
async def test_the_words_say_what_was_swapped_and_the_way_back(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada"), live.dealer.recorded("C2", "Bo")])
    await live.crm.db.execute("UPDATE customers SET status = 'planted' WHERE ref = 'C2'")
    dry = live.typed("crm-sync", "--swap", "--dry-run")
    assert (dry.exit_code, "this was a dry run" in dry.output) == (0, True), dry.output
    unwhy = live.typed("crm-sync", "--swap")
    assert "--why: expected a reason" in str(unwhy.exception)
    told = live.typed("crm-sync", "--swap", "--why", WHY)
    assert told.exit_code == 0, told.output
    assert "1 rows swapped" in told.output
    assert "hub replay crm-sync --swap-back --why REASON" in told.output
    assert live.typed("crm-sync").exit_code == 0
    back = live.typed("crm-sync", "--swap-back", "--why", WHY, "--json")
    assert json.loads(back.stdout)["rows"] == 1
    for words in (["--swap", "--swap-back"], ["--swap", "--until", "2026-03-02"], ["--partly"], ["--why", "x"]):
        assert isinstance(live.typed("crm-sync", *words).exception, InputError), words
    assert live.scene.end_offset("hub.acts") == 4, "each swap began, and ended"
    assert rows(await live.replay())["customers"] == (2, 2, 1, 0)
