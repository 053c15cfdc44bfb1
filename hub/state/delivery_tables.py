"""The message centre's tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.state.schema import METADATA

_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")

deliveries = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("dedupe_key", sa.Text, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("person_kind", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("grantee", sa.Text, nullable=False),
    sa.Column("nature", sa.Text, nullable=False),
    sa.Column("channel", sa.Text),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("fields", pg.JSONB, nullable=False),
    sa.Column("documents", pg.JSONB, nullable=False),
    sa.Column("campaign", sa.Text),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("due_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("because", sa.Uuid, nullable=False),
    sa.Column("planned_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("state", sa.Text, nullable=False, server_default="planned"),
    sa.Column("reason", sa.Text),
    sa.Column("changed_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("token", sa.Uuid),
    sa.Column("leased_until", _TIME),
    sa.Column("started_at", _TIME),
    sa.Column("address", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("provider_ref", sa.Text),
    sa.Column("segments", sa.SmallInteger),
    sa.Column("cost_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("is_counted", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("answer", sa.Text),
    sa.CheckConstraint(
        "state IN ('planned', 'claimed', 'sent', 'pending', 'failed', 'unknown', 'cancelled', 'expired', 'excluded')",
        name="deliveries_state",
    ),
    sa.Index("deliveries_due", "channel", "priority", "due_at", postgresql_where=sa.text("state IN ('planned', 'pending')")),
    sa.Index("deliveries_expiring", "expires_at", postgresql_where=sa.text("state IN ('planned', 'pending')")),
    sa.Index("deliveries_leased", "leased_until", postgresql_where=sa.text("state = 'claimed'")),
    sa.Index("deliveries_unknown", "changed_at", postgresql_where=sa.text("state = 'unknown'")),
    sa.Index("deliveries_person", "person", "principal", "person_kind"),
    sa.Index("deliveries_campaign", "campaign", "state", postgresql_where=sa.text("campaign IS NOT NULL")),
    sa.Index("deliveries_documents", "documents", postgresql_using="gin", postgresql_where=sa.text("documents <> '[]'")),
    postgresql_with={"fillfactor": "70"},
)

person_sends = sa.Table(
    "person_sends",
    METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("person_kind", sa.Text, primary_key=True),
    sa.Column("claimed_at", _TIME, nullable=False),
    postgresql_with={"fillfactor": "70"},
)

send_windows = sa.Table(
    "send_windows",
    METADATA,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("starts", sa.ARRAY(_TIME), nullable=False, server_default="{}"),
    sa.Column("counts", sa.ARRAY(sa.Integer), nullable=False, server_default="{}"),
    postgresql_with={"fillfactor": "50"},
)

send_brakes = sa.Table(
    "send_brakes",
    METADATA,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("bad", sa.BigInteger, nullable=False),
    sa.Column("since", _TIME, nullable=False),
    sa.Column("pulled_at", _TIME),
    postgresql_with={"fillfactor": "50"},
)
