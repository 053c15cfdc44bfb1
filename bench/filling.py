"""Fill a database with what was there before a run began: customers, and in journal and inbox the events that made them."""

from bench.load import FIRST_DAY, WORDS, Load
from bench.unindexed import unindexed
from contracts import topics
from hub.state.connect import connect

_NOTE = f"repeat('{' '.join(WORDS[:12])} ', 7)"
_NAMES = "n, '{prefix}' || n % {dealers} AS principal, 'C-' || lpad(n::text, 7, '0') AS ref, md5(n::text)::uuid AS event"
_CUSTOMERS = """
INSERT INTO customers (principal, ref, row_version, ordered_at, revision, tie, because, customer_kind, name, status, email, phone,
                       street, postal_code, city, country, sector, revenue_minor, revenue_currency, employees, segments, note)
SELECT principal, ref, 1, '{moment}', 0, '', event, 'organisation', 'Firma ' || n, 'active', 'office' || n || '@example.org',
       '+49 30 0000 ' || n, 'Musterweg ' || n, '10000', 'Musterstadt', 'DE', 'retail', n * 100, 'EUR', n % 5000, '[]', {note}
FROM (SELECT {names} FROM generate_series({first}, {last}) AS n) AS s
"""
_JOURNAL = """
INSERT INTO journal (event, part, consumer, principal, source, event_id, type, store, ref, occurred_at, revision, is_historical,
                     fingerprint, body, topic, partition, "offset")
SELECT ('018e' || lpad(to_hex(n), 8, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, 0, 'crm-sync', principal, principal,
       event::text, 'hub.customer.recorded.v1', 'customers', ref, '{moment}', 0, false, n,
       convert_to(repeat(md5(n::text), 6), 'UTF8'), 'before', 0, n
FROM (SELECT {names} FROM generate_series({first}, {last}) AS n) AS s
"""
_INBOX = "INSERT INTO inbox (event, fingerprint) SELECT event, fingerprint FROM journal"
_TABLES = ("customers", "journal", "inbox")
_CHUNK = 100_000


async def fill(url: str, load: Load, rows: int) -> None:
    """Put `rows` customers of the load's dealers into an empty store, and as many events into its journal and its inbox."""
    prefix = topics.DEALER_EVENTS.principal(load.topic(0))[:-1]
    connection = await connect(url, name="bench", command_timeout=600)
    async with unindexed(connection, _TABLES):
        for first in range(0, rows, _CHUNK):
            words = {
                "names": _NAMES.format(prefix=prefix, dealers=load.dealers),
                "moment": FIRST_DAY.replace("2026", "2025"),
                "note": _NOTE,
                "first": first,
                "last": min(rows, first + _CHUNK) - 1,
            }
            for statement in (_CUSTOMERS, _JOURNAL):
                await connection.execute(statement.format(**words))
        await connection.execute(_INBOX)
    for table in _TABLES:
        await connection.execute(f"VACUUM (ANALYZE) {table}")
    await connection.execute("CHECKPOINT")
    await connection.close()
