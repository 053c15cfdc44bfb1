"""The tables of the door: who may speak through it, and when it first heard what it heard."""

import sqlalchemy as sa

from hub.state.schema import METADATA

_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")

door_tokens = sa.Table(
    "door_tokens",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("issued_at", _TIME, nullable=False, server_default=_NOW),
    sa.Column("issued_by", sa.Text, nullable=False),
    sa.Column("ends_at", _TIME, nullable=True),
    sa.Column("is_suspended", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Index("door_tokens_principal", "principal"),
)

door_receipts = sa.Table(
    "door_receipts",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("received_at", _TIME, nullable=False, server_default=_NOW),
    sa.Index("door_receipts_received", "received_at"),
)
