"""A car's reminders as JSON that is kept as it was written: they are read and written as a whole at each step."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """The table is written anew, and locked meanwhile."""
    op.execute("ALTER TABLE vehicles ALTER COLUMN reminders TYPE json")
