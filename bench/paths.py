"""The contenders: crm-sync in full, from a real broker, and its own SQL replayed from memory."""

import asyncio
import os
import sys
import time
from collections import defaultdict
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import asyncpg

from bench.house import House, tree_cpu
from bench.load import DEALERS, Load
from contracts import topics
from hub.consumers import CONSUMERS
from hub.operations.status import caught_up
from hub.operations.topics import apply_catalogue
from hub.settings import Settings
from hub.state.base import BaseDataCache
from hub.state.connect import connect
from hub.state.offsets import Offsets
from hub.stream.batch import Batch
from hub.stream.record import Reader
from hub.stream.slips import Stored
from hub.stream.work import Work
from hub.wiring import make_producer

_RUNS = count(1)
_BATCH = 500


class Result(NamedTuple):
    """Events per second, and CPU seconds per 1,000 events of the client and of the database."""

    rate: float
    client_cpu: float
    database_cpu: float


async def full_path(house: House, load: Load) -> Result:
    """A backlog in Kafka, folded, told and relayed until nothing is left; the clock starts with the first commit."""
    url = await house.fresh_database()
    settings = house.settings(url)
    await asyncio.to_thread(_fresh_topics, settings)
    await _produce(settings, load)
    environment = dict(os.environ) | {
        "HUB_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "HUB_KAFKA_USER": settings.kafka_user,
        "HUB_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "HUB_DATABASE_URL": url,
        "HUB_LOG_LEVEL": "error",
    }
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", "run", name, env=environment) for name in ("relay", "crm-sync")
    ]
    watcher = await connect(url, name="bench")
    try:
        first = await _first_commit(watcher)
        began, clients, database = time.perf_counter(), sum(tree_cpu(p.pid) for p in processes), house.database_cpu()
        await caught_up(settings, within=600)
        seconds = time.perf_counter() - began
        clients, database = sum(tree_cpu(p.pid) for p in processes) - clients, house.database_cpu() - database
        await _verify(watcher, load)
    finally:
        await watcher.close()
        for process in processes:
            process.terminate()
        for process in processes:
            await process.wait()
    timed = len(load) - first
    return Result(timed / seconds, clients / timed * 1000, database / timed * 1000)


def _fresh_topics(settings: Settings) -> None:
    from confluent_kafka.admin import NewTopic

    from hub.operations.cluster import Cluster

    apply_catalogue(settings, lambda *_: None)
    cluster = Cluster(settings)
    names = [topics.DEALER_EVENTS.of(dealer) for dealer in DEALERS]
    gone = [name for name in names if name in cluster.metadata().topics]
    if gone:
        cluster.settle_all(cluster.admin.delete_topics(gone), "deleting")
        while set(gone) & set(cluster.metadata().topics):
            time.sleep(0.1)
    log_times = {"message.timestamp.type": "LogAppendTime"}
    cluster.settle_all(cluster.admin.create_topics([NewTopic(n, 1, 1, config=log_times) for n in names]), "creating")


async def _produce(settings: Settings, load: Load) -> None:
    async with make_producer(settings) as producer:
        sends = [await producer.send(topic, value, key=key, headers=headers) for topic, key, value, headers in load]
        await asyncio.gather(*sends)


async def _first_commit(watcher: "asyncpg.Connection[asyncpg.Record]") -> int:
    while True:  # the start of the timed window, seen from outside: the process itself is not touched
        done = await watcher.fetchval("SELECT coalesce(sum(next_offset), 0) FROM consumer_offsets WHERE topic LIKE 'dealer.%'")
        if done > 0:
            return int(done)
        await asyncio.sleep(0.01)


async def _verify(watcher: "asyncpg.Connection[asyncpg.Record]", load: Load) -> None:
    """A run counts only if everything is there: journal, states, nothing dead, nothing left to send."""
    expected = {"journal": len(load), "customers": load.subjects(), "dead_letters": 0, "waiting": 0, "outbox": 0}
    for table, rows in expected.items():
        found = await watcher.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of our own
        if found != rows:
            raise SystemExit(f"bench: {table} holds {found} rows, {rows} were expected: this run does not count")


class _Tape(asyncpg.Connection):  # type: ignore[misc,type-arg] # asyncpg's own stubs make it generic
    """A connection that keeps every statement with its arguments."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.statements: list[tuple[str, str, tuple[Any, ...]]] = []

    async def fetch(self, query: str, *args: Any, **named: Any) -> Any:
        self.statements.append(("fetch", query, args))
        return await super().fetch(query, *args, **named)

    async def fetchrow(self, query: str, *args: Any, **named: Any) -> Any:
        self.statements.append(("fetchrow", query, args))
        return await super().fetchrow(query, *args, **named)

    async def execute(self, query: str, *args: Any, **named: Any) -> Any:
        if args:
            self.statements.append(("execute", query, args))
        return await super().execute(query, *args, **named)


async def replay(house: House, load: Load) -> Result:
    """The statements of the very same batches, recorded once, sent again over two connections with nothing in between."""
    lanes = await _record(await house.fresh_database(), load)
    url = await house.fresh_database()
    for lane in lanes:
        connection = await connect(url, name="bench")
        for partition in lane:
            await Offsets("crm-sync", "bench").claim(connection, "bench", [partition])
            await Offsets("crm-sync", "bench").start(connection, {partition: 0})
        await connection.close()
    connections = [await connect(url, name="bench") for _ in lanes]
    for connection in connections:
        await _work().prepare(connection)
    client, database, began = time.process_time(), house.database_cpu(), time.perf_counter()
    await asyncio.gather(*(_play(c, [b for batches in lane.values() for b in batches]) for c, lane in zip(connections, lanes, strict=True)))
    seconds = time.perf_counter() - began
    client, database = time.process_time() - client, house.database_cpu() - database
    for connection in connections:
        await connection.close()
    return Result(len(load) / seconds, client / len(load) * 1000, database / len(load) * 1000)


def _work() -> Work:
    consumer = CONSUMERS["crm-sync"]
    return Work(consumer, BaseDataCache(consumer.using), timedelta(days=1))


async def _play(connection: "asyncpg.Connection[asyncpg.Record]", batches: list[list[tuple[str, str, tuple[Any, ...]]]]) -> None:
    for batch in batches:
        async with connection.transaction():
            for how, query, args in batch:
                await getattr(connection, how)(query, *args)


async def _record(url: str, load: Load) -> list[dict[tuple[str, int], list[list[tuple[str, str, tuple[Any, ...]]]]]]:
    consumer = CONSUMERS["crm-sync"]
    reader, offsets = Reader(consumer, 1_000_000), Offsets("crm-sync", "bench")
    batch = Batch(offsets, _work(), reader, consumer.name)
    tape = await connect(url, name="bench", connection_class=_Tape)
    logs: dict[tuple[str, int], list[Stored]] = defaultdict(list)
    now = int(time.time() * 1000)
    for topic, key, value, headers in load:
        log = logs[topic, 0]
        log.append(Stored(topic, 0, len(log), now, key, value, headers))
    taken: dict[tuple[str, int], list[list[tuple[str, str, tuple[Any, ...]]]]] = {}
    for partition, log in logs.items():
        claimed = await offsets.claim(tape, "bench", [partition])
        await offsets.start(tape, {partition: 0})
        epochs = {partition: claimed[partition].epoch}
        for start in range(0, len(log), _BATCH):
            tape.statements.clear()
            await batch.apply(tape, {partition: [reader.judge(raw) for raw in log[start : start + _BATCH]]}, epochs)
            taken.setdefault(partition, []).append(list(tape.statements))
    await tape.close()
    partitions = sorted(taken)
    return [{p: taken[p] for p in partitions[half::2]} for half in range(2)]
