"""A charge knows whether the goods have arrived."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """It keeps its default: a process of the version before saves charges without it."""
    op.execute("ALTER TABLE freight_charges ADD COLUMN is_carried BOOLEAN NOT NULL DEFAULT false")
