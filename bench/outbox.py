"""`python -m bench.outbox`: the outbox and the relay by the batch, beside a row and a future for each event."""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.house import House
from bench.load import Load, as_hub_record
from contracts import envelope as cloudevents
from contracts import topics
from hub.local.folders import scratch
from hub.operations import topic_plan
from hub.operations.cluster import Cluster
from hub.operations.topics import create
from hub.producers.relay import Relay
from hub.settings import Settings
from hub.state import outbox
from hub.state.connect import connect
from hub.state.segments import Said
from hub.telemetry import Metrics, configure_logs
from hub.wiring import kafka_options, make_producer

_BATCH = 500
_TYPE = "hub.customer.updated.v1"
_TABLES = """
CREATE TABLE plain_outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, consumer TEXT NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL,
    event_id UUID NOT NULL, subject TEXT, body BYTEA NOT NULL, time TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL
);
CREATE TABLE plain_sent (
    id BIGINT PRIMARY KEY, event_id UUID NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" BIGINT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL
);
CREATE INDEX plain_sent_at ON plain_sent (sent_at)
"""
_INSERT = """
INSERT INTO plain_outbox (consumer, topic, key, type, event_id, subject, body)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::bytea[])
"""
_OLDEST = "SELECT id, consumer, topic, key, type, event_id, subject, body, time FROM plain_outbox ORDER BY id LIMIT $1"
_SENT = """
WITH gone AS (DELETE FROM plain_outbox USING unnest($1::bigint[], $2::int[], $3::bigint[]) AS s (id, partition, sent_offset)
              WHERE plain_outbox.id = s.id RETURNING plain_outbox.id, event_id, topic, s.partition, s.sent_offset)
INSERT INTO plain_sent (id, event_id, topic, partition, "offset") SELECT * FROM gone
"""

Connection = asyncpg.Connection
Say = Callable[[Connection, list[Said]], Awaitable[None]]
Send = Callable[[Connection, AIOKafkaProducer], Awaitable[int]]


class Cost(NamedTuple):
    """CPU of client and database, and time, in microseconds an event."""

    client: float
    database: float
    wall: float


async def plain_say(connection: Connection, said: list[Said]) -> None:
    """A row for each event."""
    await connection.execute(_INSERT, "crm-sync", *zip(*said, strict=True))


async def plain_send(connection: Connection, producer: AIOKafkaProducer) -> int:
    """A future for each event, and a receipt."""
    async with connection.transaction():
        rows = await connection.fetch(_OLDEST, _BATCH)
        if not rows:
            return 0
        sent = []
        for _, consumer, topic, key, wire, event_id, subject, body, at in rows:
            envelope = cloudevents.Envelope(str(event_id), f"/hub/{consumer}", wire, at, subject)
            sent.append(await producer.send(topic, body, key=key.encode(), headers=cloudevents.write(envelope)))
        stored = await asyncio.gather(*sent)
        await connection.execute(_SENT, [row[0] for row in rows], [s.partition for s in stored], [s.offset for s in stored])
    return len(rows)


async def hub_say(connection: Connection, said: list[Said]) -> None:
    """As T1 does."""
    await outbox.insert(connection, "crm-sync", said)


def hub_send() -> Send:
    """As the relay does."""
    relay = Relay(lambda: None, lambda: None, Metrics())  # type: ignore[arg-type,return-value] # run by hand

    async def send(connection: Connection, producer: AIOKafkaProducer) -> int:
        return (await relay.relay_once(connection, producer)).sent

    return send


CONTENDERS: dict[str, tuple[Say, Callable[[], Send]]] = {
    "an event a row": (plain_say, lambda: plain_send),
    "by the batch": (hub_say, hub_send),
}


async def _run(house: House, settings: Settings, connection: Connection, name: str, said: list[Said]) -> dict[str, Cost]:
    say, make_send = CONTENDERS[name]

    async def write() -> None:
        for start in range(0, len(said), _BATCH):
            async with connection.transaction():
                await say(connection, said[start : start + _BATCH])

    costs = {"T1's part": await _measured(house, len(said), write)}
    send = make_send()
    ends = await _ends(settings)
    async with make_producer(settings) as producer:
        await producer.partitions_for(topics.CRM.name)

        async def relay() -> None:
            while await send(connection, producer):
                pass

        costs["the relay"] = await _measured(house, len(said), relay)
    await _verify(settings, ends, said)
    return costs


async def _measured(house: House, count: int, work: Callable[[], Awaitable[None]]) -> Cost:
    client, database, wall = time.process_time(), house.database_cpu(), time.perf_counter()
    await work()
    spent = time.process_time() - client, house.database_cpu() - database, time.perf_counter() - wall
    return Cost(*(seconds / count * 1e6 for seconds in spent))


async def _ends(settings: Settings) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(topics.CRM.name, **kafka_options(settings)) as consumer:
        return dict(await consumer.end_offsets(list(consumer.assignment())))


async def _verify(settings: Settings, ends: dict[TopicPartition, int], said: list[Said]) -> None:
    """A run counts only if each event is in the log once, in the order of its key."""
    found: dict[str, list[UUID]] = defaultdict(list)
    wanted: dict[str, list[UUID]] = defaultdict(list)
    for event in said:
        wanted[event.key].append(event.event_id)
    async with AIOKafkaConsumer(**kafka_options(settings)) as consumer:
        consumer.assign(list(ends))
        for partition, end in ends.items():
            consumer.seek(partition, end)
        stop = await consumer.end_offsets(list(ends))
        while any([await consumer.position(partition) < end for partition, end in stop.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    found[record.key.decode()].append(UUID(dict(record.headers)["ce_id"].decode()))
    if found != wanted:
        raise SystemExit("bench: the log does not hold each event once, in the order of its key: this run does not count")


async def _rounds(house: House, events: int, rounds: int) -> list[dict[str, dict[str, Cost]]]:
    load = Load(events, max(1, events * 63 // 100))
    url = await house.database(load)
    settings = house.settings(url)
    await asyncio.to_thread(create, Cluster(settings), [topic_plan.of_catalogue(topics.CRM, topics.CRM.name, 1)], lambda _: None)
    connection = await connect(url, name="bench")
    await connection.execute(_TABLES)
    bodies = [(event.ref, as_hub_record(load, event)[2]) for event in load]
    done = []
    for _ in range(rounds + 1):
        results = {}
        for name in random.sample(list(CONTENDERS), len(CONTENDERS)):
            said = [Said(topics.CRM.name, key, _TYPE, uuid4(), None, body) for key, body in bodies]
            results[name] = await _run(house, settings, connection, name, said)
        done.append(results)
    await connection.close()
    return done[1:]  # the first one warms up


def main() -> None:
    """Interleave both in random order, and print CPU per event and the ratio of each round."""
    options = argparse.ArgumentParser(prog="python -m bench.outbox", description=main.__doc__)
    options.add_argument("--events", type=int, default=20_000, help="events a round, about 1 KB each (default 20,000)")
    options.add_argument("--rounds", type=int, default=5, help="rounds after the warm-up (default 5)")
    options.add_argument("--json", action="store_true", help="print JSON only")
    chosen = options.parse_args()
    configure_logs("error")
    with scratch() as folder, House(folder) as house:
        rounds = asyncio.run(_rounds(house, chosen.events, chosen.rounds))
    medians = {
        name: {
            part: Cost(*(statistics.median(costs) for costs in zip(*(r[name][part] for r in rounds), strict=True)))
            for part in ("T1's part", "the relay")
        }
        for name in CONTENDERS
    }
    plain, whole = CONTENDERS
    ratios = sorted(_cpu(r[whole]) / _cpu(r[plain]) for r in rounds)
    ratio = {"median": round(statistics.median(ratios), 3), "min": round(ratios[0], 3), "max": round(ratios[-1], 3), "rounds": len(ratios)}
    if chosen.json:
        costs = {
            name: {part: {k: round(v, 2) for k, v in cost._asdict().items()} for part, cost in parts.items()}
            for name, parts in medians.items()
        }
        print(json.dumps({"microseconds_an_event": costs, "ratio_of_cpu": ratio}, indent=2))
        return
    print(f"{'µs an event':28}{'client CPU':>12}{'database CPU':>14}{'time':>8}")
    for name, parts in medians.items():
        for part, cost in parts.items():
            print(f"{name + ', ' + part:28}{cost.client:>12.1f}{cost.database:>14.1f}{cost.wall:>8.1f}")
    print(f"CPU by the batch / an event a row: {ratio['median']} (median of {len(ratios)} rounds, {ratio['min']} to {ratio['max']})")


def _cpu(parts: dict[str, Cost]) -> float:
    return sum(cost.client + cost.database for cost in parts.values())


if __name__ == "__main__":
    main()
