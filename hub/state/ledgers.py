"""The tables that every consumer shares: offsets, journal, inbox, corrections, waiting, dead letters, timers, effects of acts, outbox."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.state import campaign_tables, delivery_tables, door_tables  # noqa: F401 - those of campaigns, message centre and door register themselves
from hub.state.schema import METADATA

_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def _column(name: str, kind: object, *, null: bool = False, **options: object) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=null, **options)  # type: ignore[arg-type]


consumer_offsets = sa.Table(
    "consumer_offsets",
    METADATA,
    sa.Column("consumer", sa.Text, primary_key=True),
    sa.Column("cluster_id", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    _column("next_offset", sa.BigInteger),
    _column("epoch", sa.BigInteger),
    _column("owner", sa.Text),
    _column("holes", sa.BigInteger, server_default="0"),
    _column("moved_at", _TIME, server_default=_NOW),
    _column("halted", sa.Text, null=True),
    _column("halted_at", _TIME, null=True),
    _column("topic_id", sa.Text, null=True),
    postgresql_with={"fillfactor": "50"},
)

pauses = sa.Table(
    "pauses",
    METADATA,
    sa.Column("consumer", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    _column("who", sa.Text),
    _column("why", sa.Text),
    _column("since", _TIME, server_default=_NOW),
)

journal = sa.Table(
    "journal",
    METADATA,
    sa.Column("event", sa.Uuid, primary_key=True),
    sa.Column("part", sa.SmallInteger, primary_key=True),
    _column("consumer", sa.Text),
    _column("principal", sa.Text),
    _column("source", sa.Text),
    _column("event_id", sa.Text),
    _column("type", sa.Text),
    _column("store", sa.Text),
    _column("ref", sa.Text),
    _column("occurred_at", _TIME),
    _column("revision", sa.BigInteger, null=True),
    _column("corrects", sa.Text, null=True),
    _column("is_historical", sa.Boolean),
    _column("fingerprint", sa.BigInteger),
    _column("body", sa.LargeBinary),
    _column("topic", sa.Text),
    _column("partition", sa.Integer),
    _column("offset", sa.BigInteger),
    _column("recorded_at", _TIME, server_default=_NOW),
    sa.Index("journal_subject", "ref", "store", "principal"),
)

inbox = sa.Table(
    "inbox",
    METADATA,
    sa.Column("event", sa.Uuid, primary_key=True),
    _column("fingerprint", sa.BigInteger),
    _column("came_at", _TIME, server_default=_NOW),
)

corrections = sa.Table(
    "corrections",
    METADATA,
    sa.Column("target", sa.Uuid, primary_key=True),
    sa.Column("event", sa.Uuid, primary_key=True),
    sa.Index("corrections_event", "event"),
)

waiting = sa.Table(
    "waiting",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    _column("consumer", sa.Text),
    _column("hold", sa.Text),
    _column("principal", sa.Text),
    _column("key", sa.Text, null=True),
    _column("event", sa.Uuid, null=True),
    _column("part", sa.SmallInteger),
    _column("store", sa.Text),
    _column("whose", sa.Text),
    _column("ref", sa.Text),
    _column("kind", sa.Text),
    _column("awaited_ref", sa.Text),
    _column("type", sa.Text),
    _column("topic", sa.Text),
    _column("partition", sa.Integer),
    _column("offset", sa.BigInteger),
    _column("timestamp", sa.BigInteger),
    _column("headers", sa.LargeBinary, null=True),
    _column("value", sa.LargeBinary, null=True),
    _column("since", _TIME, server_default=_NOW),
    _column("until", _TIME, null=True),
    sa.CheckConstraint("hold IN ('news', 'operator', 'version')", name="waiting_hold"),
    sa.Index("waiting_subject", "consumer", "whose", "store", "ref"),
    sa.Index("waiting_event", "event", "part"),
    sa.Index(
        "waiting_held",
        *("consumer", "principal", "key", "topic", "partition", "offset", "part"),
        postgresql_where=sa.text("hold = 'operator'"),
    ),
    sa.Index("waiting_news", "kind", "awaited_ref", postgresql_where=sa.text("hold = 'news'")),
    sa.Index("waiting_until", "until", postgresql_where=sa.text("until IS NOT NULL")),
)

awaited = sa.Table(
    "awaited",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True),
    _column("came_at", _TIME, null=True),
)

dead_letters = sa.Table(
    "dead_letters",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    _column("consumer", sa.Text),
    _column("principal", sa.Text),
    _column("key", sa.Text, null=True),
    _column("reason", sa.Text),
    _column("faults", pg.JSONB),
    _column("state", sa.Text, server_default="open"),
    _column("event", sa.Uuid, null=True),
    _column("part", sa.SmallInteger),
    _column("store", sa.Text, null=True),
    _column("whose", sa.Text, null=True),
    _column("ref", sa.Text, null=True),
    _column("source", sa.Text, null=True),
    _column("event_id", sa.Text, null=True),
    _column("type", sa.Text, null=True),
    _column("topic", sa.Text),
    _column("partition", sa.Integer),
    _column("offset", sa.BigInteger),
    _column("timestamp", sa.BigInteger),
    _column("headers", sa.LargeBinary),
    _column("value", sa.LargeBinary, null=True),
    _column("since", _TIME, server_default=_NOW),
    sa.CheckConstraint("state IN ('open', 'redriven', 'discarded')", name="dead_letters_state"),
    sa.Index("dead_letters_key", "consumer", "principal", "key", postgresql_where=sa.text("state = 'open'")),
    sa.Index("dead_letters_event", "event", "part"),
)

timers = sa.Table(
    "timers",
    METADATA,
    _column("consumer", sa.Text),
    _column("store", sa.Text),
    _column("principal", sa.Text),
    _column("ref", sa.Text),
    _column("due_at", _TIME),
    sa.PrimaryKeyConstraint("ref", "principal", "store", "consumer"),  # what tells timers apart comes first: the rest is much the same
    sa.Index("timers_due", "due_at", "ref", "principal", "store", "consumer"),
)

outbox = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    _column("consumer", sa.Text),
    _column("events", sa.Integer),
    _column("size", sa.Integer),
    _column("packed", sa.LargeBinary),
    _column("time", _TIME, server_default=_NOW),
)

outbox_apart = sa.Table(
    "outbox_apart",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _column("consumer", sa.Text),
    _column("topic", sa.Text),
    _column("key", sa.Text),
    _column("type", sa.Text),
    _column("event_id", sa.Uuid),
    _column("subject", sa.Text, null=True),
    _column("body", sa.LargeBinary),
    _column("time", _TIME),
    _column("set_aside", sa.Text, null=True),
    sa.Index("outbox_apart_set_aside", "topic", "key", postgresql_where=sa.text("set_aside IS NOT NULL")),
)

outbox_receipts = sa.Table(
    "outbox_receipts",
    METADATA,
    _column("segment", sa.BigInteger),
    _column("topic", sa.Text),
    _column("partition", sa.Integer),
    _column("offset", sa.BigInteger),
    _column("places", sa.LargeBinary),
    _column("event_ids", sa.LargeBinary),
    _column("sent_at", _TIME, server_default=_NOW),
    sa.Index("outbox_receipts_sent_at", "sent_at"),
)

act_effects = sa.Table(
    "act_effects",
    METADATA,
    sa.Column("event", sa.Uuid, primary_key=True),
    _column("consumer", sa.Text),
    _column("effect", sa.Text),
    _column("noted_at", _TIME, server_default=_NOW),
)

entries = sa.Table(
    "entries",
    METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    _column("store", sa.Text),
    _column("principal", sa.Text),
    _column("ref", sa.Text),
    _column("posting", sa.Uuid),
    _column("account", sa.Text),
    _column("currency", sa.Text),
    _column("minor", sa.BigInteger),
    _column("because", sa.Uuid),
    _column("occurred_at", _TIME),
    _column("posted_at", _TIME, server_default=_NOW),
    sa.Index("entries_subject", "store", "principal", "ref"),
)
