"""Events at a steady rate that does not wait for answers (open loop), and how long each took to its commit."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

from bench.load import Record
from bench.log import Log, send
from hub.errors import HubError
from hub.state.store import Connection

WAKING = 100
"""So many come first, and are not measured: whoever listens is awake afterwards."""
_COUNT = "SELECT count(*) FROM customers WHERE revision > $1 AND principal <> $2"
_COMMITS = """
SELECT revision, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM customers WHERE revision > $1 AND principal <> $2
"""
_PATIENCE_SECONDS = 600.0


class Delays(NamedTuple):
    """Milliseconds between the moment at which an event was due to be sent and its commit."""

    p50: float
    p99: float
    longest: float


def send_steadily(log: Log, records: Sequence[Record], rate: float) -> float:
    """Send each at its moment, late ones at once; the wall clock's time of the first."""
    producer = log.producer(**{"linger.ms": 0})
    producer.list_topics(timeout=10)
    began = time.time() + 0.05
    for number, record in enumerate(records):
        left = began + number / rate - time.time()
        if left > 0:
            time.sleep(left)
        send(producer, *record)
        producer.poll(0)
    producer.flush()
    return began


async def committed(watcher: Connection, after: int, events: int, but: str = "") -> dict[int, float]:
    """When each event was committed, by its number, once so many are; those of principal `but` are not looked at."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while await watcher.fetchval(_COUNT, after, but) < events:
        if time.monotonic() > deadline:
            raise HubError("bench: events at a steady rate were not committed in time")
        await asyncio.sleep(0.2)
    return {row[0]: row[1] for row in await watcher.fetch(_COMMITS, after, but)}


def delays(commits: dict[int, float], began: float, rate: float, after: int) -> Delays:
    """From the moment at which each event was due to be sent to its commit; the first has the number behind `after`."""
    waits = sorted((at - began - (number - after - 1) / rate) * 1000 for number, at in commits.items())
    return Delays(statistics.median(waits), waits[int(len(waits) * 0.99)], waits[-1])
