"""A log folded again beside the live stores comes to the same, finds what does not, and sends nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from hub.errors import HubError, InputError
from hub.local.kafka import Kafka
from hub.operations.replay import Replayed, moment, replay
from hub.producers.relay import Relay
from hub.settings import Settings
from hub.state import meeting
from hub.state.offsets import await_others
from hub.telemetry import Metrics
from hub.wiring import kafka_options, make_producer
from hub.world.world import World
from tests.support.crm import base_data
from tests.support.dealing import Record
from tests.support.kafka_clients import settings_of
from tests.support.replaying import HARSH, TOPIC, Live, a_life, a_live_hub, a_stage, rows, until_calm
from tests.support.scene import Scene

STORES = ("customers", "contacts", "leads", "opportunities")


@pytest.fixture
def scene(kafka: Kafka, database: str, tmp_path: Path) -> Iterator[Scene]:
    with a_stage(kafka, database, tmp_path) as stage:
        yield stage


@pytest.fixture
async def live(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    async with a_live_hub(scene, monkeypatch) as hub:
        yield hub


async def test_a_life_folded_again_comes_to_the_same(live: Live) -> None:
    await a_life(live)
    before = {
        table: await live.crm.rows(table) for table in (*STORES, "base_data", "waiting", "dead_letters", "outbox", "consumer_offsets")
    }
    seen: list[tuple[int, int]] = []
    done = await live.replay(on_progress=lambda read, total: seen.append((read, total)))
    assert done.is_equal, (done.verdict, done.shown)
    for table in (*STORES, "base_data", "waiting", "dead_letters"):
        count = len(before[table])
        assert rows(done)[table] == (count, count, 0, 0)
        assert count, table
    assert seen[-1] == (done.records, done.records)
    assert done.records == sum(len(records) for (topic, _), records in live.log.records.items() if topic != "hub.crm")
    assert await live.schemas() == {"public"}
    assert {table: await live.crm.rows(table) for table in before} == before, "the live tables were touched"


PLANTED = (
    ("opportunities", "wins", "UPDATE opportunities SET wins = wins + 1 WHERE {one}"),
    ("customers", "name", "UPDATE customers SET name = 'Mallory' WHERE {one}"),
    ("leads", "tie", "UPDATE leads SET tie = 'x' WHERE {one}"),
    ("contacts", "(row)", "DELETE FROM contacts WHERE {one}"),
    ("complaints", "status", "UPDATE complaints SET status = 'closed' WHERE {one}"),
    ("dead_letters", "reason", "UPDATE dead_letters SET reason = 'x' WHERE {one}"),
    ("waiting", "hold", "UPDATE waiting SET hold = 'news' WHERE ctid = (SELECT ctid FROM waiting WHERE hold = 'operator' LIMIT 1)"),
    (
        "journal",
        "fingerprint",
        "UPDATE journal SET fingerprint = fingerprint + 1 WHERE ctid = (SELECT ctid FROM journal WHERE consumer = 'crm-sync' LIMIT 1)",
    ),
    ("base_data", "retired", "UPDATE base_data SET retired = NOT retired WHERE {one}"),
)


def one(table: str) -> str:
    return f"ctid = (SELECT ctid FROM {table} LIMIT 1)"  # noqa: S608 - a test's own words


async def test_planted_differences_are_found(live: Live) -> None:
    await a_life(live)
    for table, _, plant in PLANTED:
        assert await live.crm.db.execute(plant.format(one=one(table))) in {"UPDATE 1", "DELETE 1"}, "nothing was planted"
    done = await live.replay()
    found = {name: counted[2] for name, counted in rows(done).items()}
    assert found == dict.fromkeys(found, 1) | {"timers": 0}  # this consumer sets none; test_replay_timers plants among them
    assert {(each.table, each.field) for each in done.shown} == {(table, field) for table, field, _ in PLANTED}
    assert len(done.shown) == len(PLANTED)
    assert not done.is_equal
    assert all(f"{table} 1" in done.verdict for table, _, _ in PLANTED)
    assert "Mallory" not in str(done.shown)


async def test_rows_too_many_and_too_few_are_found(live: Live) -> None:
    await a_life(live)
    tables = ("contacts", "customers", "waiting", "dead_letters", "base_data")
    for table in tables:
        assert await live.crm.db.execute(f"DELETE FROM {table} WHERE {one(table)}") == "DELETE 1"  # noqa: S608 - as above
    await live.crm.db.execute(f"UPDATE leads SET ref = 'L-planted' WHERE {one('leads')}")  # noqa: S608 - as above
    done = await live.replay()
    assert {name: found[2] for name, found in rows(done).items() if found[2]} == dict.fromkeys(tables, 1) | {"leads": 2}
    assert {each.field for each in done.shown} == {"(row)"}
    assert {(each.ref == "L-planted", each.live == "nowhere") for each in done.shown if each.table == "leads"} == {
        (True, False),
        (False, True),
    }


async def test_the_word_says_what_differs_and_fails(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada"), live.dealer.recorded("C2", "Bo")])
    equal = live.typed("crm-sync")
    assert equal.exit_code == 0, equal.output
    assert "equal: 4 rows in 10 tables" in equal.output
    await live.crm.db.execute("UPDATE customers SET status = 'planted' WHERE ref = 'C2'")
    told = live.typed("crm-sync")
    assert told.exit_code == 1
    assert "the replay differs: customers 1" in told.output
    assert "planted" in told.output
    parsed = json.loads(live.typed("crm-sync", "--json").stdout)
    assert [(each["ref"], each["field"], each["live"]) for each in parsed["differences"]] == [("C2", "status", "planted")]
    assert not parsed["is_equal"]


async def test_a_correction_is_folded_again_while_the_live_consumer_folds_one(live: Live) -> None:
    await live.lay(base_data(live.log))
    await live.crm.apply([live.dealer.recorded("K1", "Ada", corrects="unheard")])
    async with live.crm.db.transaction():
        assert await await_others(live.crm.db, "crm-sync", [TOPIC])
        assert await meeting.correcting(live.crm.db, "crm-sync", [row["event"] for row in await live.crm.rows("corrections")])
        done = await live.replay()
    assert done.is_equal, (done.verdict, done.shown)


async def test_where_there_is_nothing_to_compare_it_fails(live: Live) -> None:
    told = live.typed("crm-sync")
    assert (told.exit_code, "nothing to compare" in told.output) == (1, True)
    await live.lay(base_data(live.log))
    done = await live.replay()
    assert done.verdict == "nothing to compare", "base data alone says nothing of crm-sync"
    assert not done.is_equal
    assert (await live.replay("base-data")).is_equal


@asynccontextmanager
async def a_relay(settings: Settings) -> AsyncIterator[tuple[Relay, AIOKafkaProducer]]:
    producer = make_producer(settings)
    await producer.start()
    try:
        yield Relay(lambda: None, lambda: producer, Metrics()), producer  # type: ignore[arg-type,return-value] # run by hand
    finally:
        await producer.stop()


async def test_nothing_leaves(live: Live) -> None:
    await a_life(live)
    outbox = await live.crm.rows("outbox")
    done = await live.replay(into="looked_into")
    assert done.unsent > 0
    assert await live.schemas() == {"public", "looked_into"}
    assert await live.crm.rows("outbox") == outbox
    kept = await live.crm.rows("looked_into.outbox")
    assert sum(row["events"] for row in kept) == done.unsent
    await live.crm.db.execute("DELETE FROM outbox")
    async with a_relay(live.settings) as (relay, producer):
        assert (await relay.relay_once(live.crm.db, producer)).sent == 0
    assert await live.crm.rows("looked_into.outbox") == kept
    assert live.scene.end_offset("hub.crm") == 0


@pytest.mark.thorough
def test_the_live_hub_runs_on_meanwhile(scene: Scene, kafka: Kafka, database: str) -> None:
    settings = settings_of(kafka).model_copy(update={"database_url": SecretStr(database)})
    world = World(4, seed=11, faults=HARSH)
    for dealer in world.dealer_ids:
        scene.add_dealer(dealer)
    crew = [scene.start(name, batch_records=50) for name in ("base-data", "crm-sync", "relay", "clock")]
    for process in crew:
        process.until_ready()

    enough = Event()

    def folded_again() -> Replayed:
        return asyncio.run(replay(settings, "crm-sync", kafka_options(settings)))

    def speak(count: int) -> None:
        scene.send([Record(one.topic, one.key, one.value, tuple(one.headers)) for one in world.utterances(count)])

    def speak_on() -> None:
        while not enough.wait(0.05):
            speak(20)

    speak(400)
    until_calm(settings)
    with ThreadPoolExecutor(1) as pool:
        speaking = pool.submit(speak_on)
        try:
            found = [folded_again() for _ in range(4)]
        finally:
            enough.set()
        speaking.result()
    until_calm(settings)
    found.append(folded_again())
    assert all(done.is_equal for done in found), [(done.verdict, done.shown) for done in found]
    counts = [done.records for done in found]
    assert counts == sorted(counts)
    assert len(set(counts)) > 2, "the live hub stood still"
    assert all(process.is_ready() for process in crew)
    told = scene.database.value("SELECT count(*) FROM outbox_sent")
    assert told == sum(scene.end_offset(topic, at) for topic, at in _outward(scene)), "something left beside the live outbox"


def _outward(scene: Scene) -> list[tuple[str, int]]:
    names = ["hub.crm", "hub.timers", *(name for name in scene.topics() if name.endswith(".feed"))]
    partitions = scene.admin.list_topics(timeout=10).topics
    return [(name, at) for name in names for at in partitions[name].partitions]


async def test_what_is_ahead_of_the_log_is_refused(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    live.log.records.clear()
    with pytest.raises(HubError, match=r"ber-001.events\[0\] ends at 0, and crm-sync has folded up to 1"):
        await live.replay()


async def test_a_schema_that_no_replay_made_is_left_alone(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    await live.crm.db.execute("CREATE SCHEMA replay_crm_sync; CREATE TABLE replay_crm_sync.dear (it int)")
    for schema in (None, "public"):
        with pytest.raises(HubError, match="no replay made it"):
            await live.replay(into=schema)
    assert await live.crm.rows("replay_crm_sync.dear, (VALUES (1)) v") == []
    await live.crm.db.execute("DROP SCHEMA replay_crm_sync CASCADE")
    for _ in range(2):
        assert (await live.replay(keep=True)).is_equal, "one that a replay left is made anew"
    assert await live.schemas() == {"public", "replay_crm_sync"}


async def test_what_cannot_be_meant_is_told(live: Live) -> None:
    with pytest.raises(InputError, match="CONSUMER: expected one of base-data, crm-sync"):
        await live.replay("relay")
    for name in ("pg_mine", "Mine", "a b", "x" * 64, "1"):
        with pytest.raises(InputError, match="--into"):
            await live.replay(into=name)
    for text in ("yesterday", "2026-13-01", "0001-01-01"):
        with pytest.raises(InputError, match="--from"):
            moment(text, "--from")
    assert moment("2026-03-02", "--from") == datetime(2026, 3, 2, tzinfo=UTC)
    assert moment("2026-03-02T12:00:00+01:00", "--from") == datetime(2026, 3, 2, 11, tzinfo=UTC)


async def test_a_role_that_may_not_make_a_schema_is_told(live: Live) -> None:
    await live.crm.apply([live.dealer.recorded("C1", "Ada")])
    live.publish()
    await live.crm.db.execute("DROP ROLE IF EXISTS replay_reader; CREATE ROLE replay_reader LOGIN PASSWORD 'r'")
    url = live.crm.url
    reader = f"postgresql://replay_reader:r@{url.rpartition('@')[2]}"
    settings = live.settings.model_copy(update={"database_url": SecretStr(reader)})
    with pytest.raises(HubError, match="may not make a schema"):
        await replay(settings, "crm-sync", kafka_options(settings))
