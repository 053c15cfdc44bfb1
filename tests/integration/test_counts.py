"""The gauges tell how many records wait or are dead, and since when."""

import re
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from hub.state import counts, deliveries, rows
from hub.state.connect import connect
from hub.state.deliveries import Planned
from hub.telemetry import Metrics
from tests.support import tree
from tests.support.notices import a_notice

_WAIT = """
INSERT INTO waiting (id, consumer, hold, principal, part, store, whose, ref, kind, awaited_ref, type,
                     topic, partition, "offset", timestamp, since)
VALUES ($1, $2, $3, 'dealer:1', 0, 'leads', 'dealer:1', 'r', 'k', 'a', 't', 'x', 0, 0, 0, now() - $4 * interval '1 second')
"""
_DIE = """
INSERT INTO dead_letters (id, consumer, principal, reason, faults, state, part, topic, partition, "offset", timestamp, headers, since)
VALUES ($1, $2, 'dealer:1', 'stage', '[]', $3, 0, 'x', 0, 0, 0, '', now() - $4 * interval '1 second')
"""


def told(metrics: Metrics, name: str, **labels: str) -> float:
    value = metrics.registry.get_sample_value(name, labels)
    assert value is not None, f"{name} says nothing of {labels}"
    return value


async def test_the_oldest_wait_and_the_oldest_open_dead_letter_are_told_by_their_age(database: str) -> None:
    connection = await connect(database, name="test")
    for consumer, hold, age in (
        ("crm-sync", "news", 60),
        ("crm-sync", "news", 7200),
        ("crm-sync", "version", 5),
        ("base-data", "news", 9e6),
    ):
        await connection.execute(_WAIT, uuid4(), consumer, hold, age)
    for consumer, state, age in (
        ("crm-sync", "open", 100),
        ("crm-sync", "open", 3600),
        ("crm-sync", "redriven", 9e6),
        ("base-data", "open", 9e6),
    ):
        await connection.execute(_DIE, uuid4(), consumer, state, age)
    metrics = Metrics()
    await counts.measure(database, metrics, "crm-sync")
    assert told(metrics, "hub_waiting_records", consumer="crm-sync", hold="news") == 2
    assert told(metrics, "hub_waiting_age_seconds", consumer="crm-sync", hold="news") == pytest.approx(7200, abs=30)
    assert told(metrics, "hub_waiting_age_seconds", consumer="crm-sync", hold="version") == pytest.approx(5, abs=30)
    assert told(metrics, "hub_waiting_age_seconds", consumer="crm-sync", hold="operator") == 0
    assert told(metrics, "hub_dead_letters_open", consumer="crm-sync") == 2
    assert told(metrics, "hub_dead_letters_age_seconds", consumer="crm-sync") == pytest.approx(3600, abs=30)
    await _empty(connection)
    await counts.measure(database, metrics, "crm-sync")
    assert told(metrics, "hub_waiting_age_seconds", consumer="crm-sync", hold="news") == 0
    assert told(metrics, "hub_dead_letters_open", consumer="crm-sync") == 0
    assert told(metrics, "hub_dead_letters_age_seconds", consumer="crm-sync") == 0


async def _empty(connection: asyncpg.Connection) -> None:
    await connection.execute("DELETE FROM waiting")
    await connection.execute("UPDATE dead_letters SET state = 'discarded'")
    await connection.close()


async def test_what_the_runbook_asks_of_the_database_it_answers(database: str) -> None:
    blocks = re.findall(r"^ *```sql\n(.*?)^ *```", tree.text(Path("docs/operations.md")), re.MULTILINE | re.DOTALL)
    asked = [block for block in blocks if block.lstrip().startswith("SELECT")]
    assert asked
    connection = await connect(database, name="test")
    for query in asked:
        await connection.fetch(query)
    await connection.close()


async def test_what_is_due_to_people_is_told_whether_or_not_its_channel_is_chosen_and_so_is_that_couriers_are_held(database: str) -> None:
    connection = await connect(database, name="test")
    await rows.make(connection, [deliveries.ROWS])
    notices = [Planned(a_notice(f"k-{channel}", channel=channel), uuid4()) for channel in (None, "sms")]
    await deliveries.insert(connection, "reminders", notices)
    await connection.execute("UPDATE deliveries SET due_at = now() - interval '1 hour' WHERE channel IS NULL")
    await connection.execute("UPDATE deliveries SET state = 'unknown' WHERE channel = 'sms'")
    await connection.execute(
        "INSERT INTO pauses (consumer, topic, partition, who, why, since) VALUES ('courier', '', -1, 'ada', 'x', now() - interval '1 day')"
    )
    await connection.close()
    metrics = Metrics()
    await counts.measure(database, metrics, None)
    assert [told(metrics, "hub_deliveries_backlog", channel=channel) for channel in ("any", "email", "sms", "post")] == [1, 0, 0, 0]
    assert told(metrics, "hub_deliveries_backlog_age_seconds", channel="any") == pytest.approx(3600, abs=30)
    assert told(metrics, "hub_paused_age_seconds", consumer="courier") == pytest.approx(86_400, abs=30)
    found = await counts.status(database)
    assert [(row["due"], row["unknown"], row["braked"]) for row in found["deliveries"]] == [(1, 1, 0)]
    assert [row["consumer"] for row in found["pauses"]] == ["courier"]


async def test_the_oldest_pause_is_told_by_its_age(database: str) -> None:
    connection = await connect(database, name="test")
    metrics = Metrics()
    await counts.measure(database, metrics, "crm-sync")
    assert told(metrics, "hub_paused_age_seconds", consumer="crm-sync") == 0
    for topic, age in (("dealer.a.events", 60), ("dealer.b.events", 7200)):
        pause = (
            "INSERT INTO pauses (consumer, topic, partition, who, why, since)"
            " VALUES ('crm-sync', $1, -1, 'ada', 'x', now() - $2 * interval '1 second')"
        )
        await connection.execute(pause, topic, age)
    await connection.close()
    await counts.measure(database, metrics, "crm-sync")
    await counts.measure(database, metrics, "base-data")
    assert 7200 <= told(metrics, "hub_paused_age_seconds", consumer="crm-sync") < 7300
    assert told(metrics, "hub_paused_age_seconds", consumer="base-data") == 0
