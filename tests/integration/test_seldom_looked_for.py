"""What couriers look for now and then is found without a look at all that was ever sent."""

import json
from datetime import UTC, datetime

from hub.state import brakes, outcomes
from hub.state.connect import connect

NOW = datetime(2026, 6, 1, tzinfo=UTC)

_DELIVERIES = """
INSERT INTO deliveries (id, dedupe_key, principal, person_kind, person, purpose, grantee, nature, channel, template, fields, documents,
    campaign, priority, due_at, expires_at, consumer, because, state)
SELECT gen_random_uuid(), 'k' || n, 'dealer:ber-01', 'customer', 'C-' || n, 'news', 'oem', 'marketing', 'email', 'estate', '{}', '[]',
    'spring', 5, $1, $1::timestamptz + interval '1 day', 'campaigns', gen_random_uuid(), 'planned' FROM generate_series(1, 5000) n
"""
_REPORTS = """
INSERT INTO delivery_reports (principal, ref, row_version, ordered_at, revision, tie, because, status, since)
SELECT 'hub', id::text, 1, $1, 0, '', gen_random_uuid(), 'delivered', $1 FROM deliveries
"""


async def test_what_expires_or_comes_back_is_found_by_an_index(database: str) -> None:
    connection = await connect(database, name="test")
    try:
        await connection.execute(_DELIVERIES, NOW)
        await connection.execute(_REPORTS, NOW)
        await connection.execute("ANALYZE deliveries, delivery_reports")
        expired = json.dumps(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {outcomes._EXPIRED}", NOW, 500))
        came_back = json.dumps(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {brakes._CAME_BACK}", NOW))
    finally:
        await connection.close(timeout=2)
    assert '"Index Name": "deliveries_expiring"' in expired
    assert '"Index Name": "delivery_reports_bad"' in came_back
