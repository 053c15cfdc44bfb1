"""What a reminder of a car says of it, and from when it counts."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Reminders that stand there already are of invoices, and need neither."""
    op.execute("ALTER TABLE occasions ADD COLUMN product TEXT, ADD COLUMN since TIMESTAMP WITH TIME ZONE")
