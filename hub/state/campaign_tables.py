"""The planner's tables: how far each campaign is expanded, and what became of each person of its audience."""

import sqlalchemy as sa

from hub.state.schema import METADATA

_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")

campaign_plans = sa.Table(
    "campaign_plans",
    METADATA,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("as_of", _TIME, nullable=False),
    sa.Column("after_principal", sa.Text),
    sa.Column("after_ref", sa.Text),
    sa.Column("next_due", _TIME),
    sa.Column("looked_at", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("planned", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("started_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("moved_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("finished_at", _TIME),
    sa.Column("ended_by", sa.Text),
    postgresql_with={"fillfactor": "70"},
)

campaign_recipients = sa.Table(
    "campaign_recipients",
    METADATA,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("person_kind", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True, server_default=sa.text("'1900-01-01'")),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Index(
        "campaign_recipients_address",
        "campaign",
        "channel",
        "address_key",
        "day",
        unique=True,
        postgresql_where=sa.text("outcome = 'planned'"),
    ),
)
