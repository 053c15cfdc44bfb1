"""The outbox by the batch: a row holds all that a batch said; what waits there already is kept as it is, a row each."""

from alembic import op

revision = "0004"
down_revision = "0003"

# The number of an event is its segment's, times 32768, plus its place: numbers so far are kept, and new ones come after them.
_STATEMENTS = """
ALTER TABLE outbox RENAME TO outbox_apart;

ALTER TABLE outbox_apart ALTER COLUMN id DROP IDENTITY, ALTER COLUMN time DROP DEFAULT;

ALTER INDEX outbox_pkey RENAME TO outbox_apart_pkey;

ALTER INDEX outbox_set_aside RENAME TO outbox_apart_set_aside;

CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    consumer TEXT NOT NULL,
    events INTEGER NOT NULL,
    size INTEGER NOT NULL,
    packed BYTEA NOT NULL,
    time TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);

ALTER TABLE outbox ALTER COLUMN packed SET STORAGE EXTERNAL;

SELECT setval(pg_get_serial_sequence('outbox', 'id'), greatest(a.last, s.last) / 32768 + 1)
FROM (SELECT coalesce(max(id), 0) AS last FROM outbox_apart) a, (SELECT coalesce(max(id), 0) AS last FROM outbox_sent) s;

CREATE TABLE outbox_receipts (
    segment BIGINT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    places BYTEA NOT NULL,
    event_ids BYTEA NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL
);

CREATE INDEX outbox_receipts_sent_at ON outbox_receipts (sent_at);

INSERT INTO outbox_receipts
SELECT id / 32768, topic, partition, "offset", substr(int4send((id % 32768)::int), 3), uuid_send(event_id), sent_at FROM outbox_sent;

DROP TABLE outbox_sent;

CREATE VIEW outbox_sent AS
SELECT segment * 32768 + get_byte(places, 2 * n) * 256 + get_byte(places, 2 * n + 1) AS id,
       encode(substr(event_ids, 16 * n + 1, 16), 'hex')::uuid AS event_id, topic, partition, "offset" + n AS "offset", sent_at
FROM outbox_receipts, generate_series(0, length(places) / 2 - 1) AS n
"""


def upgrade() -> None:
    """Keep what is there, and make room for the new."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
