"""What waits, what is dead and what is overdue, counted for metrics and status."""

import contextlib
from typing import Any

from hub.state.connect import AWAY, connect
from hub.state.store import Connection
from hub.telemetry import Metrics

_OUTBOX = """
SELECT (SELECT coalesce(sum(events), 0) FROM outbox)::bigint + count(*) - count(set_aside), count(set_aside) FROM outbox_apart
"""
_OUTBOX_OLDEST = "least((SELECT time FROM outbox ORDER BY id LIMIT 1), (SELECT min(time) FROM outbox_apart WHERE set_aside IS NULL))"
_OUTBOX_AGE = f"SELECT extract(epoch FROM now() - {_OUTBOX_OLDEST})::float8"  # noqa: S608 - names of our own
_WAITING = "SELECT hold, count(*), extract(epoch FROM now() - min(since))::float8 FROM waiting WHERE consumer = $1 GROUP BY hold"
_DEAD = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(since)), 0)::float8
FROM dead_letters WHERE consumer = $1 AND state = 'open'
"""
_BACKLOG = """
SELECT c.channel, count(d.id), coalesce(extract(epoch FROM now() - min(d.due_at)), 0)::float8
FROM (VALUES ('email'), ('sms'), ('post')) AS c (channel)
LEFT JOIN deliveries d ON d.channel = c.channel AND d.state IN ('planned', 'pending') AND d.due_at <= now()
GROUP BY 1
UNION ALL SELECT 'any', count(*), coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8
FROM deliveries WHERE channel IS NULL AND state IN ('planned', 'pending') AND due_at <= now()
"""
_DOUBTS = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(changed_at)), 0)::float8,
    (SELECT count(*) FROM send_brakes WHERE pulled_at IS NOT NULL)
FROM deliveries WHERE state = 'unknown'
"""
_OVERDUE = "count(*) AS overdue, min(due_at) AS oldest FROM timers WHERE due_at <= now()"
_TIMERS = f"SELECT overdue, coalesce(extract(epoch FROM now() - oldest), 0)::float8 FROM (SELECT {_OVERDUE}) AS t"  # noqa: S608 - names of our own
_PAUSED = "SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8 FROM pauses WHERE consumer = $1"

_COURIER = "courier"  # no consumer, and all the same it can be paused


async def measure(url: str, metrics: Metrics, consumer: str | None) -> None:
    """Bring the gauges up to date; a database that is away, or goes away meanwhile, leaves them as they were."""
    with contextlib.suppress(*AWAY):
        await _measure(url, metrics, consumer)


async def _measure(url: str, metrics: Metrics, consumer: str | None) -> None:
    connection = await connect(url, name="hub metrics", command_timeout=5)
    try:
        if consumer is None:
            row = await connection.fetchrow(_OUTBOX)
            if row:
                metrics.outbox.set(row[0])
                metrics.aside.set(row[1])
            metrics.outbox_age.set(await connection.fetchval(_OUTBOX_AGE) or 0.0)
            await _measure_deliveries(connection, metrics)
            metrics.paused_age.labels(_COURIER).set(await connection.fetchval(_PAUSED, _COURIER))
            for overdue, age in await connection.fetch(_TIMERS):
                metrics.overdue.set(overdue)
                metrics.overdue_age.set(age)
        else:
            found = {row[0]: (row[1], row[2]) for row in await connection.fetch(_WAITING, consumer)}
            for hold in ("news", "operator", "version"):
                count, age = found.get(hold, (0, 0.0))
                metrics.waiting.labels(consumer, hold).set(count)
                metrics.waiting_age.labels(consumer, hold).set(age)
            for count, age in await connection.fetch(_DEAD, consumer):
                metrics.open_dead.labels(consumer).set(count)
                metrics.dead_age.labels(consumer).set(age)
            metrics.paused_age.labels(consumer).set(await connection.fetchval(_PAUSED, consumer))
    finally:
        await connection.close(timeout=2)


async def _measure_deliveries(connection: Connection, metrics: Metrics) -> None:
    for channel, count, age in await connection.fetch(_BACKLOG):
        metrics.backlog.labels(channel).set(count)
        metrics.backlog_age.labels(channel).set(age)
    for count, age, braked in await connection.fetch(_DOUBTS):
        metrics.unknown.set(count)
        metrics.unknown_age.set(age)
        metrics.braked.set(braked)


_STATUS = {
    "offsets": (
        "SELECT consumer, cluster_id, topic, partition, next_offset, epoch, owner, holes, moved_at, halted, halted_at FROM consumer_offsets"
    ),
    "pauses": "SELECT consumer, topic, partition, who, why, since FROM pauses ORDER BY 1, 2, 3",
    "waiting": "SELECT consumer, hold, count(*) AS count, min(since) AS oldest FROM waiting GROUP BY 1, 2",
    "dead": "SELECT consumer, reason, count(*) AS count, min(since) AS oldest FROM dead_letters WHERE state = 'open' GROUP BY 1, 2",
    "outbox": f"SELECT waits + aside AS unsent, aside, {_OUTBOX_OLDEST} AS oldest FROM ({_OUTBOX}) AS s (waits, aside)",  # noqa: S608 - names of our own
    "timers": f"SELECT {_OVERDUE}",
    "deliveries": (
        "SELECT count(*) AS due, min(due_at) AS oldest, (SELECT count(*) FROM deliveries WHERE state = 'unknown') AS unknown,"
        " (SELECT count(*) FROM send_brakes WHERE pulled_at IS NOT NULL) AS braked"
        " FROM deliveries WHERE state IN ('planned', 'pending') AND due_at <= now()"
    ),
}


async def status(url: str) -> dict[str, list[dict[str, Any]]]:
    """Offsets, pauses, waiting records, dead letters, outbox, timers that are overdue and deliveries that are due, as rows."""
    connection = await connect(url, name="hub status")
    try:
        return {name: [dict(row) for row in await connection.fetch(sql)] for name, sql in _STATUS.items()}
    finally:
        await connection.close(timeout=2)
