"""What it costs to lock the offsets of a batch grows with its partitions, however many they are."""

from collections.abc import Iterator
from typing import Any

from hub.state import offsets
from hub.state.connect import connect

MANY = 300


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's node and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def test_the_partitions_of_a_batch_are_not_compared_with_each_other(database: str) -> None:
    connection = await connect(database, name="test")
    topics, zeros = [f"dealer.d-{number:03}.events" for number in range(MANY)], [0] * MANY
    mine = offsets.Offsets("crm-sync", "cluster")
    claimed = await mine.claim(connection, "test", [(topic, 0) for topic in topics])
    await mine.start(connection, dict.fromkeys(claimed, 0))
    await connection.execute("ANALYZE consumer_offsets")
    explained = await connection.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {offsets._LOCK.statement}", "crm-sync", "cluster", topics, zeros, zeros, [1] * MANY, zeros
    )
    assert await connection.fetchval("SELECT count(*) FROM consumer_offsets WHERE next_offset = 1") == MANY
    scans = [node for node in nodes(explained[0]["Plan"]) if node["Node Type"] == "CTE Scan"]
    assert sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans) == 2 * MANY  # once to be moved, once to be told
    await connection.close()
